"""Gauges into points: a value is written when it changes, and all of them once in a while.

So a quiet gauge costs nothing, and no reader has to look further back than LOOKS_IN_A_COURSE for what a value is.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from closewait.diagnosis.gauges import Gauge
from closewait.history.packing import packed

#: Looks whose points are packed together: an hour of one look every ten seconds.
LOOKS_IN_A_COURSE = 360

Value = tuple[float | None, float | None]
GONE: Value = (None, None)


def course_of(look: int) -> int:
    """The first look of the course that a look belongs to."""
    return look - look % LOOKS_IN_A_COURSE


class GaugeWriter:
    """What stands in the newest points. After a transaction that failed, a new one is read from the file."""

    def __init__(self, connection: sqlite3.Connection, next_look: int) -> None:
        self._connection = connection
        self._series: dict[tuple[str, str], int] = {
            (measure, labels): series
            for series, measure, labels in connection.execute("SELECT series, measure, labels FROM series")
        }
        # Of the rows of a group SQLite takes the one with the greatest look (https://sqlite.org/lang_select.html).
        newest = "SELECT series, value, wall, max(look) FROM points WHERE look >= ? GROUP BY series"
        self._standing: dict[int, Value] = {
            series: (value, wall) for series, value, wall, _ in connection.execute(newest, (course_of(next_look),))
        }

    def write(self, look: int, gauges: Iterable[Gauge]) -> None:
        """Write what changed, or all of it where a course begins; pack what was before that."""
        told = {self._number(gauge): (_number(gauge.value), _number(gauge.limit)) for gauge in gauges}
        if look == course_of(look):
            self._standing = {}
            self.pack(look)
        gone = dict.fromkeys(self._standing.keys() - told.keys(), GONE)
        changed = {series: value for series, value in {**gone, **told}.items() if self._standing.get(series) != value}
        self._connection.executemany(
            "INSERT INTO points VALUES (?, ?, ?, ?)",
            ((look, series, value, wall) for series, (value, wall) in sorted(changed.items())),
        )
        self._standing.update(changed)

    def pack(self, before_look: int) -> None:
        """Put the points of all looks before this one, the first of a course, into courses."""
        points = self._connection.execute(
            "SELECT series, look, value, wall FROM points WHERE look < ? ORDER BY series, look", (before_look,)
        ).fetchall()
        self._connection.executemany("INSERT INTO courses VALUES (?, ?, ?)", courses(points))
        self._connection.execute("DELETE FROM points WHERE look < ?", (before_look,))

    def _number(self, gauge: Gauge) -> int:
        """The number of a gauge's series; a new one is written down."""
        key = gauge.measure, json.dumps(gauge.labels, ensure_ascii=False)
        if key not in self._series:
            made = self._connection.execute("INSERT INTO series (measure, labels) VALUES (?, ?)", key)
            self._series[key] = int(made.lastrowid or 0)
        return self._series[key]


def courses(points: Iterable[tuple[int, int, float | None, float | None]]) -> Iterator[tuple[int, int, bytes]]:
    """Points, by series and look, as courses: series, first look, what is packed."""
    for series, of_series in groupby(points, itemgetter(0)):
        for first_look, of_course in groupby(of_series, lambda point: course_of(point[1])):
            yield series, first_look, packed(first_look, [(look, value, wall) for _, look, value, wall in of_course])


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
