"""The file itself: made, opened, checked that it is a history, brought to this version.

WAL mode (https://sqlite.org/wal.html): readers see the last look that was written whole while the next one is written,
and a killed writer leaves nothing half done. A commit is not on the disk at once (synchronous=NORMAL): the loss of
power may take the looks along that the kernel has not written back yet (30 s, vm.dirty_expire_centisecs), never the
file. What was found is written with synchronous=FULL, see store.py: a file that is synced every ten seconds keeps a
disk from ever resting.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from closewait.errors import BadInput, CannotAct, CannotSee, ClosewaitError

VERSION = 2
APPLICATION_ID = 0x636C7774  # "clwt"; PRAGMA application_id

#: What makes a file of this version one of the next.
MIGRATIONS: Mapping[int, str] = {1: "ALTER TABLE looks ADD COLUMN processor_s REAL"}

BUSY_S = 2.0  # another program may hold the file for a moment, such as the sqlite3 shell
WAL_BYTES = 4 << 20  # that the journal keeps after a checkpoint

#: Nothing can be written now; it may be possible later: full, read-only, an error of the disk, held by another program.
CANNOT_WRITE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_BUSY: "another program holds it",
    sqlite3.SQLITE_LOCKED: "another program holds it",
    sqlite3.SQLITE_PERM: "this user may not write it",
}


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's code without what it adds to it (https://sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


@contextmanager
def speaking_of(path: Path, *, writing: bool = False) -> Iterator[None]:
    """What SQLite says about the file, as a sentence for its user."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path, writing=writing) from None


def _explained(error: sqlite3.Error, path: Path, *, writing: bool) -> ClosewaitError:
    code = primary_code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return BadInput(f"{path} is no history of closewait. Name the one you mean: --history FILE")
    if code == sqlite3.SQLITE_CORRUPT:
        return BadInput(
            f"{path} is damaged ({error}). Move it away, and a new one is begun; "
            f"`sqlite3 {path} .recover` shows what can be saved of it."
        )
    if writing and code in CANNOT_WRITE:
        return CannotAct(
            f"{path} cannot be written: {CANNOT_WRITE[code]} ({error}). Name a file that can be: --history FILE"
        )
    return CannotSee(f"{path} cannot be read: {error}.")


@contextmanager
def refused_in_words(history: Path) -> Iterator[None]:
    """What the system says when no file can be made there, as a sentence for its user."""
    try:
        yield
    except OSError as error:
        raise CannotAct(
            f"{history} cannot be written: {error.strerror}. Name a file that can be: --history FILE"
        ) from None


def make_folder(path: Path) -> None:
    """Make the folder of a history, where there is none. Raises CannotAct."""
    with refused_in_words(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def opened_for_writing(path: Path) -> sqlite3.Connection:
    """The history at `path`, of this version, made where there is none. Raises BadInput or CannotAct."""
    with refused_in_words(path):  # nobody else may read it: it tells who talks to whom
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with speaking_of(path, writing=True):
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            _made_ready(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def opened_for_reading(path: Path) -> sqlite3.Connection:
    """The history at `path`, of this version. Raises BadInput or CannotSee."""
    try:
        path.stat()
    except FileNotFoundError:
        raise BadInput(
            f"There is no history at {path}: `closewait watch` writes one. Or name one: --history FILE"
        ) from None
    except OSError as error:
        raise CannotSee(f"{path} may not be read by this user ({error.strerror}).") from None
    if not os.access(path, os.R_OK):
        raise CannotSee(f"{path} may not be read by this user.")
    with speaking_of(path):
        connection = _connected_for_reading(path)
        try:
            if _version(connection, path) < VERSION:
                raise BadInput(f"{path} was written by an older closewait; the next `closewait watch` brings it up.")
        except BaseException:
            connection.close()
            raise
    return connection


def _connected_for_reading(path: Path) -> sqlite3.Connection:
    """Read-only; on a read-only disk also without the files that readers share, where nothing is in them."""
    name = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(name, uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        journal = path.with_name(f"{path.name}-wal")
        if journal.exists() and journal.stat().st_size:
            raise
        connection = sqlite3.connect(f"{name}&immutable=1", uri=True, isolation_level=None)
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a history; 0: nothing is in it yet. Raises BadInput where it is none, or too new."""
    ((application,), (version,), (tables,)) = (
        connection.execute(question).fetchone()
        for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if not tables and not application:
        return 0
    if application != APPLICATION_ID:
        raise BadInput(f"{path} is a database of another program. Name the history you mean: --history FILE")
    if version > VERSION:
        raise BadInput(
            f"{path} was written by a newer closewait (history version {version}; this one knows {VERSION}). "
            "Use that one, or name another file: --history FILE"
        )
    return int(version)


def _made_ready(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring them to this version, in one transaction."""
    version = _version(connection, path)
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only possible before the first table
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    scripts = [MIGRATIONS[step] for step in range(version, VERSION)] if version else [schema()]
    if version < VERSION:
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {'; '.join(scripts)}; {marks} COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def schema() -> str:
    """The SQL that makes the tables of this version."""
    return files("closewait.history").joinpath("schema.sql").read_text()
