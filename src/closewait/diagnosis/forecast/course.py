"""A gauge's looks as they can be judged: in order of time, whole, and few enough to compare each with each."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from closewait.diagnosis.forecast.thresholds import BLOCKS, EMPTIED_FEWEST_OF_RANGE, EMPTIED_FEWEST_STEPS, EMPTIED_SHARE
from closewait.records import record

Array = NDArray[np.float64]


@record
class Course:
    """Times in seconds, rising, and the value at each."""

    times_s: Array
    values: Array

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def span_s(self) -> float:
        """From the first look to the last."""
        return float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) else 0.0

    def since(self, index: int) -> "Course":
        """The looks from `index` on."""
        return Course(self.times_s[index:], self.values[index:])

    def until(self, index: int) -> "Course":
        """The looks before `index`."""
        return Course(self.times_s[:index], self.values[:index])


def course_of(times_s: ArrayLike, values: ArrayLike) -> Course:
    """The looks that have a value, in order of time; of two at the same time the later one.

    Times go backwards where somebody set the clock back: such looks are sorted in.
    """
    times, told = np.asarray(times_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if times.shape != told.shape or times.ndim != 1:
        raise ValueError("times_s and values are two rows of the same length")
    sound = np.isfinite(times) & np.isfinite(told)
    if not sound.all():
        times, told = times[sound], told[sound]
    forward = np.diff(times)
    if (forward < 0).any():
        order = np.argsort(times, kind="stable")
        times, told = times[order], told[order]
        forward = np.diff(times)
    if (forward == 0).any():
        last_of_time = np.append(forward > 0, True)
        times, told = times[last_of_time], told[last_of_time]
    return Course(times, told)


def condensed(course: Course) -> Course:
    """Blocks of equally many looks, an odd number, each at its median time with its median value.

    A few wild looks do not move a median. The oldest looks that fill no block are left out.
    """
    half = (len(course) // BLOCKS - 1) // 2
    if half < 1:
        return course
    each = 2 * half + 1
    times, values = (row[len(course) % each :].reshape(-1, each) for row in (course.times_s, course.values))
    return Course(times[:, half], np.partition(values, half, axis=1)[:, half])


def emptied_at(course: Course, resolution: float) -> list[int]:
    """The indices of the looks from which on the value is near zero, after it was high: restarts, ends of batches."""
    values = course.values
    if len(values) < 3:
        return []
    least = max(EMPTIED_FEWEST_STEPS * resolution, EMPTIED_FEWEST_OF_RANGE * float(values.max()))
    low = (values[2:] <= EMPTIED_SHARE * values[:-2]) & (values[:-2] - values[2:] >= least)
    if not low.any():
        return []
    return [int(start) for start in _begins(np.nonzero(low)[0] + 2) if _was_high(values, start)]


def _begins(indices: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first of each run of neighbours: one fall is seen from two looks."""
    begins: NDArray[np.intp] = indices[np.append(True, np.diff(indices) > 2)]
    return begins


def _was_high(values: Array, start: int) -> bool:
    """Whether the looks before were high and those after stay low: a single wild look is neither."""
    before, after = values[max(0, start - 5) : start - 1], values[start : start + 3]
    return bool(np.median(after) <= 2 * EMPTIED_SHARE * np.median(before))
