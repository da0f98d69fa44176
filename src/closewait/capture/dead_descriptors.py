"""Open descriptors whose connection is gone: TCP sockets that are in no table of the kernel any more.

After a RST, or when keepalive gives up, the kernel takes the connection out of its tables, and the descriptor stays
until the program closes it (measured). The walk finds such a descriptor, the look finds no socket for it. That alone
accuses nobody: sockets of other protocols, those never connected, those of other namespaces and those younger than the
look are missing too. So each missing one is asked for its protocol, by the attribute that lsof reads
(sockfs_xattr_get() in net/socket.c), and one of TCP, through a copy of the descriptor that is closed at once
(pidfd_getfd(2)), for its state and whether a segment was ever exchanged. The process does not notice.

It costs about 2 µs for each missing socket and 5 µs more for one of TCP, in processes that miss a few at least.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.namespace import OF_THIS_THREAD, inode_of, place
from closewait.formats.sock_diag.layout import CLOSE

if TYPE_CHECKING:
    from closewait.capture.owners import Holdings, Numbers, Walk
    from closewait.capture.source import Wish

#: A process that misses fewer sockets than this is not asked: any program has a few that are no TCP connections.
FEWEST_MISSED = 10

PROTOCOL = "system.sockprotoname"
PIDFD_GETFD = 438  # one number on every architecture but Alpha (include/uapi/asm-generic/unistd.h); Linux 5.6
TCP_INFO = 11  # include/uapi/linux/tcp.h
SEGMENTS = struct.Struct("=136x2I")  # tcpi_segs_out, tcpi_segs_in (Linux 4.2)
GONE_MEANWHILE = (errno.EBADF, errno.ESRCH)


def dead_descriptors(found: "Walk", held: "Holdings", inodes: "Numbers", wish: "Wish") -> dict[int, int]:
    """For each process that could be asked, how many of its descriptors have lost their connection.

    `held` are those of `found` that a look with these `inodes` shows. Only processes of the namespace that was looked
    at are asked.
    """
    import numpy as np

    pids = np.array(sorted(found.descriptors), dtype=np.int64)
    walked_pids, walked = np.frombuffer(found.pids, dtype=np.int64), np.frombuffer(found.inodes, dtype=np.int64)
    begins, ends = np.searchsorted(walked_pids, pids), np.searchsorted(walked_pids, pids, side="right")
    missed = ends - begins - np.bincount(np.searchsorted(pids, held.pids), minlength=len(pids))
    suspects = np.flatnonzero(missed >= FEWEST_MISSED).tolist()
    if not suspects:
        return {}
    shown = np.sort(np.append(inodes, 0))  # never empty
    namespace = inode_of(OF_THIS_THREAD if wish.netns is None else place(wish.netns))
    dead: dict[int, int] = {}
    for suspect in suspects:
        pid, begin, end = int(pids[suspect]), int(begins[suspect]), int(ends[suspect])
        if namespace is None or inode_of(wish.proc / str(pid) / "ns" / "net") != namespace:
            continue
        near = shown.take(np.searchsorted(shown, walked[begin:end]), mode="clip")
        missing = np.flatnonzero(near != walked[begin:end]) + begin
        count = _dead_among(pid, [found.fds[at] for at in missing.tolist()], wish.proc)
        if count is not None:
            dead[pid] = count
    return dead


def _dead_among(pid: int, fds: Iterable[int], proc: Path) -> int | None:
    """How many of these descriptors were connected once and are closed now; None where that may not be asked."""
    try:
        process = os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None  # it has ended; or this system has no such call
    libc, dead = ctypes.CDLL(None, use_errno=True), 0
    try:
        for fd in fds:
            if not _is_tcp(f"{proc}/{pid}/fd/{fd}"):
                continue
            copy = libc.syscall(PIDFD_GETFD, process, fd, 0)
            if copy >= 0:
                dead += _has_lost_its_connection(copy)
            elif ctypes.get_errno() not in GONE_MEANWHILE:
                return None
    finally:
        os.close(process)
    return dead


def _is_tcp(descriptor: str) -> bool:
    """Whether this is a socket of TCP; one that was closed meanwhile is not."""
    try:
        return os.getxattr(descriptor, PROTOCOL).startswith(b"TCP")  # `TCP`, `TCPv6`
    except OSError:
        return False


def _has_lost_its_connection(copy: int) -> bool:
    """Whether this socket is closed and has once exchanged segments; closes the copy. No socket of TCP has not.

    A socket that was never connected has exchanged none, nor has one whose blocking connect() failed (measured).
    """
    try:
        asked = socket.socket(fileno=copy)
    except OSError:  # the number was given to something else, between two questions
        os.close(copy)
        return False
    with asked:
        try:
            info = asked.getsockopt(socket.IPPROTO_TCP, TCP_INFO, SEGMENTS.size)
        except OSError:
            return False
    return len(info) == SEGMENTS.size and info[0] == CLOSE and any(SEGMENTS.unpack(info))
