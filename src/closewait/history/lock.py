"""One process at a time writes a history; the second is told which one does.

The lock is on a file beside the history, not on the history itself: SQLite locks that with fcntl, and such locks are
lost when any descriptor of the file is closed. The kernel lets go of ours when the process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closewait.errors import CannotAct


@contextmanager
def held(history: Path) -> Iterator[None]:
    """Be the only one who writes `history`. Raises CannotAct."""
    lock = os.open(history.with_name(f"{history.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
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
        yield
    finally:
        os.close(lock)
