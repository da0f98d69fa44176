"""Where a course became another one: from where on a second line tells it better than one line through all."""

import numpy as np

from closewait.diagnosis.forecast.course import Array, Course
from closewait.diagnosis.forecast.thresholds import BREAK_LEAVES, FEWEST_BLOCKS_IN_A_PIECE


def break_in(course: Course, resolution: float) -> int | None:
    """The index at which another line begins; None where one will do."""
    count, fewest = len(course), FEWEST_BLOCKS_IN_A_PIECE
    if count < 2 * fewest:
        return None
    before = _left_by_lines(course.times_s - course.times_s[0], course.values - course.values[0])
    after = _left_by_lines(course.times_s[-1] - course.times_s[::-1], course.values[::-1] - course.values[-1])[::-1]
    together = before[fewest - 1 : count - fewest] + after[fewest : count - fewest + 1]
    split = int(np.argmin(together))
    if before[-1] <= count * resolution**2 or together[split] >= BREAK_LEAVES * before[-1]:
        return None
    return split + fewest


def _left_by_lines(x: Array, y: Array) -> Array:
    """What the least-squares line through the first 1, 2, 3, ... looks leaves of their squares."""
    count = np.arange(1, len(x) + 1)
    sum_x, sum_y = np.cumsum(x), np.cumsum(y)
    xx = np.cumsum(x * x) - sum_x**2 / count
    xy = np.cumsum(x * y) - sum_x * sum_y / count
    yy = np.cumsum(y * y) - sum_y**2 / count
    explained = np.divide(xy**2, xx, out=np.zeros_like(xx), where=xx > 0)
    return np.maximum(yy - explained, 0.0)
