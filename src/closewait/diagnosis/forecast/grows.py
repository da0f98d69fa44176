"""Whether a trend is growth: beyond chance, beyond its own wobble, and still going on."""

from closewait.diagnosis.forecast.course import Course
from closewait.diagnosis.forecast.middle import median
from closewait.diagnosis.forecast.thresholds import (
    FEWEST_STEPS,
    GROWTH_T,
    RISE_OVER_WOBBLE,
    SLOWED_SHARE,
    SLOWED_SPANS,
    STALLED_FEWEST_STEPS,
    STALLED_PART,
    STALLED_SHARE,
)
from closewait.diagnosis.forecast.trend import NOISE_ERROR, WANDERING_ERROR, Trend, slope_of


def rises(trend: Trend, resolution: float) -> bool:
    """Whether the slope is above zero beyond doubt, and what it adds above what the value does anyway."""
    return (
        trend.slope_per_s > GROWTH_T * trend.slope_error_per_s
        and trend.rise >= RISE_OVER_WOBBLE * trend.wobble
        and trend.rise >= FEWEST_STEPS * resolution
    )


def falls(trend: Trend, resolution: float) -> bool:
    """The same downwards."""
    return (
        -trend.slope_per_s > GROWTH_T * trend.slope_error_per_s
        and -trend.rise >= RISE_OVER_WOBBLE * trend.wobble
        and -trend.rise >= FEWEST_STEPS * resolution
    )


def has_stopped(course: Course, trend: Trend, resolution: float) -> bool:
    """Whether the last part of a rising course adds far less than its due."""
    part = max(3, round(len(course) * STALLED_PART))
    half = max(1, part // 2)
    end, begin = slice(-half, None), slice(-part - half, -part)
    passed_s = median(course.times_s[end]) - median(course.times_s[begin])
    gained = median(course.values[end]) - median(course.values[begin])
    due, chance = trend.slope_per_s * passed_s, (2 * trend.noise**2 / half + trend.wandering_per_s * passed_s) ** 0.5
    return due >= max(STALLED_FEWEST_STEPS * resolution, 3 * chance) and gained < STALLED_SHARE * due


def slowed(before: Course, trend: Trend) -> bool:
    """Whether what rises since a break rose far more steeply before it, and for about as long."""
    return trend.slope_per_s < SLOWED_SHARE * slope_of(before) and trend.span_s < SLOWED_SPANS * before.span_s


def slows(course: Course, trend: Trend) -> bool:
    """Whether the second half rises less steeply than the first, beyond chance: what fills a bound bends like this."""
    half = len(course) // 2
    first, second = slope_of(course.until(half)), slope_of(course.since(len(course) - half))
    span_s = trend.span_s / 2
    error_2 = NOISE_ERROR * trend.noise**2 / half / span_s**2 + WANDERING_ERROR * trend.wandering_per_s / span_s
    return second < SLOWED_SHARE * first and first - second > 2 * (2 * error_2) ** 0.5
