"""Where a course became another one: the last look from which on one line tells it better than a line through all."""

import numpy as np

from closewait.diagnosis.forecast.course import Array, Course
from closewait.diagnosis.forecast.thresholds import BREAK_LEAVES, FEWEST_BLOCKS_IN_A_PIECE

MOST_BREAKS = 3


def last_break(course: Course, resolution: float) -> int | None:
    """The index at which the last piece begins; None where one line will do."""
    begin = None
    for _ in range(MOST_BREAKS):
        found = _break(course.since(begin or 0), resolution)
        if found is None:
            break
        begin = found + (begin or 0)
    return begin


def _break(course: Course, resolution: float) -> int | None:
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
