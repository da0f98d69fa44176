"""What the history tells, as text: what was found when, one process over time, one look, one socket's life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import TYPE_CHECKING, Any

from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.outlook import Forecast, Shape
from closewait.diagnosis.wording import age_in_words, count_of, name_of
from closewait.tcp.states import STATE_NAMES
from closewait.views.aligned import aligned
from closewait.views.forecast import forecast_sentence
from closewait.views.page import wrapped
from closewait.views.series import sparkline
from closewait.views.visible import visible

if TYPE_CHECKING:
    from closewait.history.past import Course, PastChange, PastIncident, PastLook

EVENT_COLUMNS = len("resolved")
TABLE_ROWS = 12
ALL = "all"
ENOUGH_LOOKS = 5_000  # to foresee from; more take seconds and tell no more

#: Gauges that a look of the past shows besides the states, and what each is called there.
SHOWN_GAUGES = {
    "process_sockets": "sockets",
    "descriptors": "descriptors",
    "accept_queue_connections": "waiting to be accepted",
    "destination_ports": "local ports taken",
    "orphans": "orphans",
    "tcp_memory_pages": "pages of TCP memory",
    "conntrack_flows": "tracked flows",
}
MOST_OF_A_GAUGE = 10


def date_time(unix_s: float) -> str:
    """`2026-11-22 02:14:07`, in the time of this host."""
    return f"{datetime.fromtimestamp(unix_s).astimezone():%Y-%m-%d %H:%M:%S}"


def span_in_words(span_s: tuple[float, float], looks: int, processor_share: float | None) -> str:
    """`8,640 looks from 2026-11-21 02:14:07 to 2026-11-22 02:14:07; they took 0.4 % of one processor.`"""
    cost = "" if processor_share is None else f"; they took {processor_share:.1%} of one processor"
    return f"{count_of(looks, 'look')} from {date_time(span_s[0])} to {date_time(span_s[1])}{cost}."


def found_when(changes: "Iterable[PastChange]", incidents: "Iterable[PastIncident]", width: int) -> Iterator[str]:
    """What became of findings, and what kept the watch from looking, newest last."""
    lines = [
        *((change.at_unix_s, change.kind, _of_change(change)) for change in changes),
        *((incident.until_unix_s, "note", incident.says) for incident in incidents),
    ]
    for at_unix_s, event, says in sorted(lines, key=lambda line: line[0]):
        before = f"{date_time(at_unix_s)} {event:{EVENT_COLUMNS}} "
        yield from wrapped(visible(says), width, before, " " * len(before))


def _of_change(change: "PastChange") -> str:
    """`CRITICAL leaked-close-wait java[4121], 317 sockets: …`, or the growth, or how long it lasted."""
    sockets, lasted = count_of(change.sockets, "socket"), age_in_words(max(0.0, change.at_unix_s - change.since_unix_s))
    if change.kind == "resolved":
        return f"{_about(change)} after {lasted}; it had {sockets}"
    if change.kind == "grew":
        return f"{_about(change)}: {change.sockets_before:,} → {sockets}, first seen {lasted} before"
    return _whole(change)


def _whole(change: "PastChange") -> str:
    return f"{_about(change)}, {count_of(change.sockets, 'socket')}: {change.finding.get('says', '')}"


def _about(change: "PastChange") -> str:
    """The severity, the rule, and who."""
    owner, severity = change.finding.get("owner") or {}, change.severity
    who = name_of(owner["pid"], owner["process"]) if owner else change.finding.get("where", "")
    return f"{severity.upper() if severity == 'critical' else severity} {change.rule} {who}".rstrip()


def process_over_time(name: str, times_s: Sequence[float], states: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """The sockets of a process over time: the course of each state, a table, and how each grows."""
    courses = in_order(states)
    width = max(map(len, courses))
    for state, course in courses.items():
        yield f"{state:{width}} {sparkline(course)} {min(course):,}..{max(course):,}, last {course[-1]:,}"
    yield ""
    rows = sorted({len(times_s) - 1 - (len(times_s) - 1) * row // TABLE_ROWS for row in range(TABLE_ROWS)})
    yield from aligned(
        ("TIME", *courses),
        [[date_time(times_s[row]), *(f"{course[row]:,}" for course in courses.values())] for row in rows],
        right=tuple(courses),
    )
    yield ""
    yield from _going(name, times_s, courses)


def _going(name: str, times_s: Sequence[float], courses: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Where the courses are going that go anywhere."""
    still = []
    for state, course in courses.items():
        forecast = _foreseen(times_s, course)
        if forecast.growing is False and forecast.shape is Shape.FLAT:
            still.append(state)
        else:
            yield forecast_sentence(forecast, f"sockets of {name}" if state == ALL else f"{state} of {name}") + "."
    if still:
        yield f"No trend: {', '.join(still)}."


def _foreseen(times_s: Sequence[float], values: Sequence[float], limit: float | None = None) -> Forecast:
    """Where a course is going, judged by looks enough: of a month one every few minutes."""
    step = max(1, len(times_s) // ENOUGH_LOOKS)
    return foresee(times_s[::-step][::-1], values[::-step][::-1], limit=limit)


def wall_ahead(course: "Course") -> str:
    """Where the descriptors of one process are going: `descriptors of java[4121] reach 4,096 in 3 h 10 min …`."""
    pid, process = course.labels
    limit = float(course.limits[-1])
    foreseen = _foreseen(course.times_s.tolist(), course.values.tolist(), limit=None if isnan(limit) else limit)
    return f"{forecast_sentence(foreseen, f'descriptors of {name_of(int(pid), process or None)}')}."


def in_order(states: Mapping[str, Sequence[float]]) -> dict[str, list[int]]:
    """The courses of states that had any socket, in the order of a connection's life, and of all together."""
    told = {state: [int(value) for value in states[state]] for state in STATE_NAMES if state in states}
    told = {state: course for state, course in told.items() if any(course)}
    return {**told, ALL: [sum(values) for values in zip(*told.values(), strict=True)]} if told else {}


def growth_per_h(times_s: Sequence[float], states: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """How many sockets an hour each state gains; None where that cannot be told."""
    return {state: _foreseen(times_s, course).slope_per_h for state, course in in_order(states).items()}


def past_look(look: "PastLook", standing: "Iterable[PastChange]", width: int) -> Iterator[str]:
    """The counts of one look, and what stood then."""
    counts = ", ".join(f"{state} {count:,}" for state, count in look.states.items())
    churn = (
        ""
        if look.appeared is None
        else f" {look.appeared:,} had appeared and {look.gone:,} gone since the look before."
    )
    yield from wrapped(
        f"{date_time(look.at_unix_s)}: {count_of(look.sockets, 'socket')}{counts and f' ({counts})'}.{churn}",
        width,
        "",
        "  ",
    )
    for text in look.not_seen:
        yield from wrapped(visible(text), width, "# ", "# ")
    for change in standing:
        says = f"{_whole(change)} (since {date_time(change.since_unix_s)})"
        yield from wrapped(visible(says), width, "", "  ")
    for measure, called in SHOWN_GAUGES.items():
        gauges = sorted((one for one in look.gauges if one.measure == measure), key=lambda one: -one.value)
        if gauges:
            yield ""
        for one in gauges[:MOST_OF_A_GAUGE]:
            wall = "" if one.limit is None else f" of {one.limit:,.0f}"
            yield f"  {one.value:>9,.0f}{wall} {called}  {visible(' '.join(filter(None, one.labels)))}".rstrip()


def life(line: Mapping[str, Any]) -> str:
    """One socket in one state: `CLOSE_WAIT   began 02:14:00 to 02:14:10, …`."""
    began, seen = line["began_after_unix_s"], date_time(line["seen_from_unix_s"])
    since = f"began between {date_time(began)} and {seen}" if began is not None else f"already so at {seen}"
    last, ended = line["seen_until_unix_s"], line["ended_before_unix_s"]
    if last is None:
        until = "and still is so, or was when the watch looked last"
    elif ended is None:
        until = f"last seen {date_time(last)}, when the watch ended"
    else:
        until = f"ended between {date_time(last)} and {date_time(ended)}"
    came_from = f", from {line['came_from']}" if line["came_from"] else ""
    return f"{line['state'] or '-'}: {since}{came_from}; {until}"


def lives(lines: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """The lives of sockets, each under its ends."""
    before = None
    for line in lines:
        holder = "" if line["pid"] is None else f", held by {name_of(line['pid'], line['process'])}"
        ends = f"{end_of(line, 'local')} to {end_of(line, 'remote')}{holder}"
        if ends != before:
            yield visible(ends)
        before = ends
        yield from wrapped(visible(life(line)), width, "  ", "    ")


def end_of(line: Mapping[str, Any], side: str) -> str:
    """`10.0.0.1:443`, `[::1]:443`."""
    address, port = line[f"{side}_address"] or "*", line[f"{side}_port"]
    return f"{f'[{address}]' if ':' in address else address}:{'*' if port is None else port}"
