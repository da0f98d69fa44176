"""Whole processes by the clock: several runs of each in turn, so that a drifting machine drifts for all of them."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Command = Sequence[str]


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
    began = time.perf_counter()
    process = subprocess.Popen([*inside, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in (0, 1, 2):
        raise RuntimeError(
            f"{' '.join(command)} ended with {process.returncode}: {told.decode(errors='replace')[:300]}"
        )
    return took_s, used.ru_maxrss * 1024 / 1e6
