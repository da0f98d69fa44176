"""What an answer costs: the wall time of its phases, the processor time and the memory, with those of its children."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from closewait.records import record

P = ParamSpec("P")
T = TypeVar("T")

BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024  # getrusage(2): KiB on Linux and the BSDs
OWN_STATUS = Path("/proc/self/status")


@record
class Spent:
    """What this process and its children have used so far; the memory is the most that it ever had."""

    processor_s: float
    memory_mb: float


def spent() -> Spent | None:
    """As far as getrusage(2) tells; None where the system has none.

    On Linux the memory is VmHWM, proc_pid_status(5): ru_maxrss is also that of whoever has started this (measured).
    """
    try:
        import resource
    except ImportError:
        return None
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    try:
        told = next(line for line in OWN_STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        memory_bytes = int(told.split()[1]) * 1024
    except (OSError, StopIteration):
        memory_bytes = used[0].ru_maxrss * BYTES_OF_MAXRSS
    return Spent(sum(one.ru_utime + one.ru_stime for one in used), memory_bytes / 1e6)


class Cost:
    """A clock for the phases of one command, begun when it knows what it is asked."""

    def __init__(self) -> None:
        self._began_s = self._marked_s = time.perf_counter()
        self.phases_s: dict[str, float] = {}

    def mark(self, phase: str) -> None:
        """A phase ends here that began at the last mark."""
        now_s = time.perf_counter()
        self.phases_s[phase] = self.phases_s.get(phase, 0.0) + now_s - self._marked_s
        self._marked_s = now_s

    def timed(self, phase: str, do: Callable[P, T]) -> Callable[P, T]:
        """`do`, whose time is added to a phase each time it is called."""

        def and_timed(*args: P.args, **kwargs: P.kwargs) -> T:
            began_s = time.perf_counter()
            try:
                return do(*args, **kwargs)
            finally:
                self.phases_s[phase] = self.phases_s.get(phase, 0.0) + time.perf_counter() - began_s

        return and_timed

    def said(self) -> str:
        """One line: milliseconds of each phase, processor time and memory, as far as this system tells them."""
        used = spent()
        if used is None:
            return f"Cost: {self._walls()}"
        processor_ms, memory_mb = 1000 * used.processor_s, used.memory_mb
        return f"Cost: {self._walls()}; processor {processor_ms:,.0f} ms with children, memory {memory_mb:,.0f} MB"

    def _walls(self) -> str:
        """The phases in order; what began before this clock is the start, what is left over is the judging."""
        import psutil  # type: ignore[import-untyped]  # 20 ms, for those who ask

        now_s = time.perf_counter()
        start_s = (time.time() - psutil.Process().create_time()) - (now_s - self._began_s)
        rest_s = now_s - self._began_s - sum(self.phases_s.values())
        phases = {"start": max(0.0, start_s), **self.phases_s, "judging": max(0.0, rest_s)}
        return " · ".join(f"{phase} {1000 * seconds:,.0f} ms" for phase, seconds in phases.items())
