"""What the events say: which socket went from which state to which, when, and what ran on the processor then.

A socket is known by its address in the kernel from its first event to the one that ends in CLOSED; then the address may
be another's. A connecting socket has no port of its own yet in its first event. No event tells its network namespace.
TIME_WAIT is never told: the socket itself ends (FIN_WAIT_2 to CLOSED), and a smaller one without events waits.
"""

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from closewait.formats.sock_diag.address_book import AddressBook
from closewait.formats.sock_diag.layout import AF_INET6, IPPROTO_TCP
from closewait.formats.trace_ring.pages import Events
from closewait.tcp.spellings import LINUX_NUMBERS

Array = npt.NDArray[Any]

# common_flags: what the processor was doing (include/linux/trace_events.h, TRACE_FLAG_HARDIRQ, _SOFTIRQ, _NMI).
IN_INTERRUPT = 0x08 | 0x10 | 0x40

STATE_NAMES = tuple(LINUX_NUMBERS.get(number, "UNKNOWN") for number in range(256))
STATE_NUMBERS = {name: number for number, name in sorted(LINUX_NUMBERS.items(), reverse=True)}


class Transition(NamedTuple):
    """One socket goes from one state to another; a port is None where it has none, or none yet.

    `thread` is the task in whose call it happened; None where an interrupt did it, which meets any task.
    """

    time_ns: int
    socket: int
    before: str
    after: str
    local_address: str
    local_port: int | None
    remote_address: str
    remote_port: int | None
    thread: int | None


class Transitions:
    """Transitions of TCP in the order of their time, as columns; `lost` and `uncounted` are missing before them."""

    def __init__(self, told: Events) -> None:
        self.lost, self.uncounted = told.lost, told.uncounted
        tcp = told.records["protocol"] == IPPROTO_TCP
        whole = bool(tcp.all())
        self.time_ns = told.time_ns if whole else told.time_ns[tcp]
        self._records = told.records if whole else told.records[tcp]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.time_ns)

    @property
    def before(self) -> Array:
        """The kernel's numbers of the states that were left."""
        return self._numbers("oldstate")

    @property
    def after(self) -> Array:
        """The kernel's numbers of the states that were entered."""
        return self._numbers("newstate")

    def _numbers(self, name: str) -> Array:
        numbers: Array = np.minimum(self._records[name].astype(np.int64) & 0xFFFFFFFF, 255).astype(np.uint8)
        return numbers

    @property
    def local_port(self) -> Array:
        """Ports; 0 where the kernel has chosen none yet."""
        return self._column("sport")

    @property
    def remote_port(self) -> Array:
        """Ports; 0 on a listener."""
        return self._column("dport")

    @property
    def in_process(self) -> Array:
        """Whether a task's own call did it."""
        by_task: Array = self._records["common_flags"] & IN_INTERRUPT == 0
        return by_task

    def _column(self, name: str) -> Array:
        column: Array = self._records[name]
        return column

    @cached_property
    def _addresses(self) -> tuple[Array, Array, list[str]]:
        """The numbers of both ends' addresses, and what they stand for."""
        book, records = AddressBook(), self._records
        ipv6 = records["family"] == AF_INET6
        codes = [book.codes(_words(records, end, ipv6), ipv6) for end in ("saddr", "daddr")]
        return codes[0], codes[1], book.texts()

    def rows(self) -> Iterator[Transition]:
        """One by one."""
        local, remote, texts = self._addresses
        return map(
            Transition._make,
            zip(
                self.time_ns.tolist(),
                self._column("skaddr").tolist(),
                map(STATE_NAMES.__getitem__, self.before.tolist()),
                map(STATE_NAMES.__getitem__, self.after.tolist()),
                map(texts.__getitem__, local.tolist()),
                (port or None for port in self.local_port.tolist()),
                map(texts.__getitem__, remote.tolist()),
                (port or None for port in self.remote_port.tolist()),
                (
                    thread if by_task else None
                    for thread, by_task in zip(
                        self._column("common_pid").tolist(), self.in_process.tolist(), strict=True
                    )
                ),
                strict=True,
            ),
        )

    def parts(self, most: int) -> Iterator["Transitions"]:
        """The same in parts of so many at most: rows take ten times the memory of columns."""
        for first in range(0, len(self), most):
            yield Transitions(Events(self.time_ns[first : first + most], self._records[first : first + most]))

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each state followed each other."""
        pairs, counts = np.unique(self.before.astype(np.int64) << 8 | self.after, return_counts=True)
        names = ((STATE_NAMES[pair >> 8], STATE_NAMES[pair & 255]) for pair in pairs.tolist())
        return dict(zip(names, counts.tolist(), strict=True))

    def left(self, states: Collection[str]) -> set[int]:
        """The sockets that have left one of `states`."""
        leaving = np.isin(self.before, _numbers_of(states))
        return set(self._column("skaddr")[leaving].tolist())

    def stayed(self, states: Collection[str]) -> "Transitions":
        """The last transition of each socket, where that entered one of `states`."""
        _, from_the_end = np.unique(self._column("skaddr")[::-1], return_index=True)
        last = np.sort(len(self) - 1 - from_the_end)
        entered = last[np.isin(self.after[last], _numbers_of(states))]
        return Transitions(Events(self.time_ns[entered], self._records[entered]))


def _numbers_of(states: Collection[str]) -> list[int]:
    return [number for number, name in enumerate(STATE_NAMES) if name in states]


def _words(records: Array, end: str, ipv6: Array) -> Array:
    """An address as four words, of which IPv4 fills the first."""
    words: Array = np.where(ipv6[:, None], records[f"{end}_v6"], 0).astype(np.uint32)
    words[~ipv6, 0] = records[end][~ipv6]
    return np.ascontiguousarray(words)
