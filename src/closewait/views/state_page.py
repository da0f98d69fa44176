"""The page of a state: what it means, who closed first, whose move it is, what ends it, and how each tool writes it."""

from collections.abc import Iterator
from typing import Any

from closewait.tcp.clocks import WITHOUT_CLOCK, clocks_for
from closewait.tcp.spellings import NUMBER_TELLERS, NUMBERS, SPELLINGS, Spelling, explanations, from_linux_hex
from closewait.tcp.states import State, state
from closewait.tcp.transitions import ARROWS, Arrow
from closewait.views.page import Block, Page, commands, listed
from closewait.views.visible import visible
from closewait.views.whose_move import MOVE_SAID

#: What to read after a state: rules that judge it, settings with a say in it, its mirror image at the other end.
LOOK_NEXT = {
    "LISTEN": ("never-accepted", "somaxconn", "inherited-fd"),
    "SYN_SENT": ("port-exhaustion", "tcp_syn_retries"),
    "SYN_RECEIVED": ("tcp_max_syn_backlog", "tcp_syncookies", "tcp_synack_retries"),
    "ESTABLISHED": ("never-accepted", "keepalive", "TCP_USER_TIMEOUT"),
    "FIN_WAIT_1": ("tcp_orphan_retries", "tcp_retries2"),
    "FIN_WAIT_2": ("CLOSE_WAIT", "tcp_fin_timeout", "benign-churn"),
    "CLOSE_WAIT": ("leaked-close-wait", "never-read", "never-accepted", "inherited-fd", "stale-idle-pool", "keepalive"),
    "CLOSING": ("FIN_WAIT_1", "tcp_orphan_retries"),
    "LAST_ACK": ("CLOSE_WAIT", "tcp_orphan_retries"),
    "TIME_WAIT": ("time-wait-churn", "port-exhaustion", "tcp_tw_reuse", "TcpTimedWaitDelay"),
    "CLOSED": ("CLOSE_WAIT", "RLIMIT_NOFILE"),
    "BOUND": ("port-exhaustion", "IP_BIND_ADDRESS_NO_PORT"),
    "IDLE": ("BOUND", "RLIMIT_NOFILE"),
    "DELETE_TCB": ("CLOSED",),
}


def state_asked_for(word: str) -> State | None:
    """The one state that `word` means; None where it means none, or several.

    Two hexadecimal digits (`08`, `0A`) are what /proc/net/tcp tells, whatever they would mean as a decimal number.
    """
    in_proc = from_linux_hex(word.strip().lower().removeprefix("0x"))
    names = {in_proc} if in_proc else {reading.state for reading in explanations(word)}
    return state(names.pop()) if len(names) == 1 else None


def state_page(asked: str, told: State) -> Page:
    """The page of `told`, which somebody asked for as `asked`."""
    return Page(
        title=told.name,
        lead=(told.meaning, *_as_asked(asked, told)),
        blocks=(
            Block(
                None,
                (
                    ("Whose move", MOVE_SAID[told.whose_move]),
                    *([("Closed first", told.closed_first)] if told.closed_first else []),
                    ("How it got here", told.entered_because),
                    ("What ends it", told.ends_when),
                    ("How long", told.bounded_by),
                ),
            ),
            Block("Clocks", tuple(_clock_rows(told)), lead=WITHOUT_CLOCK.get(told.name, "")),
            listed("Ways in", _together("from", [(arrow.before, arrow) for arrow in _arrows_into(told)])),
            listed("Ways out", _together("to", [(arrow.after, arrow) for arrow in _arrows_out_of(told)])),
            Block("Written as", tuple(_written_as(told))),
            commands("Look next", [f"closewait explain {word}" for word in LOOK_NEXT[told.name]]),
            Block("Source", lead=told.source),
        ),
    )


def state_json(asked: str, told: State) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": told.name,
        "rfc_name": told.rfc_name,
        "whose_move": told.whose_move.value,
        "closed_first": told.closed_first,
        "meaning": told.meaning,
        "entered_because": told.entered_because,
        "ends_when": told.ends_when,
        "bounded_by": told.bounded_by,
        "clocks": [
            {
                "system": clock.system,
                "seconds": clock.seconds,
                "setting": clock.setting,
                "condition": clock.condition,
                "source": clock.source,
                "verified": clock.verified,
            }
            for clock in clocks_for(told.name)
        ],
        "ways_in": [_arrow_json(arrow) for arrow in _arrows_into(told)],
        "ways_out": [_arrow_json(arrow) for arrow in _arrows_out_of(told)],
        "readings": [reading_json(reading) for reading in explanations(asked)],
        "spellings": [reading_json(spelling) for spelling in _spellings(told)],
        "look_next": list(LOOK_NEXT[told.name]),
        "source": told.source,
    }


def readings_page(asked: str) -> Page:
    """The page of a number that means different states to different tellers."""
    readings = explanations(asked)
    notes = dict.fromkeys(reading.note for reading in readings if reading.note)
    states = dict.fromkeys(reading.state for reading in readings)
    return Page(
        title=visible(asked.strip()),
        lead=("Several states, depending on who tells it.", *notes),
        blocks=(
            Block(None, tuple((reading.state, reading.told_by) for reading in readings)),
            commands("Look next", [f"closewait explain {name}" for name in states]),
        ),
    )


def readings_json(asked: str) -> dict[str, Any]:
    """The same for programs."""
    return {"readings": [reading_json(each) for each in explanations(asked)]}


def reading_json(spelling: Spelling) -> dict[str, Any]:
    """One spelling or number, and who tells it."""
    return {
        "word": spelling.word,
        "state": spelling.state,
        "told_by": spelling.told_by,
        "verified": spelling.verified,
        "note": spelling.note or None,
    }


def _as_asked(asked: str, told: State) -> Iterator[str]:
    """Who writes the state as it was asked for, and what the same word means to others; nothing for its own name."""
    readings = explanations(asked)
    here = [reading for reading in readings if reading.state == told.name]
    if any(reading.word == told.name for reading in here):
        return
    elsewhere = [reading for reading in readings if reading.state != told.name]
    tellers = here[:1] if elsewhere else here
    yield f"{visible(asked.strip())}: so {_together_told(tellers)} writes it."
    yield from dict.fromkeys(reading.note for reading in tellers if reading.note)
    if elsewhere:
        others = "; ".join(f"{reading.state} to {reading.told_by}" for reading in elsewhere)
        yield f"As a decimal number it means something else to others: {others}."


def _clock_rows(told: State) -> Iterator[tuple[str, str]]:
    """The system, then `60 s (net.ipv4.tcp_fin_timeout): only once no process holds the socket`."""
    for clock in clocks_for(told.name):
        lasts = None if clock.seconds is None else f"{clock.seconds:,.0f} s"
        known = f"{lasts} ({clock.setting})" if lasts and clock.setting else lasts or clock.setting
        said = f"{known}: {clock.condition}" if known else clock.condition
        yield clock.system, said if clock.verified else f"{said} (unverified)"


def _arrows_into(told: State) -> list[Arrow]:
    return [arrow for arrow in ARROWS if arrow.after == told.name != arrow.before]


def _arrows_out_of(told: State) -> list[Arrow]:
    return [arrow for arrow in ARROWS if arrow.before == told.name != arrow.after]


def _together(preposition: str, arrows: list[tuple[str, Arrow]]) -> list[str]:
    """`to LAST_ACK: the program closes; FIN is sent. …`; states with the same words share a line."""
    states: dict[str, list[str]] = {}
    for other, arrow in arrows:
        sent = f"; {arrow.sends} is sent" if arrow.sends else ""
        states.setdefault(f"{arrow.event.value}{sent}. {arrow.note}".rstrip(), []).append(other)
    return [f"{preposition} {', '.join(others)}: {words}" for words, others in states.items()]


def _arrow_json(arrow: Arrow) -> dict[str, Any]:
    return {
        "before": arrow.before,
        "event": arrow.event.value,
        "after": arrow.after,
        "caused_by": arrow.caused_by.value,
        "sends": arrow.sends,
        "note": arrow.note or None,
        "source": arrow.source,
    }


def _spellings(told: State) -> list[Spelling]:
    """Every word and number for the state."""
    words = [spelling for spelling in SPELLINGS if spelling.state == told.name]
    numbers = [
        Spelling(str(number), told.name, NUMBER_TELLERS[numbering])
        for numbering, states in NUMBERS.items()
        for number, name in states.items()
        if name == told.name
    ]
    return words + numbers


def _written_as(told: State) -> Iterator[tuple[str, str]]:
    """Words with all who write them so; words with the same tellers share a row."""
    spellings: dict[str, list[Spelling]] = {}
    for spelling in _spellings(told):
        spellings.setdefault(spelling.word, []).append(spelling)
    words: dict[str, list[str]] = {}
    for word, alike in spellings.items():
        words.setdefault(_together_told(alike), []).append(word)
    yield from ((", ".join(alike), tellers) for tellers, alike in words.items())


def _together_told(spellings: list[Spelling]) -> str:
    """`ss; netstat on Windows`; those no source was opened for are marked, unless another spelling vouches for them."""
    verified = {spelling.told_by: False for spelling in spellings}
    verified |= {spelling.told_by: True for spelling in spellings if spelling.verified}
    return "; ".join(teller if known else f"{teller} (unverified)" for teller, known in verified.items())
