"""Reading the history: gauges over time, what was found when, looks, lives of sockets. Readers never hold up the watch.

    with reading(path) as past:
        course = past.series("descriptors", "4121", "java")
        course.times_s, course.values, course.limits

Times are seconds since 1970; a span without an end is open. The order is that of the looks, whatever the clock showed.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from closewait.diagnosis.forecast.memory import APART_S, LATEST_LOOKS
from closewait.diagnosis.gauges import Gauge
from closewait.history.database import opened_for_reading, speaking_of
from closewait.history.gauge_writer import course_of
from closewait.history.packing import Looks, Numbers, unpacked
from closewait.history.points import Points, joined
from closewait.history.whole_look import brought_back
from closewait.records import record
from closewait.snapshot.coded import Coded
from closewait.snapshot.lifelines import LIFELINES
from closewait.snapshot.remembered import TABLES
from closewait.snapshot.table import Snapshot

LOOK_AND_TIME = np.dtype([("look", np.int64), ("at_unix_s", np.float64)])

EVER, NEVER = float("-inf"), float("inf")

#: Where `process_sockets` counts what it does not tell by process; whoever is not told may be there.
UNTOLD = ("(other)", "(hidden)")

CHANGE = ("kind", "key", "rule", "severity", "at_unix_s", "since_unix_s", "sockets", "sockets_before")
LINE_COLUMNS = tuple(column.name for column in LIFELINES if column.name != "line")


@record
class Course:
    """One gauge over time: its value and its wall in every look that told it."""

    measure: str
    labels: tuple[str, ...]
    times_s: Numbers
    values: Numbers
    limits: Numbers  # NaN: it has no wall

    def thinned(self) -> "Course":
        """With as many looks as serve a forecast: the latest, and of those before the first of each five minutes."""
        keep = np.diff(self.times_s // APART_S, prepend=np.nan) != 0
        keep[-LATEST_LOOKS:] = True
        return Course(self.measure, self.labels, self.times_s[keep], self.values[keep], self.limits[keep])


@record
class PastChange:
    """What became of a finding, as it was written down; `finding` is what `closewait --json` says of it."""

    kind: str
    key: str
    rule: str
    severity: str
    at_unix_s: float
    since_unix_s: float
    sockets: int
    sockets_before: int | None
    finding: Mapping[str, Any]


@record
class PastIncident:
    """What kept the watch from looking or writing; `seconds` is how long, or how far the clock was set."""

    kind: str
    from_unix_s: float
    until_unix_s: float
    seconds: float
    says: str


@record
class PastLook:
    """One look as it is remembered: its gauges, and the nearest look that was kept whole, if there is any."""

    look: int
    run: int
    at_unix_s: float
    took_s: float
    sockets: int
    appeared: int | None
    gone: int | None
    not_seen: tuple[str, ...]
    gauges: tuple[Gauge, ...]
    whole_at_unix_s: float | None
    whole: Callable[[], Snapshot | None]

    @property
    def states(self) -> dict[str, int]:
        """How many sockets were in each state, the most first."""
        told = {gauge.labels[0]: int(gauge.value) for gauge in self.gauges if gauge.measure == "sockets"}
        return {state: count for state, count in sorted(told.items(), key=lambda one: (-one[1], one[0])) if count}


@contextmanager
def reading(path: Path) -> "Iterator[Past]":
    """Read the history at `path`, also while it is written. Raises BadInput or CannotSee."""
    connection = opened_for_reading(path)
    try:
        with speaking_of(path):
            yield Past(connection, path)
    finally:
        connection.close()


class Past:
    """A history that is being read."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def span_s(self) -> tuple[float, float] | None:
        """The times of the first and of the last look; None where there is none."""
        ends = [
            self._connection.execute(f"SELECT at_unix_s FROM looks ORDER BY look {way} LIMIT 1").fetchone()
            for way in ("ASC", "DESC")
        ]
        return None if ends[0] is None else (ends[0][0], ends[1][0])

    def looks(self, since_unix_s: float = EVER, until_unix_s: float = NEVER) -> tuple[Looks, Numbers]:
        """The numbers and the times of the looks in a span."""
        rows = self._connection.execute(
            "SELECT look, at_unix_s FROM looks WHERE at_unix_s >= ? AND at_unix_s <= ? ORDER BY look",
            (since_unix_s, until_unix_s),
        )
        told = np.fromiter(rows, LOOK_AND_TIME)
        return np.ascontiguousarray(told["look"]), np.ascontiguousarray(told["at_unix_s"])

    def processor_share(self, since_unix_s: float = EVER, until_unix_s: float = NEVER) -> float | None:
        """The part of one processor that the watch has taken while it looked; None where that is not known."""
        spent_s, watched_s = self._connection.execute(
            "SELECT sum(spent_s), sum(watched_s) FROM (SELECT sum(processor_s) AS spent_s, "
            "max(boottime_s) - min(boottime_s) AS watched_s FROM looks "
            "WHERE at_unix_s >= ? AND at_unix_s <= ? AND processor_s IS NOT NULL GROUP BY run)",
            (since_unix_s, until_unix_s),
        ).fetchone()
        return spent_s / watched_s if watched_s else None

    def measures(self, measure: str) -> dict[tuple[str, ...], int]:
        """The labels of every series of a measure, and its number."""
        rows = self._connection.execute("SELECT labels, series FROM series WHERE measure = ?", (measure,))
        return {tuple(json.loads(labels)): series for labels, series in rows}

    def series(self, measure: str, *labels: str, since_unix_s: float = EVER, until_unix_s: float = NEVER) -> Course:
        """One gauge in every look of a span that told it."""
        nothing = Course(measure, labels, np.empty(0), np.empty(0), np.empty(0))
        return next(self.courses(measure, since_unix_s, until_unix_s, of=labels.__eq__), nothing)

    def courses(
        self,
        measure: str,
        since_unix_s: float = EVER,
        until_unix_s: float = NEVER,
        of: Callable[[tuple[str, ...]], bool] = lambda _: True,
    ) -> Iterator[Course]:
        """Every gauge of a measure, `of` such labels, one after the other, in every look of a span that told it."""
        numbered = {series: labels for labels, series in self.measures(measure).items() if of(labels)}
        return self._courses(measure, numbered, since_unix_s, until_unix_s)

    def going_on(self, measure: str, since_unix_s: float = EVER) -> Iterator[Course]:
        """The gauges of a measure that the newest looks told, thinned out: what a forecast goes on from."""
        newest = {series for (series,) in self._connection.execute("SELECT DISTINCT series FROM points")}
        numbered = {series: labels for labels, series in self.measures(measure).items() if series in newest}
        return (course.thinned() for course in self._courses(measure, numbered, since_unix_s, NEVER))

    def processes(
        self, name_or_pid: str, since_unix_s: float = EVER, until_unix_s: float = NEVER
    ) -> tuple[Numbers, dict[str, Numbers]]:
        """The times of the looks, and the sockets by state of the processes with this name, or of one by its pid.

        A look that tells none of them says 0 where it tells all processes; otherwise it is left out.
        """
        told = self.measures("process_sockets").items()
        state = {series: labels[2] for labels, series in told if name_or_pid in labels[:2]}
        untold = {series for labels, series in told if labels[1] in UNTOLD} - state.keys()
        looks, times_s = self.looks(since_unix_s, until_unix_s)
        total: dict[str, Numbers] = {}
        is_told, may_be_untold = np.zeros(len(looks), bool), np.zeros(len(looks), bool)
        for series, points in self._points([*state, *untold], looks):
            values, _ = points.standing(looks)
            if series in untold:
                may_be_untold |= values > 0
            else:
                is_told |= ~np.isnan(values)
                total[state[series]] = total.get(state[series], 0) + np.nan_to_num(values)
        known = is_told | ~may_be_untold
        return times_s[known], {name: values[known] for name, values in total.items()}

    def changes(self, since_unix_s: float = EVER, until_unix_s: float = NEVER) -> list[PastChange]:
        """What became of findings in a span, oldest first."""
        return self._changes("at_unix_s >= ? AND at_unix_s <= ?", (since_unix_s, until_unix_s))

    def standing(self, look: PastLook) -> list[PastChange]:
        """The findings that stood in a look, as they were told last. Each run of a watch begins with none."""
        of_its_run = "look <= ? AND look > coalesce((SELECT max(look) FROM looks WHERE run < ?), -1)"
        last: dict[str, PastChange] = {}
        for change in self._changes(of_its_run, (look.look, look.run)):
            if change.kind == "resolved":
                last.pop(change.key, None)
            else:
                last[change.key] = change
        return list(last.values())

    def incidents(self, since_unix_s: float = EVER, until_unix_s: float = NEVER) -> list[PastIncident]:
        """What kept the watch from looking or writing, in a span, oldest first."""
        rows = self._connection.execute(
            "SELECT kind, from_unix_s, until_unix_s, seconds, says FROM incidents "
            "WHERE until_unix_s >= ? AND from_unix_s <= ? ORDER BY incident",
            (since_unix_s, until_unix_s),
        )
        return [PastIncident(*told) for told in rows]

    def look_at(self, unix_s: float) -> PastLook | None:
        """The look nearest to a time; None where there is none."""
        found = self._connection.execute(
            "SELECT look, run, at_unix_s, took_s, sockets, appeared, gone, says "
            "FROM looks LEFT JOIN sights USING (sight) ORDER BY abs(at_unix_s - ?) LIMIT 1",
            (unix_s,),
        ).fetchone()
        if found is None:
            return None
        look, run, at_unix_s, took_s, sockets, appeared, gone, not_seen = found
        nearest = self._connection.execute(
            "SELECT look, at_unix_s FROM whole_looks ORDER BY abs(at_unix_s - ?) LIMIT 1", (unix_s,)
        ).fetchone()
        return PastLook(
            look=look,
            run=run,
            at_unix_s=at_unix_s,
            took_s=took_s,
            sockets=sockets,
            appeared=appeared,
            gone=gone,
            not_seen=tuple(not_seen.split("\n")) if not_seen else (),
            gauges=tuple(self._gauges(look)),
            whole_at_unix_s=nearest and nearest[1],
            whole=lambda: nearest and self.whole_look(nearest[0]),
        )

    def whole_look(self, look: int) -> Snapshot | None:
        """A look that was kept whole, by its number."""
        kept = self._connection.execute("SELECT parquet FROM whole_looks WHERE look = ?", (look,)).fetchone()
        return kept and brought_back(kept[0], f"{self._path}, look {look}")

    def lifelines(self, spans: Mapping[str, Sequence[tuple[int, int]]] | None = None) -> dict[str, list[Any]]:
        """The lives of sockets as columns (`snapshot.lifelines`), oldest first; `spans` bounds integer columns."""
        bounds = [
            (" OR ".join([f"{name} BETWEEN ? AND ?"] * len(of_column)), of_column)
            for name, of_column in (spans or {}).items()
            if name in LINE_COLUMNS
        ]
        where = " AND ".join(f"({each})" for each, _ in bounds) or "1"
        rows = self._connection.execute(
            f"SELECT {', '.join(LINE_COLUMNS)} FROM lifelines WHERE {where} ORDER BY run, line",
            [end for _, of_column in bounds for span in of_column for end in span],
        ).fetchall()
        return dict(zip(LINE_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}

    def table(self, name: str) -> dict[str, Any]:
        """One of the tables of `snapshot.remembered`, as columns."""
        if name == "history.points":
            return self._points_table()
        names = [column.name for column in TABLES[name]]
        rows = self._connection.execute(f"SELECT {', '.join(names)} FROM {name.removeprefix('history.')}").fetchall()
        return {column: [row[place] for row in rows] for place, column in enumerate(names)}

    def _points_table(self) -> dict[str, Any]:
        """Every value of every gauge as it was written."""
        courses = list(self.written())
        if not courses:
            return {}
        codes = np.repeat(np.arange(len(courses)), [len(course.values) for course in courses])
        return {
            "at_unix_s": np.concatenate([course.times_s for course in courses]),
            "measure": Coded([course.measure for course in courses], codes),
            "labels": Coded([" ".join(filter(None, course.labels)) for course in courses], codes),
            "value": _or_null([course.values for course in courses]),
            "wall": _or_null([course.limits for course in courses]),
        }

    def written(self) -> Iterator[Course]:
        """Every gauge as it was written: where it changed, or was no longer told (NaN), or a course begins."""
        looks, times_s = self.looks()
        for measure, labels, series in self._connection.execute("SELECT measure, labels, series FROM series"):
            ((_, points),) = self._points([series], looks)
            places = np.searchsorted(looks, points.looks)
            yield Course(measure, tuple(json.loads(labels)), times_s[places], points.values, points.walls)

    def _changes(self, where: str, values: Sequence[float]) -> list[PastChange]:
        """What became of findings, under a condition, oldest first."""
        rows = self._connection.execute(
            f"SELECT finding, {', '.join(CHANGE)} FROM changes WHERE {where} ORDER BY change", values
        )
        return [
            PastChange(finding=json.loads(finding), **dict(zip(CHANGE, told, strict=True))) for finding, *told in rows
        ]

    def _courses(
        self, measure: str, numbered: Mapping[int, tuple[str, ...]], since_unix_s: float, until_unix_s: float
    ) -> Iterator[Course]:
        """Some gauges of a measure, by the numbers of their series, in the looks of a span that told them."""
        looks, times_s = self.looks(since_unix_s, until_unix_s)
        for series, points in self._points(numbered, looks):
            values, walls = points.standing(looks)
            told = ~np.isnan(values)
            yield Course(measure, numbered[series], times_s[told], values[told], walls[told])

    def _points(self, series: Collection[int], looks: Looks) -> Iterator[tuple[int, Points]]:
        """What was written of some series in the courses of these looks, one series after the other."""
        if not len(looks):
            yield from ((one, joined(())) for one in series)
            return
        span = course_of(int(looks[0])), int(looks[-1])
        newest: dict[int, list[tuple[int, float | None, float | None]]] = {one: [] for one in series}
        of_one = f"series = {next(iter(series))} AND" if len(series) == 1 else ""
        for one, look, value, wall in self._connection.execute(
            f"SELECT series, look, value, wall FROM points WHERE {of_one} look BETWEEN ? AND ? ORDER BY look", span
        ):
            if one in newest:
                newest[one].append((look, value, wall))
        for one, points in newest.items():
            packed = self._connection.execute(
                "SELECT first_look, packed FROM courses WHERE series = ? AND first_look BETWEEN ? AND ?", (one, *span)
            )
            yield one, joined([*(unpacked(first_look, data) for first_look, data in packed), *_columns(points)])

    def _gauges(self, look: int) -> Iterator[Gauge]:
        """The gauges of one look."""
        looks = np.array([look], np.int64)
        known = {
            series: (measure, tuple(json.loads(labels)))
            for series, measure, labels in self._connection.execute("SELECT series, measure, labels FROM series")
        }
        for series, points in self._points(known, looks):
            (value,), (wall,) = points.standing(looks)
            if not np.isnan(value):
                yield Gauge(*known[series], float(value), None if np.isnan(wall) else float(wall))


def _or_null(parts: Sequence[Numbers]) -> Any:
    """The numbers of all parts; what is not told is masked."""
    return np.ma.masked_invalid(np.concatenate(parts))


def _columns(points: Sequence[tuple[int, float | None, float | None]]) -> list[tuple[Looks, Numbers, Numbers]]:
    """Points that are not packed yet, as columns."""
    if not points:
        return []
    looks, values, walls = zip(*points, strict=True)
    return [(np.array(looks, np.int64), np.array(values, np.float64), np.array(walls, np.float64))]
