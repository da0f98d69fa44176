"""Times as people say them: `02:14`, `yesterday 23:00`, `2026-11-22 02:14`, `90min ago`, `3d`, `now`.

A time of day without a day is the last one that has passed; where no zone is told, the one that is given holds.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from closewait.errors import BadUsage
from closewait.formats.dates import a_day, zone_s
from closewait.snapshot.durations import DURATION, duration_s

DAYS_BACK = {"today": 0, "yesterday": 1}
SECONDS_SINCE_1970 = re.compile(r"@(\d{1,12}(?:\.\d{1,9})?)")
MOMENT = re.compile(
    r"(?:(?P<word>today|yesterday)|(?P<year>[12]\d{3})-(?P<month>\d\d?)-(?P<day>\d\d?))?[ t]*"
    r"(?:(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d{1,9})?)?"
    r" ?(?P<zone>z|utc|gmt|[a-z]{3,4}|[+-]\d\d:?\d\d)?)?"
)
EXAMPLES = "Write it as 02:14, 'yesterday 23:00', '2026-11-22 02:14', 2026-11-22 or '90min ago'."


def unix_s_of(text: str, *, now_unix_s: float, zone: tzinfo) -> float:
    """The moment that `text` means, in seconds since 1970. Raises BadUsage."""
    words = text.strip().lower()
    if words == "now":
        return now_unix_s
    if found := SECONDS_SINCE_1970.fullmatch(words):
        return float(found[1])
    back = words.removesuffix("ago").strip()
    if (found := DURATION.fullmatch(back)) and found[2]:
        return now_unix_s - duration_s(back)
    moment = _moment(words, datetime.fromtimestamp(now_unix_s, zone)) if words else None
    if moment is None:
        raise BadUsage(f"{text!r} is no time that closewait understands. {EXAMPLES}")
    return moment.timestamp()


def _moment(words: str, now: datetime) -> datetime | None:
    """A day, a time of day, or both."""
    told = MOMENT.fullmatch(words)
    if told is None:
        return None
    east_s = zone_s(told["zone"] and told["zone"].upper())
    if told["zone"] and east_s is None:
        return None
    here = now if east_s is None else now.astimezone(UTC) + timedelta(seconds=east_s)
    day: date | None = here.date() - timedelta(days=DAYS_BACK.get(told["word"] or "", 0))
    if told["year"]:
        day = a_day(int(told["year"]), int(told["month"]), int(told["day"]))
    if day is None:
        return None
    clock = int(told["hour"] or 0), int(told["minute"] or 0), int(told["second"] or 0)
    moment = datetime(day.year, day.month, day.day, *clock, tzinfo=now.tzinfo if east_s is None else UTC)
    moment -= timedelta(seconds=east_s or 0)
    is_to_come = moment.timestamp() > now.timestamp() and not (told["word"] or told["year"])
    return moment - timedelta(days=1) if is_to_come else moment
