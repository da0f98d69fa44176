"""Beginning before the heavy imports: a child that looks while its parent still imports numpy and polars.

    begun = begin()                 # first thing; a child, about a millisecond
    ...                             # imports, reading the command line
    snapshot = look(begun=begun)    # takes over what it found

A child works with the standard library alone, writes into memory that its parent can read, and ends. The kernel ends it
when its parent dies; its parent reaps it, wanted or not. Where a fork would be unsafe (threads run already) or there is
no such memory, nothing begins and the look does everything itself.
"""

import marshal
import os
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.records import record

if TYPE_CHECKING:
    from closewait.formats.sock_diag.asked import Asked

Octets = bytes | memoryview

PROC = Path("/proc")
THREADS = PROC / "self" / "task"
COUNTED = frozenset({"state"})  # the columns that a count of states needs
BLOCK_BYTES = 1 << 20
PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


class Child:
    """A process that runs `work` once and leaves the bytes it gives in shared memory."""

    def __init__(self, work: Callable[[], Iterable[Octets]]) -> None:
        memory, parent = os.memfd_create("closewait", os.MFD_CLOEXEC), os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _run_and_end(work, memory, parent)
        self._memory = memory
        self._end = weakref.finalize(self, _end, self.pid, memory)  # also at exit
        self._is_whole: bool | None = None

    def is_whole(self) -> bool:
        """Wait for the child to end, and say whether it finished its work."""
        if self._is_whole is None:
            self._is_whole = _exit_status(self.pid) == 0
            self._end.detach()  # its process id may be another's from now on
            self._end = weakref.finalize(self, _end, None, self._memory)
        return self._is_whole

    def contents(self) -> bytes:
        """What it left."""
        return b"".join(bytes(block) for block in self.blocks(BLOCK_BYTES))

    def blocks(self, size: int) -> Iterator[memoryview]:
        """What it left, `size` bytes (of whole pages) at a time; a block is gone when the next is asked for."""
        import mmap

        total = os.fstat(self._memory).st_size
        if total:
            memory = mmap.mmap(self._memory, total)
            for at in range(0, total, size):
                yield memoryview(memory)[at : at + size]
                memory.madvise(mmap.MADV_REMOVE, at, min(size, total - at))

    def discard(self) -> None:
        """End it if it still runs, and give its memory back."""
        self._end()


@record
class Begun:
    """What was begun, for which wish, and since when. A child is None where it was not wanted or not possible."""

    columns: Collection[str] | None
    netns: str | None
    at_unix_s: float
    asked: "Asked | None" = None
    dump: Child | None = None
    walk: Child | None = None
    counts: Child | None = None

    def fits(self, columns: Collection[str] | None, netns: str | None, asked: "Asked | None" = None) -> bool:
        """Whether this was begun for that wish."""
        return (self.columns, self.netns, self.asked) == (columns, netns, asked)

    def discard(self) -> None:
        """End what still runs."""
        for child in (self.dump, self.walk, self.counts):
            if child is not None:
                child.discard()


def begin(
    *,
    holders: bool = True,
    tcp_info: bool = True,
    columns: Collection[str] | None = None,
    netns: str | None = None,
    asked: "Asked | None" = None,
) -> Begun:
    """Begin what `look()` with the same arguments will need.

    With holders that is the walk alone: it takes as long as all the rest, and a second child would only take processor
    time from both (measured on two processors: 5 % of an examination of 196,000 sockets).
    """
    wanted = wished_columns(holders=holders, tcp_info=tcp_info, columns=columns)
    if not may_fork():
        return Begun(wanted, netns, time.time(), asked)

    def recorded_dump() -> Iterable[Octets]:
        from closewait.capture.netlink import record
        from closewait.formats.sock_diag import extensions_for
        from closewait.formats.sock_diag.asked import EVERY_SOCKET

        return record(extensions_for(wanted), netns, asked=asked or EVERY_SOCKET)

    def packed_walk() -> Iterable[Octets]:
        from closewait.capture.owners import walk

        return (walk().packed(),)

    if holders:
        return Begun(wanted, netns, time.time(), asked, walk=Child(packed_walk))
    return Begun(wanted, netns, time.time(), asked, dump=Child(recorded_dump))


def begin_counting(netns: str | None = None) -> Begun:
    """Begin what `count_states()` of the same namespace will need."""

    def count() -> Iterable[Octets]:
        from closewait.capture.netlink import count_states

        return (marshal.dumps(count_states(netns)),)

    return Begun(COUNTED, netns, time.time(), counts=Child(count) if may_fork() else None)


def wished_columns(*, holders: bool, tcp_info: bool, columns: Collection[str] | None) -> frozenset[str] | None:
    """The columns that must be filled; None is every one."""
    if columns is not None:
        return frozenset(columns) | ({"inode"} if holders else set())
    if tcp_info:
        return None
    from closewait.formats.sock_diag.layout import FIELDS, INET_DIAG_INFO
    from closewait.snapshot.columns import SOCKETS

    return frozenset(column.name for column in SOCKETS) - {field.name for field in FIELDS[INET_DIAG_INFO]}


def may_fork() -> bool:
    """Whether this process has one thread only, so that a forked copy can go on working, and Linux's shared memory."""
    try:
        return hasattr(os, "memfd_create") and len(list(THREADS.iterdir())) == 1
    except OSError:
        return False


def _run_and_end(work: Callable[[], Iterable[Octets]], memory: int, parent: int) -> None:
    """The child's whole life. It says nothing: what it could not do its parent does again, and explains."""
    status = 1
    try:
        _die_with(parent)
        for block in work():
            left = memoryview(block)
            while left:
                left = left[os.write(memory, left) :]
        status = 0
    finally:
        os._exit(status)  # also out of an exception: the parent's stack is below this one


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died just before


def _end(pid: int | None, memory: int) -> None:
    """Close the child's memory; kill it if it runs, and reap it, unless that was done (None)."""
    import signal

    os.close(memory)
    if pid is not None and _exit_status(pid, os.WNOHANG) is None:
        os.kill(pid, signal.SIGKILL)
        _exit_status(pid)


def _exit_status(pid: int, flags: int = 0) -> int | None:
    """The child's exit status once it ended; None while it runs (with WNOHANG); -1 when somebody else reaped it."""
    try:
        reaped, status = os.waitpid(pid, flags)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if reaped else None
