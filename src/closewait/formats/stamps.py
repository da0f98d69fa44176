"""Time stamps that stand before a dump: what `date` prints, ISO 8601, a marker in a log, the heading of `watch`.

A line is a stamp when nothing is left of it besides a date, a time, a zone, a weekday, a few words before them (a host,
a label), and decoration. What is not told is not guessed: a date that might be either of two, or a time without a date,
gives a clock by which looks can be told apart, and no moment.
"""

import re
from calendar import timegm
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from closewait.formats.dates import DATES, LEAP_YEAR, TIME, YEAR, day_of, seconds_of_day, told_year, zone_s
from closewait.records import record

LONGEST_STAMP = 300  # characters
COMPACT = re.compile(
    r"(?<![\w.:])(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)[T_-]?"
    r"(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?P<zone>Z?)(?![\w.:])"
)
A_TIME_IN_DIGITS = r"1[0-9]{9}(?:[0-9]{3})?|20[0-9]{10}(?:[0-9]{2})?"  # alone in its word
EPOCH = re.compile(r"(?<![\w.:-])(?P<s>1\d{9})(?P<fraction>\.\d{1,9}|\d{3})?(?![\w.:-])")  # from 2001 to 2033
WATCH = re.compile(
    r" *(?:[^\W\d]\S* ){1,3}\d+[.,]\d+ ?s: "
)  # `Every 2.0s: netstat -an    host: Sun Nov 22 10:00:00 2026`
LOG_PREFIX = re.compile(r" *\[(?P<stamp>[^\]]+)\] ")
PROMPT_WORDS = re.compile(r"\S+@\S+|[~$#%>]")
DECORATED = re.compile(r"\s*(?:[=*#<>+~_-]{2,}|[\[(])|.*[=*#<>+~_-]{2,}\s*$")
FIELD = re.compile(r"\w+ +:|[|\"{}]|\d\.\d+\.\d+\.\d")  # of a record, of a table, of an address: no stamp's
WORDS_BEFORE, WORDS_BEHIND, WORDS_BESIDES_DECORATED = 4, 1, 8  # `host1 2026-11-22 10:00:01`, `Nov 22 10:00:01 host1`
MOST_WORDS_OF_A_DATE = 8
MAY_BE_ONE = re.compile(r"\d:[0-5]\d|\d{10}|20\d{6}|\d[-/.年년]\d|\d\.? ?[^\W\d_]{3}|[^\W\d_]{3}\.? +\d")


@record
class Stamp:
    """What one line, or two, say of when a dump was taken; `unix_s` as if it were UTC where `zone_told` is False."""

    text: str
    unix_s: float | None = None
    clock_s: float | None = None  # by a clock that does not tell the year, or the day
    day: date | None = None  # of a date without a time
    zone_told: bool = False

    @property
    def caveat(self) -> str | None:
        """What it does not tell, for a reader."""
        if self.unix_s is not None and not self.zone_told:
            return f"The time stamp {self.text!r} does not tell its zone for certain; it was read as UTC."
        if self.unix_s is None and self.clock_s is not None:
            return (
                f"The time stamp {self.text!r} does not tell its date for certain: only times between looks are known."
            )
        return None

    def after(self, date_before: "Stamp | None") -> "Stamp":
        """This stamp; a time without a date is of the day that the stamp before it told (`date /t` and `time /t`)."""
        if date_before is None or date_before.day is None or self.unix_s is not None or self.clock_s is None:
            return self
        midnight_s = timegm(date_before.day.timetuple())
        return replace(self, text=f"{date_before.text} {self.text}", unix_s=midnight_s + self.clock_s, clock_s=None)


def last_of(stamps: Iterable[Stamp]) -> Stamp | None:
    """The stamp that stands nearest before a dump, with the date that stands before it; a moment before a clock."""
    last: Stamp | None = None
    for stamp in stamps:
        if last is None or last.unix_s is None or stamp.unix_s is not None:
            last = stamp.after(last)
    return last


def stamp_in(line: str) -> Stamp | None:
    """The stamp that this line is; None when it is anything else.

    >>> stamp_in("=== Sun Nov 22 10:00:00 CET 2026 ===").unix_s
    1795338000.0
    """
    if len(line) > LONGEST_STAMP or not MAY_BE_ONE.search(line):
        return None
    if watched := WATCH.match(line):
        return stamp_in_watch(line[watched.end() :])
    if FIELD.search(line):
        return None
    return whole_stamp(line) or number_stamp(line, COMPACT) or number_stamp(line, EPOCH)


def stamp_before(line: str) -> Stamp | None:
    """The stamp that a terminal's log, or a prompt, wrote; `line` is what stands before the command, or all of it."""
    if len(line) > LONGEST_STAMP or not MAY_BE_ONE.search(line):
        return None
    prefix = LOG_PREFIX.match(line)
    return whole_stamp(prefix["stamp"]) if prefix else whole_stamp(PROMPT_WORDS.sub(" ", line))


def stamp_in_watch(behind_interval: str) -> Stamp | None:
    """The stamp at the end of the heading of `watch`, behind the command and the host's name."""
    words = behind_interval.split()
    ends = (" ".join(words[-count:]) for count in range(MOST_WORDS_OF_A_DATE, 3, -1))
    return next((stamp for text in ends if (stamp := whole_stamp(text)) and stamp.day is None), None)


def whole_stamp(line: str) -> Stamp | None:
    """The stamp of a date, a time, or both, in a line that holds little else."""
    times = list(TIME.finditer(line))
    if len(times) > 1:
        return None
    dates = next((found for pattern in DATES if (found := pattern.search(line))), None)
    time = next((found for found in times if dates is None or not overlap(found, dates)), None)
    told = [found.span() for found in (dates, time) if found]
    if not told or (time is None and times):
        return None
    year = YEAR.search(line, max(end for _, end in told)) if dates and not told_year(dates) else None
    told += [year.span()] if year else []
    begin, end = min(begin for begin, _ in told), max(end for _, end in told)
    if not little_else(line, begin, end, told, dates is not None, time is not None):
        return None
    text = line[begin:end].strip(" []()")
    return stamp(text, dates, time, int(year[0]) if year else None, line)


def overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two findings share characters."""
    return one.start() < other.end() and other.start() < one.end()


def little_else(
    line: str, begin: int, end: int, told: list[tuple[int, int]], has_date: bool = True, has_time: bool = True
) -> bool:
    """Whether the line is its stamp: at most a few words stand before it, and decoration around it."""
    between = line[begin:end]
    for first, last in sorted(told, reverse=True):
        between = between[: first - begin] + " " + between[last - begin :]
    before, inside, behind = (len(re.findall(r"\w+", part)) for part in (line[:begin], between, line[end:]))
    if not has_time:
        return before <= 1 and inside == 0 and behind == 0
    if DECORATED.match(line):
        return before + behind <= WORDS_BESIDES_DECORATED and inside <= 1
    return before <= WORDS_BEFORE and inside <= 1 and behind <= (WORDS_BEHIND if has_date and not before else 0)


def stamp(
    text: str, dates: re.Match[str] | None, time: re.Match[str] | None, year: int | None, line: str
) -> Stamp | None:
    """What the parts say together."""
    of_day_s = None if time is None else seconds_of_day(time)
    if time is not None and of_day_s is None:
        return None
    day, year_told = day_of(dates, year, line) if dates else (None, False)
    if of_day_s is None:
        return Stamp(text, day=day) if day and year_told else None
    if day is None:
        return Stamp(text, clock_s=of_day_s)
    midnight_s = timegm(day.timetuple())
    if not year_told:
        return Stamp(text, clock_s=midnight_s - timegm((LEAP_YEAR, 1, 1, 0, 0, 0)) + of_day_s)
    east_s = zone_s(time["zone"]) if time else None
    return Stamp(text, unix_s=midnight_s + of_day_s - (east_s or 0.0), zone_told=east_s is not None)


def number_stamp(line: str, pattern: re.Pattern[str]) -> Stamp | None:
    """The stamp of a line that holds one number: seconds since 1970, or date and time without marks."""
    found = list(pattern.finditer(line))
    if len(found) != 1 or not little_else(line, *found[0].span(), [found[0].span()]):
        return None
    told = found[0].groupdict()
    if told.get("s"):
        fraction = told["fraction"] or ""
        part_s = float(fraction or 0) if fraction.startswith(".") else float(fraction or 0) / 1000
        return Stamp(found[0][0], unix_s=int(told["s"]) + part_s, zone_told=True)
    try:
        numbers = [int(told[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
        at = datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]  # six numbers, in the constructor's order
    except ValueError:
        return None
    return Stamp(found[0][0], unix_s=at.timestamp(), zone_told=bool(told["zone"]))
