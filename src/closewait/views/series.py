"""Many looks in a few lines: how many sockets were in each state over time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from closewait.snapshot.series import Moment
from closewait.tcp.states import STATES

BARS = "▁▂▃▄▅▆▇█"
BARS_COLUMNS = 24
MOST_STATES = 6
ENOUGH = 3  # looks; of two everything is said by the findings
DAY_S = 86_400


def series_lines(moments: Sequence[Moment]) -> Iterator[str]:
    """How many looks and over which time, then each state that moved or matters: its course, and least, most, last."""
    if len(moments) < ENOUGH:
        return
    first, last = time_in_words(moments[0]), time_in_words(moments[-1])
    yield f"{len(moments):,} looks" + (f", {first} to {last}" if first and last else "")
    told = {state for moment in moments for state in moment.states}
    courses = {state: [moment.states.get(state, 0) for moment in moments] for state in told}
    moving = [
        state.name for state in STATES if state.name in told and min(courses[state.name]) < max(courses[state.name])
    ]
    width = max(map(len, moving), default=0)
    for state in moving[:MOST_STATES]:
        course = courses[state]
        yield f"{state:{width}} {sparkline(course)} {min(course):,}..{max(course):,}, last {course[-1]:,}"


def sparkline(course: Sequence[int]) -> str:
    """Bars from the least to the most; of several looks in one column the most."""
    columns = min(BARS_COLUMNS, len(course))
    most = [
        max(course[len(course) * column // columns : len(course) * (column + 1) // columns])
        for column in range(columns)
    ]
    least, span = min(course), max(max(course) - min(course), 1)
    return "".join(BARS[(value - least) * (len(BARS) - 1) // span] for value in most)


def time_in_words(moment: Moment) -> str | None:
    """`2026-11-22 10:00:00`, or the time of day alone where no date is told."""
    if moment.taken_at_unix_s is not None:
        return f"{datetime.fromtimestamp(moment.taken_at_unix_s, UTC):%Y-%m-%d %H:%M:%S}"
    if moment.clock_s is None:
        return None
    return f"{datetime.fromtimestamp(moment.clock_s % DAY_S, UTC):%H:%M:%S}"
