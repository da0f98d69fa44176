"""What a forecast says for each kind of course: its numbers, its evidence, its doubt."""

from enum import Enum

from closewait.diagnosis.forecast.course import Course
from closewait.diagnosis.forecast.day import Rhythm
from closewait.diagnosis.forecast.middle import median
from closewait.diagnosis.forecast.outlook import Forecast, Shape
from closewait.diagnosis.forecast.teeth import Teeth
from closewait.diagnosis.forecast.thresholds import (
    EIGHTY_PERCENT_T,
    FEWEST_LOOKS,
    FEWEST_LOOKS_SINCE_RESTART,
    FEWEST_TROUGHS,
    HOUR_S,
)
from closewait.diagnosis.forecast.trend import Trend
from closewait.diagnosis.forecast.wall import Meeting, if_the_day_turns, meeting
from closewait.diagnosis.forecast.words import number_in_words as number
from closewait.diagnosis.forecast.words import rate_in_words, rates_in_words
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.records import record

AT_THE_WALL = Meeting(0.0, 0.0, 0.0)
WITH_THE_LOAD = "The rate may go with the load: where that changes, so does the time."
TOO_FAR = "The wall is too far away to be dated from so short a time."
NO_LIMIT = "No limit is known, so there is no wall to meet."
MAY_BEGIN = "Growth too slow to stand out from this wobble is not seen."


class Turn(Enum):
    """What may end a rise before the wall; the value says it."""

    OF_THE_DAY = "Less than two days are seen: a rise that belongs to the day turns by itself."
    AS_BEFORE = "It stood higher before, and came down by itself: so it may again."


@record
class Telling:
    """The course that is judged, its wall, how often it began anew, and the rhythm of the day that is taken out."""

    course: Course
    limit: float | None
    resolution: float
    restarts: int = 0
    rhythm: Rhythm | None = None

    @property
    def fewest_looks(self) -> int:
        """So many looks are needed to tell a slope."""
        return FEWEST_LOOKS_SINCE_RESTART if self.restarts else FEWEST_LOOKS

    def too_few(self) -> Forecast:
        """Not enough looks, at all or since the value fell to near zero."""
        shape, since = (Shape.RESTART, " since it fell to near zero") if self.restarts else (Shape.TOO_FEW, "")
        why = (
            f"{count_of(len(self.course), 'look')}{since}; {self.fewest_looks} are needed to tell a slope from chance."
        )
        return self._told(shape, why, "It may grow or not.", growing=None)

    def emptied_again_and_again(self, times: int) -> Forecast:
        """A course that falls to near zero more than once."""
        peak = float(self.course.values.max())
        why = f"It fell to near zero {times} times, and stood at {number(peak)} at most."
        return self._told(Shape.SAWTOOTH, why, "If one of these falls does not come, it may go on to the wall.")

    def changed_lately(self, before: Course, after: Course) -> Forecast:
        """A change so late that nothing can be said about what follows."""
        why = (
            f"It went {self._from_to(before, after)}, {age_in_words(after.span_s)} ago; of the {FEWEST_LOOKS} looks "
            f"that are needed to tell a slope there are {len(after)} since."
        )
        return self._told(Shape.STEP, why, "It may be a step that stays, or the begin of a growth.", growing=None)

    def stays_since(self, before: Course, after: Course, trend: Trend) -> Forecast:
        """A course that rose or fell and then stayed: a step, or a pool that filled to its size."""
        climbed = before.values[-1] - before.values[0] > (after.values[0] - before.values[-1])
        shape = Shape.FILLED if climbed else Shape.STEP
        how = "It filled up" if climbed else "It stepped"
        why = (
            f"{how} {self._from_to(before, after)} and has stayed there for {age_in_words(after.span_s)}: "
            f"{self._slope(trend)}."
        )
        return self._told(shape, why, MAY_BEGIN, trend=trend)

    def flat(self, trend: Trend) -> Forecast:
        """No slope beyond chance."""
        why = f"No trend beyond chance: {self._slope(trend)}, {self._wobble(trend)}."
        return self._told(Shape.FLAT, why, MAY_BEGIN, trend=trend)

    def falling(self, trend: Trend) -> Forecast:
        """A slope downwards."""
        return self._told(Shape.FALLING, f"It falls: {self._slope(trend)}.", "It may turn.", trend=trend)

    def filled(self, trend: Trend) -> Forecast:
        """A rise that has stopped."""
        why = f"It rose by {number(trend.rise)}, and stopped: its last part adds far less than its due."
        return self._told(Shape.FILLED, why, "It may stand still for a while and go on.", trend=trend)

    def slowing(self, trend: Trend) -> Forecast:
        """A rise that bends."""
        why = (
            f"It rose by {number(trend.rise)} in {age_in_words(trend.span_s)}, clearly slower than before: "
            "what fills a pool bends like this."
        )
        doubt = NO_LIMIT if self.limit is None else "If it keeps its present slope it still meets the wall."
        return self._told(Shape.GROWTH, why, doubt, True, trend)

    def growth(self, trend: Trend, turn: Turn | None) -> Forecast:
        """A line that goes on."""
        why = f"{self._rise(trend)}, {self._wobble(trend)}."
        return self._meets(Shape.GROWTH, why, trend, self._meeting(trend), turn)

    def rhythm_alone(self, trend: Trend, rhythm: Rhythm) -> Forecast:
        """A rhythm of the day around a level that stays."""
        why = (
            f"It goes up and down by {number(rhythm.height)} with the day; between the same hours of {rhythm.days:.1f} "
            f"days there is no trend: {self._slope(trend)}."
        )
        return self._told(Shape.DAILY, why, MAY_BEGIN, trend=trend)

    def growth_beside_rhythm(self, trend: Trend, rhythm: Rhythm) -> Forecast:
        """Growth from day to day: the wall is met at a high time of a day."""
        why = (
            f"{self._rise(trend)} without its rhythm of the day, which goes up and down by {number(rhythm.height)}; "
            f"{rhythm.days:.1f} days are seen."
        )
        return self._meets(Shape.DAILY, why, trend, self._meeting(trend), None)

    def few_troughs(self, teeth: Teeth) -> Forecast:
        """A sawtooth of which too few troughs are seen."""
        why = f"It climbs by {number(teeth.height)} and falls back; {count_of(len(teeth.troughs), 'trough')} seen, "
        why += f"{FEWEST_TROUGHS} are needed to tell whether something stays behind."
        return self._told(Shape.SAWTOOTH, why, "Its troughs may rise or not.", growing=None)

    def troughs_stay(self, teeth: Teeth, trend: Trend) -> Forecast:
        """A sawtooth that always comes back to where it was."""
        why = (
            f"It climbs by {number(teeth.height)} and falls back; over {len(teeth.troughs)} troughs nothing stays "
            f"behind: {self._slope(trend)}."
        )
        return self._told(Shape.SAWTOOTH, why, MAY_BEGIN, trend=trend)

    def troughs_grow(self, teeth: Teeth, trend: Trend, turn: Turn | None) -> Forecast:
        """A sawtooth that leaves something behind each time; its peaks meet the wall first."""
        why = (
            f"It climbs by {number(teeth.height)} and falls back, a little less each time: over {len(teeth.troughs)} "
            f"troughs {self._slope(trend)}."
        )
        since_s = float(self.course.times_s[-1] - teeth.troughs.times_s[-1])
        met = self._meeting(trend, teeth.height + trend.slope_per_s * since_s)
        return self._meets(Shape.SAWTOOTH, why, trend, met, turn)

    def _meeting(self, trend: Trend, above: float = 0.0) -> Meeting | None:
        """When the trend, and what stands `above` it, meets the limit; in a rhythm, at the first hour high enough."""
        if self.limit is None:
            return None
        distance = self.limit - trend.level - above
        if self.rhythm is None:
            return meeting(distance, trend)
        hours = self.rhythm.hours_after(float(self.course.times_s[-1]))
        met = [(ahead_s, one) for ahead_s, share in hours if (one := meeting(distance - share, trend))]
        if not met:
            return None
        latest = [Rhythm.next_at(one.latest_s, ahead_s) for ahead_s, one in met if one.latest_s is not None]
        return Meeting(
            min(Rhythm.next_at(one.earliest_s, ahead_s) for ahead_s, one in met),
            min(Rhythm.next_at(one.likely_s, ahead_s) for ahead_s, one in met),
            min(latest, default=None),
        )

    def _meets(self, shape: Shape, why: str, trend: Trend, met: Meeting | None, turn: Turn | None) -> Forecast:
        """Growth, and when it meets its wall, if that can be said."""
        if met is None:
            doubt = NO_LIMIT if self.limit is None else TOO_FAR
            return self._told(shape, why, doubt, True, trend)
        if turn:
            latest_s = if_the_day_turns(met.latest_s) if turn is Turn.OF_THE_DAY else None
            met = Meeting(met.earliest_s, met.likely_s, latest_s)
        doubt = turn.value if turn and met.latest_s is None else WITH_THE_LOAD
        if self.restarts:
            why = f"{why} It began anew {age_in_words(self.course.span_s)} ago."
        return self._told(shape, why, doubt, True, trend, met)

    def _told(
        self,
        shape: Shape,
        why: str,
        doubt: str,
        growing: bool | None = False,
        trend: Trend | None = None,
        met: Meeting | None = None,
    ) -> Forecast:
        value = float(self.course.values[-1]) if len(self.course) else None
        if value is not None and self.limit is not None and value >= self.limit:
            why, met = f"It stands at its wall. {why}", AT_THE_WALL
        off = EIGHTY_PERCENT_T * trend.slope_error_per_s if trend else 0.0
        return Forecast(
            shape=shape,
            growing=growing,
            value=value,
            limit=self.limit,
            span_s=self.course.span_s if trend is None else trend.span_s,
            looks=len(self.course),
            slope_per_h=trend.slope_per_s * HOUR_S if trend else None,
            slope_low_per_h=(trend.slope_per_s - off) * HOUR_S if trend else None,
            slope_high_per_h=(trend.slope_per_s + off) * HOUR_S if trend else None,
            earliest_s=met.earliest_s if met else None,
            likely_s=met.likely_s if met else None,
            latest_s=met.latest_s if met else None,
            why=why,
            doubt=doubt,
        )

    def _rise(self, trend: Trend) -> str:
        return (
            f"It rose by {number(trend.rise)} in {age_in_words(trend.span_s)}, "
            f"{rate_in_words(trend.slope_per_s * HOUR_S)}"
        )

    def _slope(self, trend: Trend) -> str:
        off = EIGHTY_PERCENT_T * trend.slope_error_per_s
        between = rates_in_words(*((trend.slope_per_s + way * off) * HOUR_S for way in (-1, 1)))
        return f"{between} over {age_in_words(trend.span_s)}"

    def _wobble(self, trend: Trend) -> str:
        return f"give or take {number(max(trend.wobble, self.resolution))}"

    @staticmethod
    def _from_to(before: Course, after: Course) -> str:
        return f"from {number(median(before.values))} to {number(median(after.values))}"
