"""When sockets entered a state, exactly, from now on: for ages that one look can only give bounds of.

    with entry_times() as entered:
        ...
        entered.update()
        at_unix_s = entered.entered_at("CLOSE_WAIT", Ends("10.0.0.1", 443, "203.0.113.9", 50123))

A socket that was in the state before the trace began is unknown (None), and so is one of two with the same ends, which
live in different network namespaces: the trace does not tell them apart.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from closewait.capture.transitions import Trace, tracing
from closewait.diagnosis.lives import Ends
from closewait.formats.trace_ring.wanted import kernel_filter
from closewait.snapshot.filters.values import in_states

WITHOUT_TIMER = ("CLOSE_WAIT",)  # the state that nothing but the program ends
BUFFERS_KB = 8 << 10  # holds the transitions of 50,000 connections between two updates


class EntryTimes:
    """What has been entered and not left. `lost` counts transitions that could not be kept: all is forgotten then."""

    def __init__(self, trace: Trace, states: Collection[str]) -> None:
        self.lost = 0
        self._trace, self._states = trace, frozenset(states)
        self._entered: dict[tuple[str, Ends], dict[int, float]] = {}

    def update(self) -> None:
        """Take in what has happened since the last time; call it before asking, and at least every few minutes."""
        batch = self._trace.read(wait_s=0)
        if batch.lost or batch.uncounted:
            self.lost += batch.lost
            self._entered.clear()  # a socket may have left unseen, and another may have its ends now
        boot_unix_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        for transition in batch.rows():
            ends = Ends._make(transition[4:8])
            if transition.before in self._states:
                self._leave(transition.before, ends, transition.socket)
            if transition.after in self._states:
                entered = self._entered.setdefault((transition.after, ends), {})
                entered[transition.socket] = boot_unix_s + transition.time_ns / 1e9

    def _leave(self, state: str, ends: Ends, socket: int) -> None:
        entered = self._entered.get((state, ends), {})
        entered.pop(socket, None)
        if not entered:
            self._entered.pop((state, ends), None)

    def entered_at(self, state: str, ends: Ends) -> float | None:
        """When the socket with these ends entered `state` (Unix time in seconds); None where that was not seen."""
        entered = self._entered.get((state, ends), {})
        return next(iter(entered.values())) if len(entered) == 1 else None


@contextmanager
def entry_times(states: Collection[str] = WITHOUT_TIMER) -> Iterator[EntryTimes]:
    """The entries into `states` from now on, in every network namespace. Raises CannotSee."""
    wanted = kernel_filter(in_states(sorted(states)), whole_lives=False)
    with tracing(wanted, buffers_kb=BUFFERS_KB) as trace:
        yield EntryTimes(trace, states)
