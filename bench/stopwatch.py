"""Whole processes by the clock: several runs of each in turn, so that a drifting machine drifts for all of them."""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Command = Sequence[str]

#: Runs a command, throws its output away, and prints its seconds, its status and its memory in KiB. It is small: what a
#: process reports as its most memory is also that of the process that has started it (measured).
SMALL_PARENT = """
import json, os, sys, time
began = time.perf_counter()
nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, used = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere), 0)
print(json.dumps([time.perf_counter() - began, os.waitstatus_to_exitcode(status), used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """One command's runs: wall seconds, and the largest memory of any of them."""

    seconds: tuple[float, ...]
    memory_mb: float

    @property
    def median_s(self) -> float:
        """The run in the middle."""
        return statistics.median(self.seconds)


def time_commands(
    commands: Mapping[str, Command], *, runs: Mapping[str, int], netns: str | None = None
) -> dict[str, Timing]:
    """Each command `runs[name]` times, in turn, inside the network namespace `netns`; what it prints is thrown away."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    memory_mb = dict.fromkeys(commands, 0.0)
    for turn in range(max(runs.values())):
        for name, command in commands.items():
            if turn < runs[name]:
                took_s, used_mb = _run(command, netns)
                seconds[name].append(took_s)
                memory_mb[name] = max(memory_mb[name], used_mb)
    return {name: Timing(tuple(times), memory_mb[name]) for name, times in seconds.items()}


def _run(command: Command, netns: str | None) -> tuple[float, float]:
    """One run: wall seconds and the peak resident memory of the process, in MB (getrusage counts KiB)."""
    inside = ["ip", "netns", "exec", netns] if netns else []
    small_parent = [sys.executable, "-S", "-E", "-c", SMALL_PARENT]
    done = subprocess.run([*small_parent, *inside, *command], capture_output=True, check=True)
    took_s, status, memory_kib = json.loads(done.stdout)
    if status not in (0, 1, 2):
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {done.stderr.decode(errors='replace')[:300]}")
    return took_s, memory_kib * 1024 / 1e6
