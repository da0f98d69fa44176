"""One process at a time writes a history; the second is told which one does.

The lock is on a file beside the history, not on the history itself: SQLite locks that with fcntl, and such locks are
lost when any descriptor of the file is closed. The kernel lets go of ours when the process ends, however it ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closewait.errors import CannotAct
from closewait.history.database import refused_in_words


@contextmanager
def held(history: Path) -> Iterator[None]:
    """Be the only one who writes `history`. Raises CannotAct."""
    with refused_in_words(history):
        lock = os.open(_file(history), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with refused_in_words(history):
            _take(lock, history)
        yield
    finally:
        os.close(lock)


def _file(history: Path) -> Path:
    """The file that is locked. Raises CannotAct for a link: what it leads to would be written over."""
    file = history.with_name(f"{history.name}.lock")
    if file.is_symlink():  # open(2) refuses it as well, but says only ELOOP
        raise CannotAct(f"{file}, the lock of the history, is a symbolic link. Remove it: a lock is a file of its own.")
    return file


def _take(lock: int, history: Path) -> None:
    """Lock the open file, and write into it who has it."""
    try:
        import fcntl
    except ImportError:
        raise CannotAct("A history is written where one process can keep others out by flock(2): not here.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.pread(lock, 20, 0).decode(errors="replace").strip()
        raise CannotAct(
            f"{history} is being written by process {who or 'unknown'}, another watch. Read it with "
            "`closewait history`; to watch a second time, give this watch a file of its own: --history FILE"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
