"""The slope of a course and how far it is to be believed.

The slope is Theil and Sen's: the median of the slopes between all pairs of looks, which a quarter of wild looks does
not move (Sen 1968). Its error comes from two kinds of wobble, which are told apart by how the difference of two looks
grows with the time between them (a variogram): noise around the line, which does not grow and cancels out, and
wandering, which grows and does not (a count that is fed by chance wanders). An interval that takes wandering for noise
is far too narrow.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from closewait.diagnosis.forecast.course import Array, Course
from closewait.diagnosis.forecast.middle import median
from closewait.records import record

#: Standard error of a slope: sqrt(12 / n) noise per span; sqrt(6/5 · wandering / span) (Durlauf and Phillips 1988).
NOISE_ERROR = 12.0
WANDERING_ERROR = 1.2

#: A line takes part of the wandering with it: over a quarter of the span this share is left in the differences
#: (Brownian motion around its own line, simulated).
LEFT_OF_WANDERING = 0.70


@record
class Trend:
    """A line through a course: where it stands at the last look, how steep it is, and its wobble."""

    level: float
    slope_per_s: float
    slope_error_per_s: float
    noise: float  # standard deviation of a look around the line
    wandering_per_s: float  # variance that is added by each second
    span_s: float
    wobble: float  # standard deviation of the looks from the line, of either kind
    level_error: float

    @property
    def rise(self) -> float:
        """What the line gains over the time seen."""
        return self.slope_per_s * self.span_s


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, 1)


def slope_of(course: Course) -> float:
    """The median of the slopes between all pairs of looks."""
    first, second = _pairs(len(course))
    times, values = course.times_s, course.values
    return median((values[second] - values[first]) / (times[second] - times[first]))


def trend_of(course: Course, resolution: float) -> Trend:
    """The robust line through a course of three looks or more, and its errors."""
    times, values = course.times_s, course.values
    slope = slope_of(course)
    above = values - slope * (times - times[-1])
    recent = above[-max(3, len(above) // 4) :]
    rest = above - median(above)
    noise_2, wandering = _wobble(times, rest, resolution)
    span = course.span_s
    error_2 = NOISE_ERROR * noise_2 / len(times) / span**2 + WANDERING_ERROR * wandering / span
    level_error_2 = noise_2 / len(recent) + wandering * span / 12
    return Trend(
        median(recent),
        slope,
        error_2**0.5,
        noise_2**0.5,
        wandering,
        span,
        (float(rest @ rest) / len(rest)) ** 0.5,
        level_error_2**0.5,
    )


def _wobble(times: Array, rest: Array, resolution: float) -> tuple[float, float]:
    """The variance of the noise, and the variance that wandering adds each second."""
    apart = max(2, len(rest) // 4)
    near, near_s = np.diff(rest), float(times[-1] - times[0]) / (len(times) - 1)
    far, far_s = rest[apart:] - rest[:-apart], float((times[apart:] - times[:-apart]).mean())
    near_2, far_2 = float(near @ near) / len(near), float(far @ far) / len(far)
    wandering = max(0.0, (far_2 - near_2) / (LEFT_OF_WANDERING * far_s - near_s))
    noise_2 = max(resolution**2 / 12, (near_2 - wandering * near_s) / 2)
    return noise_2, wandering
