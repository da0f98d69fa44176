"""When sockets entered a state, exactly, from now on: for ages that one look can only give bounds of.

    with entry_times() as entered:
        ...
        entered.update()
        at_unix_s = entered.entered_at("CLOSE_WAIT", Ends("10.0.0.1", 443, "203.0.113.9", 50123))

A socket that was in the state before the trace began is unknown (None), and so is one of two with the same ends, which
live in different network namespaces: the trace does not tell them apart.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from closewait.capture.transitions import Trace, tracing
from closewait.diagnosis.lives import Ends
from closewait.errors import BadInput, CannotSee
from closewait.formats.trace_ring.wanted import kernel_filter
from closewait.snapshot.filters.values import in_states

if TYPE_CHECKING:
    from closewait.snapshot.exact_ages import Ends as AnyEnds
    from closewait.snapshot.table import Snapshot

WITHOUT_TIMER = ("CLOSE_WAIT",)  # the state that nothing but the program ends
BUFFERS_KB = 16 << 10  # holds what 100,000 connections write between two updates


class EntryTimes:
    """What has been entered and not left. `lost` counts transitions that could not be kept: all is forgotten then."""

    def __init__(self, trace: Trace, states: Collection[str]) -> None:
        self.lost = 0
        self._trace, self._states = trace, frozenset(states)
        self._ends: dict[int, tuple[str, Ends]] = {}  # of each socket that has entered one of the states
        self._entered: dict[tuple[str, Ends], dict[int, int]] = {}  # by a clock that is never set

    def __len__(self) -> int:
        """How many sockets are known."""
        return len(self._ends)

    def update(self) -> None:
        """Take in what has happened since the last time; call it before asking, and at least every few minutes."""
        batch = self._trace.read(wait_s=0)
        if batch.lost or batch.uncounted:
            self.lost += batch.lost
            self.forget()
        for socket in batch.left(self._states) & self._ends.keys():
            self._leave(socket)
        for transition in batch.stayed(self._states).rows():
            named = transition.after, Ends._make(transition[4:8])
            self._ends[transition.socket] = named
            self._entered.setdefault(named, {})[transition.socket] = transition.time_ns

    def forget(self) -> None:
        """Nothing is known any more: a socket may have left unseen, and another may have its ends now."""
        self._ends.clear()
        self._entered.clear()

    def _leave(self, socket: int) -> None:
        named = self._ends.pop(socket)
        entered = self._entered[named]
        del entered[socket]
        if not entered:
            del self._entered[named]

    def entered_at(self, state: str, ends: "AnyEnds") -> float | None:
        """When the socket with these ends entered `state` (Unix time in seconds); None where that was not seen."""
        entered = self._entered.get((state, Ends._make(ends)), {})
        if len(entered) != 1:
            return None
        boot_unix_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return boot_unix_s + next(iter(entered.values())) / 1e9


@contextmanager
def entry_times(states: Collection[str] = WITHOUT_TIMER) -> Iterator[EntryTimes]:
    """The entries into `states` from now on, in every network namespace. Raises CannotSee."""
    wanted = kernel_filter(in_states(sorted(states)), whole_lives=False)
    with tracing(wanted, buffers_kb=BUFFERS_KB) as trace:
        yield EntryTimes(trace, states)


@contextmanager
def exact_ages(states: Collection[str] = WITHOUT_TIMER) -> Iterator[Callable[["Snapshot"], "Snapshot"]]:
    """What gives a look the exact ages that a trace from now on knows; a look as it is, where tracing is refused."""
    from closewait.snapshot.exact_ages import with_exact_ages

    with ExitStack() as opened:
        try:
            entered = opened.enter_context(entry_times(states))
        except (CannotSee, BadInput, OSError):
            yield lambda look: look
            return

        def exact(look: "Snapshot") -> "Snapshot":
            try:
                entered.update()
            except (BadInput, OSError):
                entered.forget()
                return look
            return with_exact_ages(look, entered.entered_at, states) if len(entered) else look

        yield exact
