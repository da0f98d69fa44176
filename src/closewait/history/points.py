"""The points of one gauge, and what they say of each look: a value stands until the next point, or the next course."""

from collections.abc import Iterable

import numpy as np

from closewait.history.gauge_writer import LOOKS_IN_A_COURSE
from closewait.history.packing import Looks, Numbers
from closewait.records import record


@record
class Points:
    """The looks at which a gauge was written, in order, its values and its walls; NaN is not told."""

    looks: Looks
    values: Numbers
    walls: Numbers

    def standing(self, looks: Looks) -> tuple[Numbers, Numbers]:
        """The value and the wall in each of these looks; NaN where the gauge was not told."""
        if not len(self.looks):
            return np.full(len(looks), np.nan), np.full(len(looks), np.nan)
        place = np.maximum(np.searchsorted(self.looks, looks, side="right") - 1, 0)
        written = self.looks[place]
        stands = (written <= looks) & (written // LOOKS_IN_A_COURSE == looks // LOOKS_IN_A_COURSE)
        return np.where(stands, self.values[place], np.nan), np.where(stands, self.walls[place], np.nan)


def joined(parts: Iterable[tuple[Looks, Numbers, Numbers]]) -> Points:
    """The points of courses that follow one another."""
    columns = list(zip(*parts, strict=True)) or [(np.empty(0, np.int64),), (np.empty(0),), (np.empty(0),)]
    return Points(*(np.concatenate(column) for column in columns))
