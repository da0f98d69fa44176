"""For a person at three in the morning: the verdict first, worst first, in 80 columns, in calm words.

Plain text comes out; a door that has a terminal colours it. Every name that came from the host or a dump passes through
`visible` before it is written.
"""

from collections.abc import Iterator, Mapping, Sequence

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.pair import Pairs
from closewait.diagnosis.pairing import OTHER_END, THIS_END, named
from closewait.diagnosis.report import Report
from closewait.diagnosis.wording import age_in_words, count_of, look_twice, resident
from closewait.tcp.states import STATES, Move
from closewait.views.page import wrapped
from closewait.views.series import series_lines
from closewait.views.visible import visible
from closewait.views.whose_move import MOVE_SAID

LABEL_COLUMNS = 17
REMARK_CHARACTERS = 600
STATE_ORDER = {state.name: place for place, state in enumerate(STATES)}


def as_text(report: Report, *, width: int = 80, diagram: bool = False) -> str:
    """The report as a person reads it, in lines of at most `width` columns where words allow."""
    parts = [headline(report)]
    for finding in report.findings:
        write = briefly if finding.severity is Severity.BENIGN else at_length
        parts.append("\n".join(write(finding, width)))
    if diagram:
        from closewait.views.state_diagram import state_diagram  # not needed for most reports

        parts.append(state_diagram(report.snapshot.states, width=width))
    notes = [] if diagram else [("States", [states_in_words(report.snapshot.states)])]
    notes += [("Series", list(series_lines(report.series)))]
    notes += closing_notes(report)
    parts.append("\n".join(line for label, lines in notes for line in labelled(label, lines, width)))
    return "\n\n".join(parts) + "\n"


def headline(report: Report) -> str:
    """One line: what was looked at, and how it is."""
    look, worst = report.snapshot, report.severity
    troubled = sum(finding.severity is not Severity.BENIGN for finding in report.findings)
    well = "healthy" if look.kind == "sockets" else "nothing to accuse"
    verdict = well if worst is Severity.BENIGN else f"{count_of(troubled, 'finding')}, worst: {worst.value}"
    told = count_of(sum(look.states.values()), "tracked flow" if look.kind == "flows" else "TCP socket")
    return f"{visible(look.source) or 'this host'}: {told}, {verdict}"


def states_in_words(counts: Mapping[str, int]) -> str:
    """`LISTEN 12 · ESTABLISHED 98,000 · CLOSE_WAIT 49,000`, in the order of a connection's life."""
    states = sorted(counts.items(), key=lambda item: (STATE_ORDER.get(item[0], len(STATE_ORDER)), item[0]))
    return " · ".join(f"{state} {count:,}" for state, count in states) or "no sockets"


def closing_notes(report: Report) -> Iterator[tuple[str, list[str]]]:
    """What was read besides, what could not be seen, what a second look would settle, and how it was looked."""
    look = report.snapshot
    if look.evidence.told:
        yield "Also read", [f"{told.origin}: {told.what}" for told in look.evidence.told]
    if look.evidence.remarks:
        yield "Somebody wrote", [f"{remark.origin}: {shortened(remark.text)}" for remark in look.evidence.remarks]
    unseen = list(look.sight.caveats)
    missed = look.sight.lines_not_understood
    if missed:
        unseen.append(f"{count_of(len(missed), 'line was', 'lines were')} not understood, the first is line "
                      f"{missed[0].line_no}: {missed[0].why}")  # fmt: skip
    unseen += [f"{item.file}: {item.why}" for item in report.not_understood]
    if unseen:
        yield "Not seen", unseen
    if report.second_look_would_settle:
        rules = [f"{finding.rule}: {finding.second_look}" for finding in report.second_look_would_settle]
        yield (
            "A second look",
            [*dict.fromkeys(rules), f"look twice: {look_twice(look.netns)}, or two dumps: closewait one.txt two.txt"],
        )
    if look.sight.took_s:
        phases = ", ".join(f"{phase} {seconds * 1000:.0f} ms" for phase, seconds in look.sight.took_s.items())
        yield "Looked by", [f"{look.format}: {phases}"]


def shortened(remark: str) -> str:
    """A remark in one paragraph, and of a long one the beginning; JSON has it word for word."""
    words = " ".join(remark.split())
    return f"“{words}”" if len(words) <= REMARK_CHARACTERS else f"“{words[:REMARK_CHARACTERS].rstrip()} …”"


def at_length(finding: Finding, width: int) -> Iterator[str]:
    """A finding somebody must act on: everything that is known about it."""
    yield f"{finding.severity.value.upper()}  {finding.rule}  ({finding.certainty}, {finding.code})"
    yield from wrapped(visible(finding.says), width, "  ", "  ")
    if finding.found_in is not None:
        yield from labelled("Found in", [finding.found_in], width)
    yield from labelled("Whose move", [whose_move(finding)], width)
    if finding.owner is not None and finding.whose_move is not Move.LOCAL_APPLICATION:
        yield from labelled("Program", [resident(finding.owner)], width)
    if finding.age_s is not None:
        yield from labelled("Since", [since(*finding.age_s)], width)
    yield from labelled("Because", finding.because, width)
    if finding.pairs is not None:
        yield from labelled("Both ends", [finding.pairs.says], width)
        yield from two_columns(finding.pairs)
    yield from labelled("What to do", finding.next, width)
    yield from labelled("Will not help", finding.will_not_help, width)
    yield from labelled("In doubt", finding.doubt, width)
    if finding.check_with:
        yield from labelled("Check with", [finding.check_with], width)
    if finding.also_seen:
        yield from labelled("Also seen", [", ".join(finding.also_seen)], width)


def briefly(finding: Finding, width: int) -> Iterator[str]:
    """A finding nobody needs to act on: what it is and why it is harmless."""
    yield f"{finding.severity.value}  {finding.rule}  ({finding.certainty})"
    yield from wrapped(visible(finding.says), width, "  ", "  ")
    for fact in finding.because:
        yield from wrapped(visible(fact), width, "  - ", "    ")


def whose_move(finding: Finding) -> str:
    """`the local program's, java[4121], unit tomcat9.service`."""
    said = MOVE_SAID[finding.whose_move]
    if finding.whose_move is Move.LOCAL_APPLICATION and finding.owner is not None:
        return f"{said}, {resident(finding.owner)}"
    return said


def two_columns(pairs: Pairs) -> Iterator[str]:
    """`client[12] FIN_WAIT_2  ⇄  CLOSE_WAIT server[34]` for each pair; on the right what the finding is about."""
    left = [visible(f"{named(pair.there, OTHER_END)} {pair.there.state or '?'}") for pair in pairs.examples]
    for pair, there in zip(pairs.examples, left, strict=True):
        here = visible(f"{pair.here.state or '?'} {named(pair.here, THIS_END)}")
        times = f" ({pair.sockets:,})" if len(pairs.examples) > 1 else ""
        yield f"{' ' * LABEL_COLUMNS}{there:{max(map(len, left))}}  ⇄  {here}{times}"


def since(low_s: float, high_s: float) -> str:
    """`2 min 10 s ago at least`, `2.1 s to 3 h ago at least`: lower bounds of the youngest and the oldest."""
    if high_s - low_s < 1:
        return f"{age_in_words(high_s)} ago at least"
    return f"{age_in_words(low_s)} to {age_in_words(high_s)} ago at least"


def labelled(label: str, lines: Sequence[str], width: int) -> Iterator[str]:
    """A label beside its lines; several lines get a dash each."""
    for place, line in enumerate(lines):
        head = f"  {label}" if place == 0 else ""
        dash = "- " if len(lines) > 1 else ""
        yield from wrapped(visible(line), width, head.ljust(LABEL_COLUMNS) + dash, " " * (LABEL_COLUMNS + len(dash)))
