"""Sawtooth: what climbs, is emptied at once, and climbs again, as under a garbage collector or a pool's recycling.

Only the troughs tell whether something stays behind.
"""

import numpy as np

from closewait.diagnosis.forecast.course import Course
from closewait.diagnosis.forecast.middle import median
from closewait.diagnosis.forecast.thresholds import FEWEST_TEETH, TEETH_SHARE_OF_FALLS, TOOTH_OVER_USUAL
from closewait.records import record


@record
class Teeth:
    """The troughs as a course of their own, how high the teeth rise above them, and how exactly a trough is met.

    The lowest moment lies between two looks, so that a trough is off by up to one climb from look to look.
    """

    troughs: Course
    height: float
    climb: float


def teeth_of(course: Course, resolution: float) -> Teeth | None:
    """The teeth of a course; None where there are none, or too few to be a habit."""
    steps = np.diff(course.values)
    given_back = -steps.clip(max=0).sum()
    sizes = np.abs(steps)
    deep = max(TOOTH_OVER_USUAL * median(sizes), TOOTH_OVER_USUAL * resolution)
    falls = np.nonzero(steps < -deep)[0]
    if len(falls) < FEWEST_TEETH or -steps[falls].sum() < TEETH_SHARE_OF_FALLS * given_back:
        return None
    if np.count_nonzero(steps > deep) * FEWEST_TEETH > len(falls):
        return None  # it jumps up as it falls: noise, or work that comes and goes
    first = falls[np.append(True, np.diff(falls) > 1)]
    last = falls[np.append(np.diff(falls) > 1, True)]
    if len(first) < FEWEST_TEETH:
        return None
    bottoms = last + 1
    troughs = Course(course.times_s[bottoms], course.values[bottoms])
    return Teeth(
        troughs, median(course.values[first] - course.values[bottoms]), max(resolution, median(steps[steps > 0]))
    )
