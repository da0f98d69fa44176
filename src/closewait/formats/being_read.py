"""Where each column of each row stands in a text, while rows are being read."""

from collections.abc import Iterable, Mapping

import numpy as np

from closewait.formats.arrays import Mask, Places
from closewait.formats.words import Spans, Text


class Columns:
    """Where each column of each row stands in a text, while rows are being read; a row not read has no column."""

    def __init__(self, source: Text, names: Iterable[str], rows: int) -> None:
        self.source = source
        nothing = np.full(rows, -1)  # shared by columns until one is put
        self._begins = dict.fromkeys(names, nothing)
        self._ends = dict.fromkeys(self._begins, nothing)
        self._put: set[str] = set()
        self.read = np.zeros(rows, dtype=np.bool_)  # which rows have been read

    def put(self, rows: Places, runs: Mapping[str, Spans]) -> None:
        """These rows, in ascending order, have these columns."""
        for name, run in runs.items():
            if len(rows) == len(self.read):
                self._begins[name], self._ends[name] = run.begins, run.ends
                self._put.add(name)
            else:
                begins, ends = self._own(name)
                begins[rows], ends[rows] = run.begins, run.ends
        self.read[rows] = True

    def put_one(self, row: int, places: Mapping[str, tuple[int, int]]) -> None:
        """This row has these columns."""
        for name, (begin, end) in places.items():
            begins, ends = self._own(name)
            begins[row], ends[row] = begin, end
        self.read[row] = True

    def forget(self, rows: Mask) -> None:
        """These rows have not been read."""
        if rows.any():
            for name in self._put:
                self._begins[name][rows] = self._ends[name][rows] = -1
            self.read[rows] = False

    def spans(self) -> dict[str, Spans]:
        """Each column of all rows."""
        return {name: Spans(self.source, begins, self._ends[name]) for name, begins in self._begins.items()}

    def _own(self, name: str) -> tuple[Places, Places]:
        """The places of one column, to be changed."""
        if name not in self._put:
            self._begins[name], self._ends[name] = self._begins[name].copy(), self._ends[name].copy()
            self._put.add(name)
        return self._begins[name], self._ends[name]
