"""Every state transition of every TCP socket of this host, as it happens, from the kernel's event inet_sock_set_state.

    with tracing() as trace:
        while True:
            for transition in trace.read(wait_s=1).rows(): ...

The kernel writes into a ring of pages for each processor; they are fetched whole and decoded in bulk. The event does
not tell its network namespace: all are traced, and two connections with the same ends in two of them look alike.
"""

import os
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np

from closewait.capture.tracefs import EVENT, NEEDED, instance, tracefs, write
from closewait.errors import BadInput, CannotSee
from closewait.formats.trace_ring.layout import RingLayout, ring_layout
from closewait.formats.trace_ring.pages import Events, decode
from closewait.formats.trace_ring.transitions import Transitions

#: Buffers of all processors together; between the bounds for one. A connection writes 760 bytes: 32 MB hold 44,000.
BUFFERS_KB, LEAST_BUFFER_KB, MOST_BUFFER_KB = 32 << 10, 512, 16 << 10
PAGES_AT_ONCE = 256
WAKE_AT_PERCENT = "25"  # full, before the time to wait is over

#: What the kernel counts as lost, in per_cpu/*/stats (Documentation/trace/ftrace.rst).
LOST = ("overrun", "commit overrun", "dropped events")

CLOCK = "boot"  # CLOCK_BOOTTIME: never set, and goes on while the machine sleeps


class Trace:
    """A running trace. `lost` counts the transitions that the kernel could not keep, as far as they were read."""

    def __init__(self, place: Path, layout: RingLayout, pipes: list[int]) -> None:
        self.place, self.layout = place, layout
        self.lost = 0
        self._pipes = pipes
        self._held = decode(b"", layout)
        self._space = bytearray(PAGES_AT_ONCE * layout.page_bytes)
        self._waiting = select.poll()
        for pipe in pipes:
            self._waiting.register(pipe, select.POLLIN)

    @property
    def root(self) -> Path:
        """Where tracefs is."""
        return self.place.parent.parent

    def read(self, wait_s: float) -> Transitions:
        """What has happened since the last time, in order; waits `wait_s` seconds, or less where much happens."""
        self._waiting.poll(wait_s * 1000)
        upto_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return self._settled(upto_ns)

    def rest(self) -> Transitions:
        """What has happened up to now."""
        return self._settled(None)

    def _settled(self, upto_ns: int | None) -> Transitions:
        """Fetch everything; what is younger than `upto_ns` is held back, for another processor may tell of before."""
        fetched = list(self._fetched())
        times = np.concatenate([self._held.time_ns, *(part.time_ns for part in fetched)])
        records = np.concatenate([self._held.records, *(part.records for part in fetched)])
        order = np.argsort(times, kind="stable")
        times, records = times[order], records[order]
        ripe = len(times) if upto_ns is None else int(np.searchsorted(times, np.uint64(upto_ns), side="right"))
        self._held = Events(times[ripe:], records[ripe:])
        lost, uncounted = sum(part.lost for part in fetched), sum(part.uncounted for part in fetched)
        self.lost += lost
        return Transitions(Events(times[:ripe], records[:ripe], lost, uncounted))

    def _fetched(self) -> Iterator[Events]:
        """All that the pipes hold, a block of pages at a time. Raises BadInput, OSError."""
        size, space = self.layout.page_bytes, memoryview(self._space)
        for pipe in self._pipes:
            filled, more = 0, True
            while more:
                try:
                    read = os.readv(pipe, [space[filled : filled + size]])
                except BlockingIOError:
                    read = 0
                if read not in (0, size):
                    raise BadInput(f"the kernel's trace comes in pages of {read} bytes, not of {size} as it says")
                more = read == size
                filled += read
                if filled and (not more or filled == len(space)):
                    yield decode(space[:filled], self.layout)
                    filled = 0

    def lost_at_all(self) -> int:
        """How many transitions the kernel says it could not keep, read or not."""
        lost = 0
        for stats in self.place.glob("per_cpu/cpu*/stats"):
            told = dict(line.split(": ", 1) for line in stats.read_text().splitlines() if ": " in line)
            lost += sum(int(told.get(name, "0")) for name in LOST)
        return lost


@contextmanager
def tracing(kernel_filter: str | None = None, *, buffers_kb: int = BUFFERS_KB) -> Iterator[Trace]:
    """A trace that begins with the block and ends with it, whatever ends it.

    `kernel_filter` is in the kernel's words (`newstate == 8`), for fewer events; `buffers_kb` are what the kernel keeps
    them in until they are read, on all processors together. Raises CannotSee.
    """
    with tracefs() as root, instance(root) as place, ExitStack() as opened:
        try:
            layout = ring_layout((_header_page(root, place)).read_text(), (place / EVENT / "format").read_text())
            set_up(place, kernel_filter, buffers_kb)
            pipes = []
            for pipe in sorted(place.glob("per_cpu/cpu*/trace_pipe_raw")):
                pipes.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
                opened.callback(os.close, pipes[-1])
            write(place / EVENT / "enable", "1")
        except FileNotFoundError:
            raise CannotSee(
                f"{NEEDED} event inet_sock_set_state, which this kernel lacks: Linux 4.16 has it."
            ) from None
        except OSError as refused:
            raise CannotSee(f"{NEEDED}, which the kernel refused: {refused.strerror}.") from None
        yield Trace(place, layout, pipes)


def _header_page(root: Path, place: Path) -> Path:
    """What describes the pages of an instance; before each had a size of its own (Linux 6.8), those of all."""
    own = place / "events/header_page"
    return own if own.exists() else root / "events/header_page"


def set_up(place: Path, kernel_filter: str | None, buffers_kb: int) -> None:
    """Clock, buffers, and which events are wanted."""
    write(place / "trace_clock", CLOCK)
    each_kb = buffers_kb // (os.cpu_count() or 1)
    with suppress(OSError):  # little memory: the kernel's own size, and what is lost then is told
        write(place / "buffer_size_kb", str(max(LEAST_BUFFER_KB, min(MOST_BUFFER_KB, each_kb))))
    with suppress(OSError):  # the process of a thread that is gone; before Linux 4.13 only its own number is known
        write(place / "options/record-tgid", "1")
    with suppress(OSError):  # before Linux 6.1: woken at the first event then
        write(place / "buffer_percent", WAKE_AT_PERCENT)
    if kernel_filter is not None:
        write(place / EVENT / "filter", kernel_filter)
