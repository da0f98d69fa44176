"""When a line meets a wall, and how far that can be off."""

import math

from closewait.diagnosis.forecast.thresholds import (
    EIGHTY_PERCENT_T,
    FARTHEST_SPANS,
    MORNING_WAVE_S,
    MOST_RATE_DOUBT,
    RATE_DOUBT,
)
from closewait.diagnosis.forecast.trend import Trend
from closewait.records import record


@record
class Meeting:
    """Seconds from the last look until the wall is met: 80 % between earliest and latest; None: maybe never."""

    earliest_s: float
    likely_s: float
    latest_s: float | None


def meeting(distance: float, trend: Trend) -> Meeting | None:
    """When a rising trend has gone `distance`; None where that is too far away to be dated.

    After a time h the line has gained slope · h, with a variance of level error² + noise² + wandering · h +
    (slope error² + rate doubt²) · h². At the earliest and at the latest time the distance is 1.476 standard deviations
    off the line: the two roots of one square.
    """
    slope = trend.slope_per_s
    likely = max(distance, 0.0) / slope
    if likely > FARTHEST_SPANS * trend.span_s:
        return None
    doubt = slope * rate_doubt(likely, trend.span_s)
    at_once = EIGHTY_PERCENT_T**2 * (trend.level_error**2 + trend.noise**2)
    each_s = EIGHTY_PERCENT_T**2 * trend.wandering_per_s
    each_s2 = EIGHTY_PERCENT_T**2 * (trend.slope_error_per_s**2 + doubt**2)
    a, b, c = slope**2 - each_s2, -(2 * slope * distance + each_s), distance**2 - at_once
    under_root = b * b - 4 * a * c
    root = math.sqrt(max(under_root, 0.0))
    earliest = max(0.0, 2 * c / (root - b)) if c > 0 else 0.0
    latest = (root - b) / (2 * a) if a > 0 else None
    return Meeting(min(earliest, likely), likely, None if latest is None else max(latest, likely))


def rate_doubt(ahead_s: float, span_s: float) -> float:
    """How much a rate may change until then, as a share of it."""
    return min(MOST_RATE_DOUBT, RATE_DOUBT * math.sqrt(1 + ahead_s / span_s))


def if_the_day_turns(straight_s: float | None) -> float | None:
    """The latest time where the rise may be part of a day's rhythm that was not seen whole: None, if it turns before.

    A wave that is as steep as this line where it is steepest falls behind it and gains slope · period / 2 pi at most.
    """
    if straight_s is None:
        return None
    angle = straight_s * 2 * math.pi / MORNING_WAVE_S
    return math.asin(angle) * MORNING_WAVE_S / (2 * math.pi) if angle < 1 else None
