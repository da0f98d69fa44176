"""Who holds a socket: one walk over every process's descriptors, joined to the sockets by inode.

The walk costs about 4 µs for each descriptor, most of it in the kernel; it needs only the standard library. The join is
done by numpy, so that no Python runs for each socket.
"""

import marshal
import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.ahead import PROC
from closewait.records import record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

SOCKET_LINK = "socket:["  # `socket:[12345]`, proc(5)


@dataclass(slots=True)
class Walk:
    """Every descriptor that is a socket, in the order of process and descriptor: three columns of equal length."""

    inodes: "array[int]" = field(default_factory=lambda: array("q"))
    pids: "array[int]" = field(default_factory=lambda: array("q"))
    fds: "array[int]" = field(default_factory=lambda: array("q"))
    descriptors: dict[int, int] = field(default_factory=dict)  # open descriptors of each process with a socket
    refused: int = 0  # processes whose descriptors this user may not see

    def packed(self) -> bytes:
        """The walk as bytes, for a process on its way to end."""
        columns = (self.inodes.tobytes(), self.pids.tobytes(), self.fds.tobytes())
        return marshal.dumps((*columns, self.descriptors, self.refused))

    @classmethod
    def unpacked(cls, packed: bytes) -> "Walk":
        """The walk that a child of this program packed."""
        inodes, pids, fds, descriptors, refused = marshal.loads(packed)
        return cls(array("q", inodes), array("q", pids), array("q", fds), descriptors, refused)


@dataclass(slots=True)
class Held:
    """The descriptors of one process: the names of all, those that are sockets, and their inodes."""

    names: list[str]
    fds: "array[int]"
    inodes: "array[int]"

    @classmethod
    def of(cls, names: list[str], links: Sequence[str]) -> "Held":
        """By what the descriptors of these names link to."""
        fds = [int(name) for name, link in zip(names, links, strict=True) if link.startswith(SOCKET_LINK)]
        inodes = [int(link[len(SOCKET_LINK) : -1]) for link in links if link.startswith(SOCKET_LINK)]
        return cls(names, array("q", fds), array("q", inodes))


def read_descriptors(pid: int, directory: int) -> Held:
    """The descriptors in `directory`, which is /proc/PID/fd."""
    names = os.listdir(directory)
    return Held.of(names, read_links(names, directory))


def walk(proc: Path = PROC, read: Callable[[int, int], Held] = read_descriptors) -> Walk:
    """Read every descriptor of every process under `proc`. What vanishes meanwhile is no error."""
    found = Walk()
    for pid in sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()):
        try:
            directory = os.open(proc / str(pid) / "fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            found.refused += 1
            continue
        except OSError:
            continue  # the process has ended
        try:
            held = read(pid, directory)
        except PermissionError:
            found.refused += 1
            continue
        except OSError:
            continue
        finally:
            os.close(directory)
        if held.fds:
            found.inodes += held.inodes
            found.fds += held.fds
            found.pids += array("q", [pid]) * len(held.fds)
            found.descriptors[pid] = len(held.names)
    return found


def read_links(names: Sequence[str], directory: int) -> list[str]:
    """What each of these descriptors points to; nothing where it was closed meanwhile."""
    readlink = os.readlink
    try:
        return [readlink(name, dir_fd=directory) for name in names]
    except FileNotFoundError:
        return [_link(name, directory) for name in names]


def _link(name: str, directory: int) -> str:
    try:
        return os.readlink(name, dir_fd=directory)
    except FileNotFoundError:
        return ""


@record
class Holdings:
    """Which row of the sockets is held by which process and descriptor, in that order: columns of equal length."""

    sockets: "Numbers"
    pids: "Numbers"
    fds: "Numbers"

    def first_of_each_socket(self) -> "Holdings":
        """One holding for each socket that has any: the one with the lowest process id."""
        import numpy as np

        first = np.ones(len(self.sockets), dtype=np.bool_)
        np.not_equal(self.sockets[1:], self.sockets[:-1], out=first[1:])
        return Holdings(self.sockets[first], self.pids[first], self.fds[first])


def holdings(found: Walk, inodes: "Numbers") -> Holdings:
    """The walk joined to the sockets, whose rows have these `inodes`; 0 is no inode."""
    import numpy as np

    rows = np.flatnonzero(inodes)
    rows = rows[np.argsort(inodes[rows], kind="stable")]
    ordered = inodes[rows]
    walked = np.frombuffer(found.inodes, dtype=np.int64)
    place = np.searchsorted(ordered, walked)
    known = np.flatnonzero(ordered.take(place, mode="clip") == walked) if len(ordered) else place[:0]
    sockets = rows[place[known]]
    known, sockets = known[order := np.argsort(sockets, kind="stable")], sockets[order]
    return Holdings(
        sockets=sockets,
        pids=np.frombuffer(found.pids, dtype=np.int64)[known],
        fds=np.frombuffer(found.fds, dtype=np.int64)[known],
    )
