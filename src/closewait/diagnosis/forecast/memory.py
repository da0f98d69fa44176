"""What is kept of a gauge's looks while they come in: enough to see the rhythm of its days, in 50 KB at most."""

from array import array

#: The latest looks are kept as they came, so many at least and twice as many at most: an hour and a half at one each
#: ten seconds.
LATEST_LOOKS = 500

#: Of those before, the first of each five minutes stays; a day's rhythm is told by one look an hour.
APART_S = 300.0

#: For eight days: a week, and what a rhythm needs beside the day it is in.
KEPT_S = 8 * 86_400.0


class Memory:
    """The looks at one gauge, the older ones thinned out."""

    def __init__(self) -> None:
        self.times_s, self.values = array("d"), array("d")
        self._thinned = 0  # so many looks at the begin are thinned out already

    def add(self, time_s: float, value: float) -> None:
        """One more look."""
        self.times_s.append(time_s)
        self.values.append(value)
        if len(self.times_s) - self._thinned >= 2 * LATEST_LOOKS:
            self._thin()

    def _thin(self) -> None:
        older = range(self._thinned, len(self.times_s) - LATEST_LOOKS)
        thinned = [index for index in range(self._thinned) if self.times_s[index] >= self.times_s[-1] - KEPT_S]
        parts = [self.times_s[index] // APART_S for index in older]
        before = self.times_s[self._thinned - 1] // APART_S if self._thinned else None
        thinned += [index for index, part, last in zip(older, parts, [before, *parts], strict=False) if part != last]
        latest = len(self.times_s) - LATEST_LOOKS
        for row in (self.times_s, self.values):
            row[:latest] = array("d", [row[index] for index in thinned])
        self._thinned = len(thinned)
