"""Whether a process, and a descriptor of it, is still the one that was looked at.

A process id is used again, so the start time goes with it: field 22 of /proc/PID/stat, in ticks since boot. A pidfd
holds on to the process, so what is checked after it was opened stays true for it (pidfd_open(2)).
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closewait.errors import CannotAct

PROC = Path("/proc")
BEHIND_NAME = re.compile(rb".*\)", re.DOTALL)
STARTED_AFTER_BOOT = 19  # counted behind the name (proc_pid_stat(5))
UID = re.compile(r"^Uid:\t\d+\t(\d+)", re.MULTILINE)
EFFECTIVE_CAPABILITIES = re.compile(r"^CapEff:\t([0-9a-f]+)", re.MULTILINE)
UNIT = re.compile(r"[\w@:.\\-]+\.service")

#: include/uapi/linux/capability.h
CAPABILITIES = {"CAP_KILL": 5, "CAP_NET_ADMIN": 12, "CAP_SYS_PTRACE": 19}


def started_at_ticks(pid: int, proc: Path = PROC) -> int | None:
    """When the process started; None where it has ended."""
    try:
        fields = BEHIND_NAME.sub(b"", (proc / str(pid) / "stat").read_bytes()).split()
    except OSError:
        return None
    return int(fields[STARTED_AFTER_BOOT])


@contextmanager
def process(pid: int, started: int | None) -> Iterator[int]:
    """A pidfd of the process that started then. Raises CannotAct where it has ended, or its id is another's."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        raise CannotAct(f"process {pid} has ended since the look") from None
    try:
        if started is None or started_at_ticks(pid) != started:
            raise CannotAct(f"process {pid} is another one since the look (its start time differs)")
        yield pidfd
    finally:
        os.close(pidfd)


def effective_uid(pid: int, proc: Path = PROC) -> int | None:
    """The user a process runs as; None where it has ended."""
    found = UID.search(_text(proc / str(pid) / "status"))
    return int(found[1]) if found else None


def capable(name: str, proc: Path = PROC) -> bool:
    """Whether this process has the capability."""
    found = EFFECTIVE_CAPABILITIES.search(_text(proc / "self" / "status"))
    return bool(found and int(found[1], 16) >> CAPABILITIES[name] & 1)


def unit_of(pid: int, proc: Path = PROC) -> str | None:
    """The systemd service that a process belongs to, read from its control group; None where there is none."""
    for line in _text(proc / str(pid) / "cgroup").splitlines():
        hierarchy, controllers, path = [*line.split(":", 2), "", ""][:3]
        if hierarchy == "0" or controllers == "name=systemd":
            units = [part for part in path.split("/") if UNIT.fullmatch(part)]
            if units:
                return units[-1]
    return None


def holds(pid: int, fd: int, inode: int, proc: Path = PROC) -> bool:
    """Whether that descriptor of the process is that socket."""
    try:
        return os.readlink(proc / str(pid) / "fd" / str(fd)) == f"socket:[{inode}]"  # noqa: PTH115  no path
    except OSError:
        return False


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
