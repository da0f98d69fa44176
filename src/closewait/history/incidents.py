"""What happened between two looks besides sockets: the clock was set, the machine slept, looks are missing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from closewait.history.instant import Instant
from closewait.records import record

Kind = Literal["killed", "away", "restarted", "clock set", "slept", "looks missing", "not written"]

#: Clocks are read one after the other, and slewed by up to 0.05 % (adjtimex(2)); less than this is no event.
NOTABLE_S = 2.0

#: A look is missing when the next one comes later than this many periods after the last.
LATE = 1.9

#: Looks that take longer than their period leave a gap each time. A gap is news when it is that much longer than the
#: period, and than the longest of so many gaps before.
GAPS_REMEMBERED = 60


@record
class Incident:
    """One thing that happened, from one moment to another; `seconds` is how long, or how far the clock was set."""

    kind: Kind
    from_unix_s: float
    until_unix_s: float
    seconds: float
    says: str


def between(earlier: Instant, later: Instant, every_s: float | None = None, usual_s: float = 0.0) -> Iterator[Incident]:
    """What the clocks of two moments give away; `every_s` apart they would be, where looks follow one another.

    `usual_s` is how far apart they have been of late.
    """
    span = earlier.unix_s, later.unix_s
    said = f"from {time_of_day(earlier.unix_s)} to {time_of_day(later.unix_s)}"
    if earlier.boot_id != later.boot_id:
        passed_s = later.unix_s - earlier.unix_s
        yield Incident("restarted", *span, passed_s, f"The host was restarted; nothing was seen {said}.")
        return
    passed_s, awake_s = later.boottime_s - earlier.boottime_s, later.awake_s - earlier.awake_s
    set_s = (later.unix_s - earlier.unix_s) - passed_s
    if abs(set_s) >= NOTABLE_S:
        way = "back" if set_s < 0 else "forward"
        yield Incident(
            "clock set",
            *span,
            set_s,
            f"The clock was set {way} by {in_words(abs(set_s))}, to {time_of_day(later.unix_s)}.",
        )
    slept_s = passed_s - awake_s
    if slept_s >= NOTABLE_S:
        yield Incident("slept", *span, slept_s, f"The machine slept {in_words(slept_s)}, {said}.")
    if every_s and awake_s > LATE * max(every_s, usual_s):
        missing = max(round(awake_s / every_s) - 1, 1)
        looks = "1 look is" if missing == 1 else f"{missing:,} looks are"
        yield Incident("looks missing", *span, awake_s, f"{looks} missing {said}.")


def in_words(seconds: float) -> str:
    """`41 s`, `5 min`, `3 h`, `2 days`: the largest unit of which there are two, or one and a half."""
    for unit_s, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 1.5 * unit_s:
            return f"{seconds / unit_s:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"


def time_of_day(unix_s: float) -> str:
    """`2026-11-22 02:14:10`, in the time of this host."""
    return f"{datetime.fromtimestamp(unix_s).astimezone():%Y-%m-%d %H:%M:%S}"
