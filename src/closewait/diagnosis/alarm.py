"""Alarms: which number of a look may lie where, in the ranges of the Monitoring Plugins.

    10      alarm outside 0 to 10        10:     below 10
    10:20   outside 10 to 20             ~:10    above 10
    @10:20  inside 10 to 20              80%     above 80 % of the wall, for a measure that has one

Source: Monitoring Plugins Development Guidelines, "Threshold and Ranges". The per cent sign is ours.
A name is a measure, a state in any spelling, or a rule, whose sockets are meant. Of a measure with labels the worst
gauge counts.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.gauges import MEASURES_OF_A_LOOK, Gauge
from closewait.diagnosis.rules import RULES
from closewait.errors import BadUsage
from closewait.records import record
from closewait.tcp.spellings import canonical

NUMBER = r"-?\d{1,15}(?:\.\d{1,9})?"
RANGE = re.compile(rf"(?P<inside>@?)(?:(?P<low>~|{NUMBER})?(?P<colon>:))?(?P<high>{NUMBER})?(?P<share>%?)")
HOW_TO_WRITE = "Write a range as 10, 10:, ~:10, 5:10 or @5:10, or a share of the wall as 80%."

#: The measure that a name means, the value of its first label if only one is meant, and the name as we write it.
Meaning = tuple[str, str | None, str]


class Status(Enum):
    """What a monitoring plugin can answer, by its exit status."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def badness(self) -> int:
        """What outweighs what: a certain alarm outweighs what is not known."""
        return (Status.OK, Status.UNKNOWN, Status.WARNING, Status.CRITICAL).index(self)


STATUS_OF = {Severity.BENIGN: Status.OK, Severity.WARNING: Status.WARNING, Severity.CRITICAL: Status.CRITICAL}


@record
class Range:
    """Where a number may lie, both ends included; `inside`: where it may not. `is_share`: per cent of the wall."""

    low: float
    high: float
    inside: bool
    is_share: bool
    text: str  # as it was written, without the per cent sign

    def alarms(self, value: float) -> bool:
        """Whether this number is a reason to alarm."""
        return (self.low <= value <= self.high) is self.inside


@record
class Alarm:
    """What is watched under one name, and from where on it matters."""

    name: str
    measure: str
    label: str | None = None  # the value of the measure's first label; None: every gauge counts
    warn: Range | None = None
    crit: Range | None = None

    @property
    def of_processes(self) -> bool:
        """Whether it can only be told of processes that may be looked into."""
        return any("pid" in one.labels for one in MEASURES_OF_A_LOOK if one.name == self.measure)

    @property
    def is_share(self) -> bool:
        """Whether per cent of the wall are watched."""
        return any(limits is not None and limits.is_share for limits in (self.warn, self.crit))

    def gauges(self, gauges: Iterable[Gauge]) -> list[Gauge]:
        """Those of a look that are watched."""
        return [one for one in gauges if one.measure == self.measure and self.label in (None, *one.labels[:1])]

    def value(self, gauge: Gauge) -> float | None:
        """What the ranges are about; None where a share is asked for and the wall is not known."""
        if not self.is_share:
            return gauge.value
        return 100 * gauge.value / gauge.limit if gauge.limit else None

    def status(self, gauge: Gauge) -> Status:
        """What one gauge is worth."""
        value = self.value(gauge)
        if value is None:
            return Status.UNKNOWN
        if self.crit is not None and self.crit.alarms(value):
            return Status.CRITICAL
        return Status.WARNING if self.warn is not None and self.warn.alarms(value) else Status.OK


@record
class Outcome:
    """What became of one alarm; `worst` is None where the look has no such gauge."""

    alarm: Alarm
    status: Status
    worst: Gauge | None
    ringing: tuple[Gauge, ...]  # the gauges that alarm, the worst first


def outcome(alarm: Alarm, gauges: Iterable[Gauge], *, all_told: bool) -> Outcome:
    """Hold the gauges of a look against an alarm; `all_told`: what has no gauge is not there, rather than not known."""
    ranked = sorted(
        alarm.gauges(gauges), key=lambda one: (alarm.status(one).badness, alarm.value(one) or 0), reverse=True
    )
    if not ranked:
        return Outcome(alarm, Status.OK if all_told else Status.UNKNOWN, None, ())
    ringing = tuple(one for one in ranked if alarm.status(one) in (Status.WARNING, Status.CRITICAL))
    return Outcome(alarm, alarm.status(ranked[0]), ranked[0], ringing)


def alarms_of(warn: Sequence[str], crit: Sequence[str]) -> tuple[Alarm, ...]:
    """`close_wait=100` and the like, in the order of the names. Raises BadUsage."""
    ranges = [_ranges(words) for words in (warn, crit)]
    meanings = dict.fromkeys(meaning for told in ranges for meaning in told)
    return tuple(_alarm(meaning, *(told.get(meaning) for told in ranges)) for meaning in meanings)


def range_of(text: str) -> Range:
    """A range as it is written. Raises BadUsage."""
    found = RANGE.fullmatch(text)
    if found is None or not (found["high"] or found["low"]):
        raise BadUsage(f"{text!r} is no range. {HOW_TO_WRITE}")
    low = float("-inf") if found["low"] == "~" else float(found["low"] or 0)
    high = float(found["high"] or "inf")
    if low > high:
        raise BadUsage(f"{text!r} is no range: it ends before it begins. {HOW_TO_WRITE}")
    return Range(low, high, bool(found["inside"]), bool(found["share"]), text.removesuffix("%"))


def _ranges(words: Iterable[str]) -> dict[Meaning, Range]:
    """The ranges of one option by what their names mean."""
    found: dict[Meaning, Range] = {}
    for word in words:
        name, limits = _named_range(word)
        meaning = _named(name)
        if meaning in found:
            raise BadUsage(f"{name} has two ranges: give --warn once and --crit once for what is watched.")
        found[meaning] = limits
    return found


def _named_range(word: str) -> tuple[str, Range]:
    name, is_named, text = word.partition("=")
    if not is_named:
        raise BadUsage(f"{word!r} does not say of what. Name it, as in close_wait={word or 100}.")
    return name, range_of(text)


def _alarm(meaning: Meaning, warn: Range | None, crit: Range | None) -> Alarm:
    measure, label, name = meaning
    if warn is not None and crit is not None and warn.is_share is not crit.is_share:
        raise BadUsage(f"{name} is watched as a number and as a share of its wall. Write both with %, or neither.")
    alarm = Alarm(name, measure, label, warn, crit)
    if alarm.is_share and next(one for one in MEASURES_OF_A_LOOK if one.name == measure).wall is None:
        walls = ", ".join(one.name for one in MEASURES_OF_A_LOOK if one.wall is not None)
        raise BadUsage(f"{name} has no wall, so there is no share of it. Those that have one: {walls}.")
    return alarm


def _named(name: str) -> Meaning:
    """What is meant by a name in any spelling. Raises BadUsage."""
    measure = name.lower().replace("-", "_").removeprefix("closewait_").removesuffix("_total")
    if any(one.name == measure for one in MEASURES_OF_A_LOOK):
        return measure, None, measure
    rule = name.lower().replace("_", "-")
    if any(one.name == rule for one in RULES):
        return "finding_sockets", rule, rule
    state = canonical(name)
    if state is not None:
        return "sockets", state, state
    raise BadUsage(
        f"There is nothing called {name!r} to watch. Name a state (close_wait), a rule (leaked-close-wait), or one of "
        f"{', '.join(one.name for one in MEASURES_OF_A_LOOK)}."
    )
