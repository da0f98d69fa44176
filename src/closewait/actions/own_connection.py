"""The connections that carry the session we are told from: nobody should saw off the branch that they sit on.

They are the sockets held by this process and by each process above it (the shell, sshd's half of the session), and the
one that SSH_CONNECTION names, which a multiplexer's shell still knows when sshd is no longer above it. Whoever holds
such a connection carries the session as well, though it may stand nowhere above us.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from closewait.actions.identity import units_around
from closewait.records import record

PROC = Path("/proc")
PARENT = re.compile(r"^PPid:\t(\d+)", re.MULTILINE)
SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")
MOST_ANCESTORS = 64  # a loop cannot be, a race can


@record
class Session:
    """The inodes of sockets, pairs of ends (address, port, address, port), processes and units not to be touched."""

    inodes: frozenset[int]
    ends: frozenset[tuple[str, int, str, int]]
    pids: tuple[int, ...]
    units: frozenset[str] = frozenset()

    def carried_by(self, pids: Iterable[int], proc: Path = PROC) -> "Session":
        """The same session, with the processes that hold its connections, and their units."""
        every = tuple(dict.fromkeys((*self.pids, *pids)))
        return replace(self, pids=every, units=self.units | _units(every, proc))


def session(proc: Path = PROC) -> Session:
    """What this process hangs on."""
    pids = tuple(ancestors(os.getpid(), proc))
    told = [os.environ.get("SSH_CONNECTION", ""), *(_environment(pid, proc) for pid in pids)]
    return Session(
        inodes=frozenset(inode for pid in pids for inode in _sockets(pid, proc)),
        ends=frozenset(ends for text in told for ends in _both_ways(text)),
        pids=pids,
        units=_units(pids, proc),
    )


def ancestors(pid: int, proc: Path = PROC) -> Iterator[int]:
    """The process and those above it, without the first of all, whose sockets carry no session."""
    for _ in range(MOST_ANCESTORS):
        if pid <= 1:
            return
        yield pid
        try:
            found = PARENT.search((proc / str(pid) / "status").read_bytes().decode(errors="replace"))
        except OSError:
            return
        pid = int(found[1]) if found else 0


def _units(pids: Iterable[int], proc: Path) -> frozenset[str]:
    return frozenset(unit for pid in pids for unit in units_around(pid, proc))


def _both_ways(text: str) -> Iterator[tuple[str, int, str, int]]:
    """`CLIENT PORT SERVER PORT` (ssh(1), SSH_CONNECTION), as the row of either end."""
    words = text.split()
    if len(words) == 4 and words[1].isdecimal() and words[3].isdecimal():
        there, here = (address.partition("%")[0] for address in words[::2])  # the kernel tells the interface apart
        client, server = (there, int(words[1])), (here, int(words[3]))
        yield (*server, *client)
        yield (*client, *server)


def _environment(pid: int, proc: Path) -> str:
    try:
        variables = (proc / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = next((one for one in variables if one.startswith(b"SSH_CONNECTION=")), b"")
    return found.partition(b"=")[2].decode(errors="replace")


def _sockets(pid: int, proc: Path) -> Iterator[int]:
    folder = proc / str(pid) / "fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208  many, by name alone
    except OSError:
        return
    for name in names:
        try:
            found = SOCKET_LINK.fullmatch(os.readlink(folder / name))  # noqa: PTH115  a socket's link is no path
        except OSError:
            continue
        if found:
            yield int(found[1])
