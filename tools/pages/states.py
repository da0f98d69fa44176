"""A page for each state: what it means, the ways in and out, its clocks, how every tool spells it. And the list."""

from closewait.diagnosis.wording import age_in_words
from closewait.tcp.clocks import WITHOUT_CLOCK, Clock, clocks_for
from closewait.tcp.spellings import NUMBER_NOTES, NUMBER_TELLERS, NUMBERS, SPELLINGS, Spelling
from closewait.tcp.states import STATES, State
from closewait.tcp.transitions import ARROWS
from pages.markdown import bullets, page, section, table

NOT_CHECKED = "no source opened"

CLOSED_FIRST = {
    "this end": "This end closed first.",
    "the peer": "The peer closed first.",
    "both": "Both ends closed at the same moment.",
}


def pages() -> dict[str, str]:
    """`states/<STATE>.md` for each state, and the table of them."""
    return {"states/README.md": index(), **{f"states/{state.name}.md": state_page(state) for state in STATES}}


def index() -> str:
    """All states, in the order of a connection's life."""
    rows = [
        (f"[{state.name}]({state.name}.md)", state.rfc_name or "not in the RFC", state.whose_move.value, state.meaning)
        for state in STATES
    ]
    return page(
        "The states",
        sources="src/closewait/tcp",
        parts=[
            "Names are those of RFC 9293 with underscores. Every other spelling is understood wherever a state is "
            "asked for or read: each state's page lists them.",
            table(["state", "RFC 9293", "whose move", "what it means"], rows),
        ],
    )


def state_page(state: State) -> str:
    """One state, in the order in which a person asks."""
    return page(
        state.name,
        sources="src/closewait/tcp",
        parts=[
            state.meaning,
            bullets(
                [
                    f"**Whose move:** {state.whose_move.value}.",
                    *([f"**Who closed:** {CLOSED_FIRST[state.closed_first]}"] if state.closed_first else []),
                    f"**How it got here:** {state.entered_because}",
                    f"**What ends it:** {state.ends_when}",
                    f"**How long it may last:** {state.bounded_by}",
                ]
            ),
            section("Clocks", _clocks(state)),
            section("The ways in", _arrows(state, into=True)),
            section("The ways out", _arrows(state, into=False)),
            section("Words for it", _words(state)),
            section("Numbers for it", _numbers(state)),
            f"Source: {state.source}.",
        ],
    )


def _clocks(state: State) -> str:
    rows = [
        (clock.system, clock.name, _lasts(clock), clock.setting and f"`{clock.setting}`", clock.condition,
         clock.source if clock.verified else NOT_CHECKED)
        for clock in clocks_for(state.name)
    ]  # fmt: skip
    listed = table(["system", "clock", "by default", "setting", "condition", "source"], rows)
    return "\n\n".join(part for part in (WITHOUT_CLOCK.get(state.name), listed) if part)


def _lasts(clock: Clock) -> str | None:
    return None if clock.seconds is None else age_in_words(clock.seconds)


def _arrows(state: State, *, into: bool) -> str:
    rows = []
    for arrow in ARROWS:
        here, there = (arrow.after, arrow.before) if into else (arrow.before, arrow.after)
        if here == state.name:
            link = f"[{there}]({there}.md)"
            rows.append((link, arrow.event.value, arrow.caused_by.value, arrow.sends, arrow.note, arrow.source))
    return table(["from" if into else "to", "when", "who causes it", "this end sends", "", "source"], rows)


def _words(state: State) -> str:
    tellers: dict[tuple[str, str], list[str]] = {}
    for spelling in SPELLINGS:
        if spelling.state == state.name:
            tellers.setdefault((spelling.word, _remark(spelling)), []).append(spelling.told_by)
    rows = [(f"`{word}`", "; ".join(dict.fromkeys(names)), remark) for (word, remark), names in tellers.items()]
    return table(["word", "told by", ""], rows)


def _remark(spelling: Spelling) -> str:
    return spelling.note if spelling.verified else f"{spelling.note} {NOT_CHECKED}".strip()


def _numbers(state: State) -> str:
    rows = [
        (number, NUMBER_TELLERS[numbering], NUMBER_NOTES.get((numbering, number)))
        for numbering, names in NUMBERS.items()
        for number, name in names.items()
        if name == state.name
    ]
    return table(["number", "told by", ""], rows)
