"""What is known about the processes that hold sockets: read from /proc for those few, never for every process."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.formats.control_groups import NOT_TOLD, Quarters, quarters
from closewait.records import record

# Fields of /proc/PID/stat counted behind the name, which may itself hold blanks and brackets (proc_pid_stat(5)).
NAME = re.compile(rb"\((.*)\)", re.DOTALL)
STARTED_AFTER_BOOT = 19  # in ticks
EFFECTIVE_UID = re.compile(rb"^Uid:\t\d+\t(\d+)", re.MULTILINE)
SOFT_LIMIT = re.compile(rb"^Max open files +(\d+)", re.MULTILINE)  # `unlimited` is no number
FILE_BYTES = 1 << 16
USERS = Path("/etc/passwd")


@record
class Process:
    """One process, as in `snapshot.columns.PROCESSES`; None is hidden, or has no meaning for it."""

    pid: int
    process: str | None
    command_line: str | None
    uid: int | None
    started_at_unix_s: float
    descriptor_limit: int | None
    user: str | None = None
    quarters: Quarters = NOT_TOLD


def processes(pids: Iterable[int], proc: Path = PROC) -> Iterator[Process]:
    """Those of `pids` that still run."""
    booted_at_unix_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    users = user_names()
    for pid in pids:
        folder = f"{proc}/{pid}"
        stat = _contents(f"{folder}/stat")
        name = NAME.search(stat)
        if name is None:
            continue  # it has ended
        uid = _number(EFFECTIVE_UID, f"{folder}/status")
        ticks = int(stat[name.end() :].split()[STARTED_AFTER_BOOT])
        yield Process(
            pid=pid,
            process=_text(name[1]),
            command_line=_text(_contents(f"{folder}/cmdline").rstrip(b"\0").replace(b"\0", b" ")) or None,
            uid=uid,
            started_at_unix_s=booted_at_unix_s + ticks / ticks_per_s,
            descriptor_limit=_number(SOFT_LIMIT, f"{folder}/limits"),
            user=None if uid is None else users.get(uid),
            quarters=quarters(_text(_contents(f"{folder}/cgroup"))),
        )


def user_names(file: Path = USERS) -> dict[int, str]:
    """The users of this host by number.

    Others, from a directory in the network, are not asked for: a host that is out of ports would wait for the answer.
    """
    lines = (line.split(b":") for line in _contents(str(file)).splitlines())
    return {int(words[2]): _text(words[0]) for words in lines if len(words) > 3 and words[2].isdigit()}


def _number(pattern: re.Pattern[bytes], path: str) -> int | None:
    found = pattern.search(_contents(path))
    return int(found[1]) if found else None


def _contents(path: str) -> bytes:
    """The file, as far as one read gives it; empty where it is gone or hidden."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, FILE_BYTES)
    except OSError:
        return b""  # the process ended between opening and reading
    finally:
        os.close(file)


def _text(octets: bytes) -> str:
    """A name or a command line is any bytes; what is not UTF-8 is shown as replaced."""
    return octets.decode(errors="replace")
