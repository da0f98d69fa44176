"""What a scene shows while it plays, as `ss` tells it, and what it would leave behind."""

import re
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from closewait.lab import Performance

DEADLINE_S = 5.0


def until(condition: Callable[[], object]) -> bool:
    """Whether `condition()` becomes true before the deadline."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > gives_up_at_s:
            return False
        time.sleep(0.02)
    return True


def living(pids: Iterable[int]) -> list[int]:
    """Those of `pids` that still run; a zombie has ended."""
    return [pid for pid in pids if _state(pid) not in ("", "Z", "X")]


def _state(pid: int) -> str:
    """The letter of proc_pid_stat(5) that stands behind the name in brackets; empty for no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def all_pids(stage: Performance) -> list[int]:
    """Every actor of the scene."""
    return [pid for pids in stage.pids.values() for pid in pids]


def namespace_exists(name: str) -> bool:
    """Whether ip-netns(8) knows this name."""
    return (Path("/run/netns") / name).exists()


@dataclass(frozen=True, slots=True)
class Seen:
    """One socket as `ss -tanpei` shows it; times in milliseconds, None without tcp_info (TIME_WAIT)."""

    state: str
    recv_queue: int
    send_queue: int
    local: str
    remote: str
    holders: tuple[tuple[str, int], ...]
    inode: int
    last_received_ms: int | None
    last_ack_ms: int | None

    @property
    def names(self) -> set[str]:
        """The processes that hold it."""
        return {name for name, _ in self.holders}


def seen_by_ss(stage: Performance, *, state: str | None = None) -> list[Seen]:
    """All TCP sockets where the scene plays, or those in one state (spelled as ss does)."""
    text = inside(stage, "ss", "-HOtanpei")
    rows = [_seen(line) for line in text.splitlines()]
    return [row for row in rows if state in (None, row.state)]


def inside(stage: Performance, *command: str) -> str:
    """What a command prints where the scene plays."""
    return subprocess.run([*stage.inside, *command], capture_output=True, text=True, check=True).stdout


def _seen(line: str) -> Seen:
    state, recv_queue, send_queue, local, remote, *_ = line.split()
    holders = tuple((name, int(pid)) for name, pid in re.findall(r'\("([^"]+)",pid=(\d+)', line))
    # ss leaves out every number that is zero (iproute2 misc/ss.c).
    inode, last_received_ms, last_ack_ms = (
        int(found[1]) if (found := re.search(rf"\b{word}:(\d+)", line)) else 0 for word in ("ino", "lastrcv", "lastack")
    )
    times = (last_received_ms, last_ack_ms) if " rto:" in line else (None, None)
    return Seen(state, int(recv_queue), int(send_queue), local, remote, holders, inode, *times)
