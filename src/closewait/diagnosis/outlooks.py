"""Which walls come nearer: the courses of the gauges that have one, and what is newly foreseen of them."""

from collections.abc import Iterable

from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.memory import Memory
from closewait.diagnosis.forecast.outlook import Forecast
from closewait.diagnosis.gauges import Gauge
from closewait.records import record

FORESEE_EVERY_S = 60.0
TOLD_WITHIN_S = 7 * 86_400.0  # a wall that is farther away than a week is nobody's business yet

#: So many courses are foreseen at once, those nearest to their wall first: each takes one to three milliseconds.
MOST_FORESEEN = 50

Key = tuple[str, tuple[str, ...]]


@record
class Foreseen:
    """A gauge that will meet its wall, or, as it seems now, will not after all."""

    gauge: Gauge
    forecast: Forecast
    at_unix_s: float

    @property
    def turned(self) -> bool:
        """Whether it was foreseen to meet its wall, and is not any more."""
        return not is_near(self.forecast)


class Outlooks:
    """Follows every gauge that has a wall. A wall is told when it is first foreseen, and when half the time is left.

    One that is met is not foreseen any more: what follows from it is found by the rules.
    """

    def __init__(self) -> None:
        self._courses: dict[Key, Memory] = {}
        self._told_s: dict[Key, float] = {}
        self._due_at_s = float("-inf")

    def remember(self, gauge: Gauge, times_s: Iterable[float], values: Iterable[float]) -> None:
        """The course of a gauge before this began."""
        course = self._courses.setdefault((gauge.measure, gauge.labels), Memory())
        for time_s, value in zip(times_s, values, strict=True):
            course.add(time_s, value)

    def after(self, gauges: Iterable[Gauge], at_unix_s: float) -> tuple[Foreseen, ...]:
        """What is newly foreseen after one more look."""
        walled = {(gauge.measure, gauge.labels): gauge for gauge in gauges if gauge.limit}
        self._courses = {key: self._courses.get(key) or Memory() for key in walled}
        for key, gauge in walled.items():
            self._courses[key].add(at_unix_s, gauge.value)
        if 0 <= at_unix_s - self._due_at_s < FORESEE_EVERY_S:
            return ()
        self._due_at_s = at_unix_s
        moving = [key for key, course in self._courses.items() if has_risen(course) or key in self._told_s]
        moving.sort(key=lambda key: -walled[key].value / (walled[key].limit or 1.0))
        told = [self._foreseen(key, walled[key], at_unix_s) for key in moving[:MOST_FORESEEN]]
        self._told_s = {key: left_s for key, left_s in self._told_s.items() if key in walled}
        return tuple(one for one in told if one)

    def _foreseen(self, key: Key, gauge: Gauge, at_unix_s: float) -> Foreseen | None:
        course = self._courses[key]
        forecast = foresee(course.times_s, course.values, limit=gauge.limit)
        told_s = self._told_s.get(key)
        if not is_near(forecast):
            return None if self._told_s.pop(key, None) is None else Foreseen(gauge, forecast, at_unix_s)
        left_s = forecast.likely_s or 0.0
        if not left_s or (told_s is not None and left_s >= told_s / 2):
            return None
        self._told_s[key] = left_s
        return Foreseen(gauge, forecast, at_unix_s)


def has_risen(course: Memory) -> bool:
    """Whether it is above where it was at its lowest."""
    return course.values[-1] > min(course.values)


def is_near(forecast: Forecast) -> bool:
    """Whether a wall is foreseen within the time that concerns anybody."""
    return forecast.likely_s is not None and forecast.likely_s <= TOLD_WITHIN_S
