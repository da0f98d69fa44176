"""Writing the history: one transaction for each look.

    with writing(path, kept_for_s=30 * 86_400, at_most_bytes=1 << 30, every_s=10) as store:
        print(*store.what_happened, sep="\\n")
        for report, lines in …:
            happened = store.remember(report, gauges(report.case), changes, lines, whole=is_critical)

A disk that is full, or read-only from now on, does not end the watch: `remember` says so once, keeps in memory what was
found, and writes it with the first look that can be written again. Only the gauges of the looks between are lost.
Nor does a file that is moved or deleted: another one is begun in its place, with what stands.
"""

import json
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from time import process_time
from typing import Any

from closewait.diagnosis.changes import Change
from closewait.diagnosis.gauges import Gauge
from closewait.diagnosis.report import Report
from closewait.errors import CannotAct
from closewait.history.database import CANNOT_WRITE, make_folder, opened_for_writing, primary_code, speaking_of
from closewait.history.gauge_writer import GaugeWriter, course_of
from closewait.history.incidents import GAPS_REMEMBERED, Incident, between, time_of_day
from closewait.history.instant import Instant, here_and_now
from closewait.history.lock import held
from closewait.history.retention import Bounds, forget, used_bytes
from closewait.history.runs import before_this_run, begun
from closewait.history.whole_look import kept
from closewait.snapshot.lifelines import LIFELINES, Lines
from closewait.snapshot.table import Snapshot
from closewait.views.as_json import finding_as_dict

DAY_S = 86_400.0
KEPT_FOR_S = 30 * DAY_S
AT_MOST_BYTES = 1 << 30

#: What waits in memory while nothing can be written; of more, the oldest is lost.
MOST_CHANGES_WAITING, MOST_LINES_WAITING = 10_000, 200_000

#: A look kept whole may take this part of all that may be used.
LARGEST_WHOLE_LOOK = 0.25


WRITE_LINE = (
    f"INSERT OR REPLACE INTO lifelines (run, look, {', '.join(column.name for column in LIFELINES)}) "
    f"VALUES (?, ?{', ?' * len(LIFELINES)})"
)


@contextmanager
def writing(
    path: Path,
    *,
    kept_for_s: float = KEPT_FOR_S,
    at_most_bytes: int = AT_MOST_BYTES,
    every_s: float | None = None,
    source: str = "",
    clock: Callable[[], Instant] = here_and_now,
) -> "Iterator[Store]":
    """Write the history at `path`, alone; `every_s` is the time between looks.

    Raises CannotAct where it cannot be written or somebody else writes it, BadInput where it is no history.
    """
    path = Path(os.path.realpath(path))  # by whatever name, it is one file with one lock
    with ExitStack() as opened:
        store = Store(opened, path, Bounds(kept_for_s, at_most_bytes), every_s, source, clock)
        try:
            yield store
        except (KeyboardInterrupt, SystemExit):  # ways to end a watch
            store.end()
            raise
        store.end()


class Store:
    """A history that is being written. `what_happened` says, in sentences, what went before this run."""

    def __init__(
        self,
        opened: ExitStack,
        path: Path,
        bounds: Bounds,
        every_s: float | None,
        source: str,
        clock: Callable[[], Instant],
    ) -> None:
        self._opened, self._path, self._bounds = opened, path, bounds
        self._every_s, self._source, self._clock = every_s, source, clock
        now = clock()
        self._incidents = deque[Incident](maxlen=MOST_CHANGES_WAITING)
        self._standing: dict[str, Change] = {}
        self._gauges: GaugeWriter | None = None
        self._identity: tuple[int, int] | None = None  # of the file that is open; None: none could be opened
        self._changes = deque[Change](maxlen=MOST_CHANGES_WAITING)
        self._lines = deque[tuple[Any, ...]](maxlen=MOST_LINES_WAITING)
        self._whole: Snapshot | None = None
        self._unwritten, self._unwritten_from = 0, now
        self._last: Instant | None = None
        self._gaps_s = deque[float](maxlen=GAPS_REMEMBERED)
        self._spent_s = process_time()
        self._open(now)
        self.what_happened = tuple(incident.says for incident in self._incidents)

    def remember(
        self, report: Report, gauges: Iterable[Gauge], changes: Iterable[Change], lines: Lines, *, whole: bool = False
    ) -> tuple[str, ...]:
        """Write one look down; what has happened besides, in sentences. Raises BadInput where the file is damaged."""
        now = self._clock()
        happened = self._since_the_last_look(now)
        said = [incident.says for incident in happened]
        try:
            said += self._in_its_place(now)
        except CannotAct as refused:
            said += self._not_written(str(refused), now)
        self._incidents.extend(happened)
        for change in changes:
            self._changes.append(change)
            self._standing[change.key] = change
            if change.kind == "resolved":
                del self._standing[change.key]
        self._lines.extend(lines.told.iter_rows())
        self._whole = self._whole or (report.snapshot if whole else None)
        if self._identity is None:
            return tuple(said)
        with speaking_of(self._path, writing=True):
            try:
                self._write(now, report.snapshot, gauges, lines)
            except Exception as error:
                self._gauges = None  # what it knows may not have been written
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if not isinstance(error, sqlite3.Error) or primary_code(error) not in CANNOT_WRITE:
                    raise
                why = f"The history {self._path} cannot be written: {CANNOT_WRITE[primary_code(error)]} ({error})."
                return (*said, *self._not_written(why, now))
            said += self._written_again(now)
            self._changes.clear()
            self._lines.clear()
            self._whole = None
            self._spent_s = process_time()
            self._look += 1
            self._forget(now)
        return tuple(said)

    def end(self) -> None:
        """Say that this run has ended as it should; where that cannot be written, the next one will wonder."""
        with suppress(sqlite3.Error):
            self._connection.execute(
                "UPDATE runs SET ended_unix_s = ? WHERE run = ?", (self._clock().unix_s, self._run)
            )

    def _open(self, now: Instant) -> None:
        """Open the file, alone, and begin a run in it. Raises CannotAct or BadInput."""
        self._identity = None
        make_folder(self._path)
        self._opened.enter_context(held(self._path))
        self._connection = self._opened.enter_context(closing(opened_for_writing(self._path)))
        with speaking_of(self._path, writing=True):
            self._incidents.extend(before_this_run(self._connection, now))
            self._run = begun(self._connection, now, self._source)
            (last_look,) = self._connection.execute("SELECT max(look) FROM looks").fetchone()
        self._look: int = 0 if last_look is None else last_look + 1
        self._gauges, self._identity = None, _identity(self._path)

    def _in_its_place(self, now: Instant) -> tuple[str, ...]:
        """Where another file, or none, is where the history was, begin anew with what stands. Raises as `_open`."""
        if self._identity is not None:
            if self._identity == _identity(self._path):
                return ()
            self.end()
            with suppress(sqlite3.Error):  # the journal is left behind: without this its looks would be lost
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            waiting = {change.key for change in self._changes}
            self._changes.extendleft(one for key, one in self._standing.items() if key not in waiting)
        self._opened.close()
        self._open(now)
        return (f"The history {self._path} was moved or deleted; it is begun anew.",)

    def _since_the_last_look(self, now: Instant) -> list[Incident]:
        """What happened since then besides sockets."""
        happened: list[Incident] = []
        if self._last is not None:
            happened += between(self._last, now, self._every_s, max(self._gaps_s, default=0.0))
            self._gaps_s.append(now.awake_s - self._last.awake_s)
        self._last = now
        return happened

    def _write(self, now: Instant, look: Snapshot, gauges: Iterable[Gauge], lines: Lines) -> None:
        """The transaction of one look, and of all that waits; on the disk when it ends, if anything was found."""
        execute, number = self._connection.execute, self._look
        execute(f"PRAGMA synchronous = {'FULL' if self._changes or self._whole else 'NORMAL'}")
        execute("BEGIN IMMEDIATE")
        if self._gauges is None:
            self._gauges = GaugeWriter(self._connection, number)
        at_unix_s = now.unix_s if look.taken_at_unix_s is None else look.taken_at_unix_s
        took_s, sockets = sum(look.sight.took_s.values()), sum(look.states.values())
        execute(
            f"INSERT INTO looks VALUES (?{', ?' * 10})",
            (
                number, self._run, at_unix_s, now.boottime_s, now.awake_s, took_s, sockets, lines.appeared, lines.gone,
                self._sight(look), process_time() - self._spent_s,
            ),
        )  # fmt: skip
        self._gauges.write(number, gauges)
        self._connection.executemany(
            f"INSERT INTO changes VALUES (NULL, ?{', ?' * 9})", (_change_row(number, each) for each in self._changes)
        )
        self._connection.executemany(WRITE_LINE, ((self._run, number, *line) for line in self._lines))
        self._connection.executemany(
            "INSERT INTO incidents VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            (
                (number, one.kind, one.from_unix_s, one.until_unix_s, one.seconds, one.says)
                for one in (*self._incidents, *self._gap(now))
            ),
        )
        if self._whole is not None:
            parquet, then_unix_s = kept(self._whole), self._whole.taken_at_unix_s or now.unix_s
            if len(parquet) <= LARGEST_WHOLE_LOOK * self._bounds.at_most_bytes:
                execute("INSERT INTO whole_looks VALUES (?, ?, ?)", (number, then_unix_s, parquet))
        execute("COMMIT")
        self._incidents.clear()

    def _sight(self, look: Snapshot) -> int | None:
        """The number of the words for what this look could not see; None: nothing."""
        says = list(look.sight.caveats)
        if look.sight.owners_hidden:
            says.append("The owners of some sockets are hidden.")
        if not says:
            return None
        text = "\n".join(says)
        self._connection.execute("INSERT OR IGNORE INTO sights (says) VALUES (?)", (text,))
        (sight,) = self._connection.execute("SELECT sight FROM sights WHERE says = ?", (text,)).fetchone()
        return int(sight)

    def _not_written(self, why: str, now: Instant) -> tuple[str, ...]:
        """A look could not be written: said once."""
        self._unwritten += 1
        if self._unwritten > 1:
            return ()
        self._unwritten_from = now
        return (f"{why} Looking goes on; what is found waits.",)

    def _gap(self, now: Instant) -> tuple[Incident, ...]:
        """The looks that could not be written before this one."""
        if not self._unwritten:
            return ()
        began = self._unwritten_from
        looks = "1 look is" if self._unwritten == 1 else f"{self._unwritten:,} looks are"
        says = (
            f"The history could not be written from {time_of_day(began.unix_s)} to {time_of_day(now.unix_s)}: "
            f"{looks} missing in it; what was found in them is there."
        )
        passed_s = now.boottime_s - began.boottime_s
        return (Incident("not written", began.unix_s, now.unix_s, passed_s, says),)

    def _written_again(self, now: Instant) -> list[str]:
        """That it can be written again, where it could not."""
        said = [incident.says for incident in self._gap(now)]
        self._unwritten = 0
        return said

    def _forget(self, now: Instant) -> None:
        """Forget what is too old or too much: once a course, and whenever there is too much."""
        if self._look != course_of(self._look) and used_bytes(self._connection) <= self._bounds.at_most_bytes:
            return
        try:
            if forget(self._connection, self._bounds, now.unix_s) is not None:
                self._gauges = None  # series may be gone
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if primary_code(error) not in CANNOT_WRITE:
                raise


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is there; None: none that can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _change_row(look: int, change: Change) -> tuple[Any, ...]:
    finding = change.finding
    return (
        look, change.at_unix_s, change.since_unix_s, change.kind, change.key, finding.rule, finding.severity.value,
        finding.sockets, change.sockets_before, json.dumps(finding_as_dict(finding), ensure_ascii=False),
    )  # fmt: skip
