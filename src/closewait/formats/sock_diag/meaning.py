"""What the numbers of a reply mean: which are bytes and which connections, which are told and which only look so.

A listener's two queues count connections. A minisocket (TIME_WAIT, an orphan in FIN_WAIT_2, a request in SYN_RECEIVED)
has no owner and no tcp_info. A clock means nothing before the connection stands.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.formats.format import ColumnValues
from closewait.formats.sock_diag import layout
from closewait.formats.sock_diag.address_book import IPV6_WILDCARD, AddressBook, distinct
from closewait.formats.sock_diag.address_text import ANYWHERE
from closewait.formats.sock_diag.replies import Told
from closewait.records import record
from closewait.snapshot.coded import Coded
from closewait.tcp.spellings import LINUX_NUMBERS

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

PROTOCOLS = ("tcp", "tcp6")
STATES = tuple(LINUX_NUMBERS.get(number) for number in range(256))
TIMERS = (*layout.TIMERS, None)
SHUTDOWNS = (*layout.SHUTDOWNS, None)

TCP_INFO = layout.FIELDS[layout.INET_DIAG_INFO]
IS_WITHOUT_TCP_INFO = np.isin(np.arange(256), layout.WITHOUT_TCP_INFO)  # by state
IS_WITHOUT_CLOCKS = np.isin(np.arange(256), layout.WITHOUT_TCP_INFO + layout.BEFORE_CONNECTION)

UNKNOWN = {field.name: field.unknown for fields in layout.FIELDS.values() for field in fields}


class Sockets:
    """Rows of raw numbers, and what follows from their state alone."""

    def __init__(self, raw: Mapping[str, Told], addresses: AddressBook, interfaces: Mapping[int, str]) -> None:
        self._raw = raw
        self._addresses = addresses
        self._interfaces = interfaces
        self.state = raw["state"].numbers

    def numbers(self, name: str) -> Array:
        """The raw numbers of a field, told or not."""
        return self._raw[name].numbers

    def untold(self, name: str) -> Array:
        """Which rows do not tell the field, or tell the number by which the kernel says "none"."""
        told, numbers, unknown = self._raw[name].told, self._raw[name].numbers, UNKNOWN[name]
        missing = np.zeros(len(numbers), dtype=np.bool_) if told is None else ~told
        none: Flags = np.zeros(len(numbers), dtype=np.bool_) if unknown is None else numbers == unknown
        return missing | none

    @cached_property
    def listening(self) -> Flags:
        """Which rows are listeners."""
        listening: Flags = self.state == layout.LISTEN
        return listening

    @cached_property
    def without_tcp_info(self) -> Flags:
        """Which rows have a tcp_info that says nothing about a connection."""
        return IS_WITHOUT_TCP_INFO[self.state]

    @cached_property
    def without_clocks(self) -> Flags:
        """Which rows have clocks in it that were never started."""
        return IS_WITHOUT_CLOCKS[self.state]

    def plain(self, name: str) -> ColumnValues:
        """A column that is one number as it stands."""
        return masked(self.numbers(name), self.untold(name))

    def tcp_info(self, name: str) -> ColumnValues:
        """A column out of tcp_info."""
        meaningless = self.without_clocks if name in layout.CLOCKS else self.without_tcp_info
        return masked(self.numbers(name), self.untold(name) | meaningless)

    def protocol(self) -> ColumnValues:
        """`tcp` or `tcp6`, by the socket's own family: an IPv4 connection of an IPv6 socket is `tcp6`."""
        return Coded(PROTOCOLS, (self.numbers("family") == layout.AF_INET6).astype(np.uint8))

    def states(self) -> ColumnValues:
        """The state's name; null for a number no kernel has.

        A socket that only took a port is listed as CLOSE, and no other closed one is listed at all (inet_diag_dump_icsk
        in net/ipv4/inet_diag.c, since Linux 6.8).
        """
        bound = (self.state == layout.CLOSE) & (self.numbers("remote_port") == 0)
        return Coded(STATES, np.where(bound, np.uint8(layout.BOUND_INACTIVE), self.state))

    def local_address(self) -> ColumnValues:
        """This end's address."""
        return self._address("local_address")

    def remote_address(self) -> ColumnValues:
        """The other end's address."""
        return self._address("remote_address")

    def _address(self, name: str) -> ColumnValues:
        """Each different address written once. An IPv6 wildcard is `*` unless the socket says IPv6 only, as in ss."""
        codes, texts, wildcard = self.numbers(name), self._addresses.texts(), self._addresses.code(IPV6_WILDCARD)
        if wildcard is None:
            return Coded(texts, codes)
        ipv6_only = ~self.untold("v6only") & (self.numbers("v6only") != 0)
        texts.append(texts[wildcard])
        texts[wildcard] = ANYWHERE
        return Coded(texts, np.where(ipv6_only & (codes == wildcard), np.uint32(len(texts) - 1), codes))

    def recv_queue_bytes(self) -> ColumnValues:
        """Unread bytes; null on a listener."""
        return masked(self.numbers("recv_queue"), self.listening)

    def send_queue_bytes(self) -> ColumnValues:
        """Unacknowledged bytes; null on a listener."""
        return masked(self.numbers("send_queue"), self.listening)

    def accept_queue_conns(self) -> ColumnValues:
        """A listener's waiting connections (tcp_diag_get_info: idiag_rqueue is sk_ack_backlog there)."""
        return masked(self.numbers("recv_queue"), ~self.listening)

    def accept_queue_limit(self) -> ColumnValues:
        """A listener's backlog (idiag_wqueue is sk_max_ack_backlog there)."""
        return masked(self.numbers("send_queue"), ~self.listening)

    def uid(self) -> ColumnValues:
        """The user; null on a minisocket, where the kernel writes 0 for everybody."""
        request = (self.state == layout.SYN_RECV) & (self.numbers("inode") == 0) & (self.numbers("uid") == 0)
        return masked(self.numbers("uid"), request | (self.numbers("timer") == layout.TIMER_TIME_WAIT))

    def interface(self) -> ColumnValues:
        """The name of the interface it is bound to; without a name `if` and the index, as in ss."""
        indexes = distinct(self.numbers("interface"))
        names = [self._interfaces.get(index, f"if{index}") if index else None for index in indexes.tolist()]
        return Coded(names, np.searchsorted(indexes, self.numbers("interface")))

    def timer(self) -> ColumnValues:
        """The timer that runs; null for a number no kernel has."""
        return Coded(TIMERS, np.minimum(self.numbers("timer"), len(layout.TIMERS)))

    def timer_left_s(self) -> ColumnValues:
        """Seconds until it fires (idiag_expires is in ms); null when none runs."""
        return masked(self.numbers("timer_left_ms") / 1000, self.numbers("timer") == layout.TIMER_OFF)

    def shutdown(self) -> ColumnValues:
        """The directions already closed; null on a minisocket."""
        none = len(layout.SHUTDOWNS)
        return Coded(SHUTDOWNS, np.where(self.untold("shutdown"), none, self.numbers("shutdown") & 3).astype(np.uint8))


@record
class Making:
    """How a column is made: from which raw fields, and by what."""

    fields: tuple[str, ...]
    make: Callable[[Sockets], ColumnValues]


def _as_it_stands(name: str, reading: Callable[[Sockets, str], ColumnValues]) -> Making:
    return Making((name,), lambda sockets: reading(sockets, name))


#: Every column a reply can fill.
COLUMNS: Mapping[str, Making] = {
    "protocol": Making(("family",), Sockets.protocol),
    "local_address": Making(("local_address", "v6only"), Sockets.local_address),
    "local_port": _as_it_stands("local_port", Sockets.plain),
    "remote_address": Making(("remote_address", "v6only"), Sockets.remote_address),
    "remote_port": _as_it_stands("remote_port", Sockets.plain),
    "state": Making(("remote_port",), Sockets.states),
    "recv_queue_bytes": Making(("recv_queue",), Sockets.recv_queue_bytes),
    "send_queue_bytes": Making(("send_queue",), Sockets.send_queue_bytes),
    "accept_queue_conns": Making(("recv_queue",), Sockets.accept_queue_conns),
    "accept_queue_limit": Making(("send_queue",), Sockets.accept_queue_limit),
    "inode": _as_it_stands("inode", Sockets.plain),
    "uid": Making(("uid", "inode", "timer"), Sockets.uid),
    "cookie": _as_it_stands("cookie", Sockets.plain),
    "interface": Making(("interface",), Sockets.interface),
    "timer": Making(("timer",), Sockets.timer),
    "timer_left_s": Making(("timer", "timer_left_ms"), Sockets.timer_left_s),
    "timer_retransmits": _as_it_stands("timer_retransmits", Sockets.plain),
    "shutdown": Making(("shutdown",), Sockets.shutdown),
    "cgroup_id": _as_it_stands("cgroup_id", Sockets.plain),
} | {field.name: _as_it_stands(field.name, Sockets.tcp_info) for field in TCP_INFO}


def raw_fields(wanted: Collection[str]) -> frozenset[str]:
    """The raw fields that the `wanted` columns are made of; every row has its state."""
    return frozenset({"state"}.union(*(COLUMNS[column].fields for column in wanted if column in COLUMNS)))


def columns(
    raw: Mapping[str, Told], addresses: AddressBook, wanted: Collection[str], interfaces: Mapping[int, str]
) -> dict[str, ColumnValues]:
    """The `wanted` columns that a reply can fill; `interfaces` gives names by index."""
    sockets = Sockets(raw, addresses, interfaces)
    return {column: making.make(sockets) for column, making in COLUMNS.items() if column in wanted}


def masked(numbers: Array, unknown: Flags) -> Array:
    """`numbers`, null where `unknown`."""
    return np.ma.MaskedArray(numbers, unknown) if unknown.any() else numbers
