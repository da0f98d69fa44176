"""One gauge over time in, a forecast out: the whole method in reading order.

    order      the looks in order of time, since the last restart
    day        with two days or more: the day's rhythm is taken out
    teeth      a sawtooth is judged by its troughs
    break      only what came after the last change goes on
    line       the slope of the rest, and its doubt
    wall       when that line meets the limit; nothing where it is no growth

docs/explanation/forecast.md tells why, and how well it does.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from closewait.diagnosis.forecast.breaks import break_in
from closewait.diagnosis.forecast.course import Course, condensed, course_of, emptied_at
from closewait.diagnosis.forecast.day import days_are_seen, rhythm_of
from closewait.diagnosis.forecast.grows import falls, has_stopped, rises, slowed, slows
from closewait.diagnosis.forecast.middle import median
from closewait.diagnosis.forecast.outlook import Forecast
from closewait.diagnosis.forecast.teeth import Teeth, teeth_of
from closewait.diagnosis.forecast.telling import Telling, Turn
from closewait.diagnosis.forecast.thresholds import (
    DAY_RISES_AT_MOST_S,
    FEWEST_LOOKS,
    FEWEST_TROUGHS,
    HOUR_S,
    NEARER_PARTS,
    RISE_OVER_EARLIER,
)
from closewait.diagnosis.forecast.trend import Trend, trend_of


def foresee(times_s: ArrayLike, values: ArrayLike, *, limit: float | None = None, resolution: float = 1.0) -> Forecast:
    """Where a gauge is going that had `values` at `times_s` (seconds of any clock that keeps the time of day).

    `limit` is its wall now; None, infinite or not a number where it has none or nobody told. `resolution` is the
    smallest step it can take (1 for a count). Looks may be uneven and have gaps; what is not a number is left out.
    """
    course = course_of(times_s, values)
    limit = limit if limit is not None and math.isfinite(limit) else None
    telling = Telling(course, limit, resolution)
    emptied = emptied_at(course, resolution)
    if len(emptied) > 1 and not _outlasts(course, emptied):
        return telling.emptied_again_and_again(len(emptied))
    if emptied:
        course = course.since(emptied[-1])
        telling = Telling(course, limit, resolution, restarts=len(emptied))
    if len(course) < telling.fewest_looks:
        return telling.too_few()
    rhythm = rhythm_of(course)
    level = rhythm.without(course) if rhythm else course
    telling = replace(telling, rhythm=rhythm)
    whole = _judged(level, telling)
    return whole if whole.growing else _from_nearer(level, telling) or whole


def _outlasts(course: Course, emptied: list[int]) -> bool:
    """Whether the present run lasts longer, and stands higher, than any before that was seen from its begin."""
    begins_s = course.times_s[emptied]
    highest = max(float(course.values[begin:end].max()) for begin, end in pairwise(emptied))
    longest_s = float(np.diff(begins_s).max())
    return float(course.times_s[-1] - begins_s[-1]) > longest_s and float(course.values[-1]) > highest


def _judged(course: Course, telling: Telling, before: Course | None = None) -> Forecast:
    """What the course comes to since its last break; `before` are the blocks before the break it begins with."""
    teeth = teeth_of(course, telling.resolution)
    if teeth:
        return _by_troughs(teeth, telling)
    blocks = condensed(course)
    begin = break_in(blocks, telling.resolution)
    if begin is None:
        return _by_line(blocks, telling, before)
    piece = course.since(int(np.searchsorted(course.times_s, blocks.times_s[begin])))
    if len(piece) < FEWEST_LOOKS:
        return telling.changed_lately(blocks.until(begin), piece)
    return _judged(piece, telling, blocks.until(begin))


def _by_line(blocks: Course, telling: Telling, before: Course | None) -> Forecast:
    resolution = telling.resolution
    rhythm = telling.rhythm if telling.rhythm and telling.rhythm.is_clear else None
    trend = trend_of(blocks, resolution)
    if not rises(trend, resolution):
        if rhythm:
            return telling.rhythm_alone(trend, rhythm)
        if falls(trend, resolution):
            return telling.falling(trend)
        return telling.stays_since(before, blocks, trend) if before else telling.flat(trend)
    if has_stopped(blocks, trend, resolution):
        return telling.filled(trend)
    if slows(blocks, trend) or (before and slowed(before, trend)):
        return telling.slowing(trend)
    if rhythm:
        return telling.growth_beside_rhythm(trend, rhythm)
    if before and before.values.max() > blocks.values[-1]:
        return telling.growth(trend, Turn.AS_BEFORE)
    return telling.growth(trend, _turn_of_the_day(telling.course, trend))


def _turn_of_the_day(course: Course, trend: Trend) -> Turn | None:
    no_morning = trend.span_s >= DAY_RISES_AT_MOST_S or days_are_seen(course)
    return None if no_morning else Turn.OF_THE_DAY


def _by_troughs(teeth: Teeth, telling: Telling) -> Forecast:
    if len(teeth.troughs) < FEWEST_TROUGHS:
        return telling.few_troughs(teeth)
    trend = trend_of(teeth.troughs, teeth.climb)
    if rises(trend, teeth.climb) and not has_stopped(teeth.troughs, trend, teeth.climb):
        return telling.troughs_grow(teeth, trend, _turn_of_the_day(telling.course, trend))
    return telling.troughs_stay(teeth, trend)


def _from_nearer(course: Course, telling: Telling) -> Forecast | None:
    """Growth that began within the last part of a long series; None where there is none like it."""
    blocks, now = condensed(course), median(course.values[-3:])
    for part in NEARER_PARTS:
        looks = round(len(course) * part)
        if looks < FEWEST_LOOKS:
            return None
        near = course.since(len(course) - looks)
        if now <= blocks.values[blocks.times_s < near.times_s[0]].max():
            continue  # it has been there before
        told = _judged(near, telling)
        if told.growing and _rise(told) > RISE_OVER_EARLIER * _highest_rise(course, told.span_s):
            return told
    return None


def _rise(told: Forecast) -> float:
    return (told.slope_per_h or 0.0) * told.span_s / HOUR_S


def _highest_rise(course: Course, span_s: float) -> float:
    """What a time as long as the last `span_s` brought at most before."""
    before = course.until(int(np.searchsorted(course.times_s, course.times_s[-1] - span_s)))
    later = np.searchsorted(before.times_s, before.times_s + span_s)
    held = later < len(before)
    return float((before.values[later[held]] - before.values[held]).max()) if held.any() else np.inf
