"""When to look next: every so often by a clock that nobody sets, until a time is over or somebody ends it."""

import os
import select
import signal
import time
from collections.abc import Iterator
from types import FrameType, TracebackType

ENDED_BY = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


def ending_signals() -> list[signal.Signals]:
    """The signals that ask for the end here; not those that are ignored, as nohup(1) has SIGHUP ignored."""
    known = (getattr(signal, name, None) for name in ENDED_BY)
    return [number for number in known if number and signal.getsignal(number) is not signal.SIG_IGN]


class Pace:
    """Gives the looks their time. A look that takes longer than the pace lets the next one wait for its turn.

    A signal to end is heard between two looks, so that none is left half written.
    """

    def __init__(self, every_s: float, for_s: float | None) -> None:
        self._every_s, self._for_s = every_s, for_s
        self._ended = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Pace":
        self._hears, self._says = os.pipe()
        os.set_blocking(self._says, False)
        for number in ending_signals():
            self._before[number] = signal.signal(number, self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as signal() gave it
        for end in (self._hears, self._says):
            os.close(end)

    def __iter__(self) -> Iterator[int]:
        """The number of each look, when it is time for it."""
        began_s, turn = time.monotonic(), 0
        while self._for_s is None or turn * self._every_s <= self._for_s:
            self._wait_until(began_s + turn * self._every_s)
            if self._ended:
                return
            yield turn
            turn = max(turn, int((time.monotonic() - began_s) / self._every_s)) + 1

    @staticmethod
    def clock_s() -> float:
        """Seconds of a clock that runs on while the machine sleeps, where the system has one."""
        boottime = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if boottime is None else time.clock_gettime(boottime)

    def _wait_until(self, then_s: float) -> None:
        while not self._ended and (left_s := then_s - time.monotonic()) > 0:
            select.select([self._hears], [], [], left_s)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ended = True
        os.write(self._says, b"\0")
