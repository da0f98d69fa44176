"""Whether a process, and a descriptor of it, is still the one that was looked at.

A process id is used again, so the start time goes with it: field 22 of /proc/PID/stat, in ticks since boot. A pidfd
holds on to the process, so what is checked after it was opened stays true for it (pidfd_open(2)).
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path

from closewait.errors import CannotAct
from closewait.records import record

PROC = Path("/proc")
BEHIND_NAME = re.compile(rb".*\)", re.DOTALL)
STARTED_AFTER_BOOT = 19  # counted behind the name (proc_pid_stat(5))
UID = re.compile(r"^Uid:\t\d+\t(\d+)", re.MULTILINE)
EFFECTIVE_CAPABILITIES = re.compile(r"^CapEff:\t([0-9a-f]+)", re.MULTILINE)
#: A name that `systemctl` takes for a unit and never for an option (systemd.unit(5)).
SERVICE = re.compile(r"[\w@:.\\][\w@:.\\-]*\.service", re.ASCII)
A_UNIT = (".service", ".scope", ".slice")
USERS_MANAGER = "user@"  # it ends with everything the person runs (user@.service(5))

#: include/uapi/linux/capability.h
CAPABILITIES = {"CAP_KILL": 5, "CAP_NET_ADMIN": 12, "CAP_SYS_PTRACE": 19}


def started_at_ticks(pid: int, proc: Path = PROC) -> int | None:
    """When the process started; None where it has ended."""
    try:
        fields = BEHIND_NAME.sub(b"", (proc / str(pid) / "stat").read_bytes()).split()
    except OSError:
        return None
    return int(fields[STARTED_AFTER_BOOT])


@record
class Descriptor:
    """A descriptor of a process, and the inode of the socket that it was at the look."""

    pid: int
    fd: int
    inode: int


@contextmanager
def process(pid: int, started: int | None) -> Iterator[int]:
    """A pidfd of the process that started then. Raises CannotAct where it has ended, or its id is another's."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        raise CannotAct(f"process {pid} has ended since the look") from None
    except OSError as error:
        raise CannotAct(f"process {pid} cannot be held on to, so nothing is done to it: {error.strerror}") from error
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
    """The service of this host's systemd that a process belongs to, by its control group; None where it is not sure."""
    return _service(_control_groups(pid, proc))


def units_around(pid: int, proc: Path = PROC) -> frozenset[str]:
    """Every service whose end may be the end of the process, sure or not."""
    return frozenset(group for group in _control_groups(pid, proc) if group.endswith(".service"))


def _service(groups: Sequence[str]) -> str | None:
    """The service of a path of control groups: the first that is no slice, as systemd reads it (cg_path_decode_unit()).

    What stands below belongs to whom the group was given: a user's manager, a container, an unprivileged program that
    may call its groups anything. Where that looks like a unit again, none is named, since another manager has it.
    """
    own, *below = [*dropwhile(lambda group: group.endswith(".slice"), groups), ""]
    name = own.removeprefix("_")  # put before what would look like a file of the kernel's (cg_escape())
    if not SERVICE.fullmatch(name) or name.startswith(USERS_MANAGER):
        return None
    return None if any(group.endswith(A_UNIT) for group in below) else name


def _control_groups(pid: int, proc: Path) -> list[str]:
    """The control groups that systemd has put a process into, the outermost first."""
    for line in _text(proc / str(pid) / "cgroup").split("\n"):
        hierarchy, controllers, path = [*line.split(":", 2), "", ""][:3]
        if (hierarchy == "0" or controllers == "name=systemd") and path.strip("/"):
            return path.strip("/").split("/")
    return []


def holds(one: Descriptor, proc: Path = PROC) -> bool:
    """Whether it still is that socket."""
    try:
        return os.readlink(proc / str(one.pid) / "fd" / str(one.fd)) == f"socket:[{one.inode}]"  # noqa: PTH115  no path
    except OSError:
        return False


def _text(file: Path) -> str:
    """What stands in a file of /proc; a name in it may hold any character, so only the kernel's newlines end a line."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""
