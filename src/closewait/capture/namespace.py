"""Standing in another network namespace for a moment.

Sockets, `/proc/thread-self/net` and `/proc/sys/net` belong to the network namespace of the thread that opens them, so a
look into another namespace opens everything there and comes back. Python 3.11 has no `os.setns`; the C library does.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closewait.errors import BadUsage, CannotSee

NAMED = Path("/var/run/netns")  # where `ip netns add` keeps its names (ip-netns(8))
OF_THIS_THREAD = Path("/proc/thread-self/ns/net")
OF_PROCESS = "pid:"  # and a process id: the namespace that this process is in
CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h


def name_of(netns: str | None) -> str:
    """What a look into `netns` (None: this thread's own) is called."""
    return "this host" if netns is None else f"netns:{netns}"


def place(netns: str) -> Path:
    """The file that stands for `netns`: a name made by `ip netns add`, `pid:N`, or a path such as `/proc/N/ns/net`."""
    if netns.startswith("/"):
        return Path(netns)
    if netns.startswith(OF_PROCESS) and netns.removeprefix(OF_PROCESS).isdecimal():
        return Path(f"/proc/{netns.removeprefix(OF_PROCESS)}/ns/net")
    if "/" in netns or netns in {"", ".", ".."}:
        raise BadUsage(f"'{netns}' is no network namespace: give a name from `ip netns list`, pid:N, or /proc/N/ns/net")
    return NAMED / netns


def inode_of(file: Path, device: int | None = None) -> int | None:
    """The inode number by which a namespace is known; None where it is hidden, gone, or not on `device`."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino if device in (None, status.st_dev) else None


@contextmanager
def inside(netns: str | None) -> Iterator[None]:
    """Run the block in `netns` (None: stay), then return; only the calling thread moves.

    Raises BadUsage when there is no such namespace and CannotSee when it may not be entered.
    """
    if netns is None:
        yield
        return
    if sys.platform != "linux":
        raise CannotSee(f"only Linux has network namespaces such as {name_of(netns)}, and this is {sys.platform}")
    there = place(netns)
    home = os.open(OF_THIS_THREAD, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def _enter(there: Path) -> None:
    try:
        target = os.open(there, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BadUsage(f"no network namespace {there}; `ip netns list` names those that exist") from None
    except OSError as refused:
        raise CannotSee(f"network namespace {there} may not be opened: {refused.strerror}; run as root") from None
    try:
        _setns(target)
    except OSError as refused:
        raise CannotSee(
            f"network namespace {there} may not be entered: {refused.strerror}; CAP_SYS_ADMIN is needed, run as root"
        ) from None
    finally:
        os.close(target)


def _setns(descriptor: int) -> None:
    import ctypes  # 10 ms to import, and most looks stay at home

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
