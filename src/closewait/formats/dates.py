"""Dates, times of day and zones as people and programs write them, found within a line.

What is not told is not guessed: `03/02/2026` without a weekday is no day, and CST, IST and BST are no zones.
"""

import re
from collections.abc import Mapping
from datetime import date

LEAP_YEAR = 2000  # stands for a year that is not told, so that the 29th of February is a day of it

#: Beginnings of the months' names: English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Turkish,
#: Polish, Czech and Russian, as the C library's locales abbreviate them.
MONTH_NAMES = (
    "jan ene gen oca sty led янв",
    "feb fév fev şub lut úno фев",
    "mar mär mrt bře мар",
    "apr avr abr nis kwi dub апр",
    "may mai mag mei maj kvě мая май",
    "jun juin giu haz cze čen июн",
    "jul juil lug tem lip čec июл",
    "aug aoû ago ağu sie srp авг",
    "sep set eyl wrz zář сен",
    "oct okt out ott eki paź říj окт",
    "nov kas lis ноя",
    "dec dez déc dic ara gru pro дек",
)
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names.split()}
MONTH = rf"(?P<month>(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})[^\W\d_]*)\.?"
LATER = r"(?:[ /,-]*(?:de )?(?P<later>[12]\d{3}))?"  # a year behind month and day
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Where a date is told. A year may stand behind the time instead. First what nothing else could be.
DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\w.:/-])(?P<year>[12]\d{3})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?!\d|[-/.]\d)",
        r"(?P<year>[12]\d{3})[年년.] ?(?P<month>\d\d?)[月월.] ?(?P<day>\d\d?)[日일.]",
        rf"(?:(?<!\d)(?P<year>[12]\d{{3}})[ -])?\b{MONTH}[ -]+(?P<day>\d\d?)(?:st|nd|rd|th)?{LATER}\b(?!:)",
        rf"(?<![\w.:])(?P<day>\d\d?)(?:\.|st|nd|rd|th)?[ /-]*(?:de )?{MONTH}{LATER}\b",
        r"(?<![\w.:/-])(?P<one>\d\d?)(?P<mark>[/.-])(?P<other>\d\d?)(?P=mark)(?P<year>[12]\d{3})(?!\d|[-/.]\d)",
    )
)
TIME = re.compile(
    r"(?:(?<![\w.:-])|(?<![\w.:])T|(?<=\d{4}:)|(?<![\d.:])(?=\d))(?P<noon_before>上午|下午|오전|오후|午前|午後)? ?"
    r"(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d|60)(?P<fraction>[.,]\d{1,9})?)?)"
    r"(?: ?(?P<noon>[AaPp])\.?[Mm]\b\.?)?(?![\w.:]?\d|:)"
    r"(?P<zone> ?[+-]\d\d(?::?\d\d)?(?!\d)| ?Z\b| \(?[A-Z]{3,4}(?:[+-]\d{1,4})?\b\)?)?"
)
YEAR = re.compile(r"(?<!\S)[12]\d{3}(?!\S)")
AFTERNOON = {"p", "下午", "오후", "午後"}

#: Names of zones that mean one thing only, in hours from UTC. CST, IST and BST do not.
ZONES_H: Mapping[str, float] = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3,
    "SAST": 2, "MSK": 3, "BRT": -3, "EST": -5, "EDT": -4, "CDT": -5, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
    "JST": 9, "KST": 9, "HKT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def told_year(found: re.Match[str]) -> int | None:
    """The year within a date."""
    told = found.groupdict()
    year = told.get("year") or told.get("later")
    return int(year) if year else None


def day_of(found: re.Match[str], year_behind: int | None, line: str) -> tuple[date | None, bool]:
    """The day, and whether its year is told; None where it is no day, or might be either of two."""
    told = found.groupdict()
    year = told_year(found) or year_behind
    if told.get("one"):
        return day_of_either(int(told["one"]), int(told["other"]), told["mark"], year or LEAP_YEAR, line), True
    name = told["month"]
    month = (
        int(name)
        if name.isdecimal()
        else next((number for begin, number in MONTHS.items() if name.lower().startswith(begin)), 0)
    )
    return a_day(year or LEAP_YEAR, month, int(told["day"])), year is not None


def day_of_either(one: int, other: int, mark: str, year: int, line: str) -> date | None:
    """The day that `11/22/2026` or `22.11.2026` is: dots mean day first, a number over 12 or the weekday tells else."""
    day_first, month_first = a_day(year, other, one), a_day(year, one, other)
    if mark == "." or month_first is None or day_first == month_first:
        return day_first
    if day_first is None:
        return month_first
    words = [word[:3].lower() for word in re.findall(r"[A-Za-z]{3,9}", line)]
    of_weekday = [day for day in (day_first, month_first) if WEEKDAYS[day.weekday()] in words]
    return of_weekday[0] if len(of_weekday) == 1 else None


def a_day(year: int, month: int, day: int) -> date | None:
    """The date with these numbers, if there is one."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def seconds_of_day(time: re.Match[str]) -> float | None:
    """Seconds since midnight; None where an hour of a twelve-hour clock is none."""
    hour, noon = int(time["hour"]), (time["noon"] or time["noon_before"] or "").lower()
    if noon:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if noon in AFTERNOON else 0)
    fraction = float("0." + time["fraction"][1:]) if time["fraction"] else 0.0
    return hour * 3600 + int(time["minute"]) * 60 + int(time["second"] or 0) + fraction


def zone_s(told: str | None) -> float | None:
    """How many seconds a zone is ahead of UTC; None where it is not told, or its name means several."""
    zone = (told or "").strip(" ()")
    sign = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?", zone)
    if sign:
        return (int(sign[2]) * 3600 + int(sign[3] or 0) * 60) * (1 if sign[1] == "+" else -1)
    return ZONES_H[zone] * 3600 if zone in ZONES_H else None
