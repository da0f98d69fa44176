"""The best rung on Linux: ask NETLINK_SOCK_DIAG for the TCP sockets of IPv4 and IPv6, and hand the bytes to sock_diag.

No rights are needed: every user sees every socket of the network namespace. Asking and receiving need only the standard
library (`record`), so that a child can do it while its parent still imports numpy.
"""

import errno
import socket
import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from closewait.capture.namespace import inside
from closewait.capture.source import Source, Wish
from closewait.errors import CannotSee, KernelRefused
from closewait.formats import sock_diag
from closewait.formats.format import Reading
from closewait.formats.sock_diag.asked import EVERY_SOCKET, Asked
from closewait.formats.sock_diag.counts import StateCounts

Opener = Callable[[], socket.socket]


class TakesIn(Protocol):
    """What is made of an answer: rows or counts."""

    ended: int  # end marks seen: one for each family
    interrupted: bool

    def feed(self, piece: memoryview) -> None:
        """Take in whole datagrams."""


Taker = TypeVar("Taker", bound=TakesIn)

NETLINK_SOCK_DIAG = 4  # include/uapi/linux/netlink.h
SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h: beyond net.core.rmem_max, needs CAP_NET_ADMIN
RECEIVE_BUFFER_BYTES = 8 << 20
PATIENCE = struct.pack("ll", 10, 0)  # struct timeval: a kernel that says nothing for 10 s will not go on

FAMILIES = (socket.AF_INET, socket.AF_INET6)
BLOCK_BYTES = 1 << 20
DATAGRAM_BYTES = 64 << 10  # the kernel fills up to 32 KiB for a reader with room for them (net/netlink/af_netlink.c)

TRIES = 3
ASK_AGAIN = (errno.ENOBUFS, errno.EAGAIN)  # the answer overran the buffer, or stopped
NO_SUCH_FAMILY = (errno.ENOENT, errno.EAFNOSUPPORT)  # a kernel without IPv6
LOST_PIECES = f"The kernel's list of sockets was interrupted {TRIES} times: a few rows may be missing or doubled."


def open_netlink() -> socket.socket:
    """A socket through which the kernel can be asked for its sockets. Raises CannotSee where there is no netlink."""
    if not hasattr(socket, "AF_NETLINK"):
        raise CannotSee("this system is not Linux")
    asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
    try:
        asking.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
    return asking


def record(
    extensions: Collection[int],
    netns: str | None = None,
    opener: Opener = open_netlink,
    asked: Asked = EVERY_SOCKET,
) -> Iterator[memoryview]:
    """The kernel's answers for both families, in blocks of whole datagrams; a block is good until the next.

    Raises OSError where this way is closed.
    """
    with inside(netns):
        asking = opener()  # it stays in the network namespace it was opened in
    with asking:
        space = memoryview(bytearray(BLOCK_BYTES))
        for family in FAMILIES:
            asking.send(
                sock_diag.dump_request(family, states=asked.states, extensions=extensions, bytecode=asked.bytecode)
            )
            yield from _blocks(asking, space)


def _blocks(asking: socket.socket, space: memoryview) -> Iterator[memoryview]:
    """One dump's answer, up to its end mark, gathered in `space`."""
    filled, ended = 0, False
    while not ended:
        if len(space) - filled < DATAGRAM_BYTES:
            yield space[:filled]
            filled = 0
        size = asking.recv_into(space[filled:], 0, socket.MSG_TRUNC)
        if size > len(space) - filled:
            raise CannotSee(f"the kernel sent a datagram of {size} bytes, more than there was room for")
        ended = sock_diag.ends_dump(space[filled : filled + size])
        filled += size
    yield space[:filled]


def read(wish: Wish, opener: Opener = open_netlink) -> Reading:
    """The TCP sockets of the network namespace, as asked. Raises CannotSee or OSError where sock_diag is closed."""
    try:
        return _read(wish, opener)
    except KernelRefused as refused:
        if wish.asked is None or refused.errno != errno.EINVAL:
            raise
    return _read(replace(wish, asked=None, begun=None), opener)  # a kernel that cannot filter tells everything


def _read(wish: Wish, opener: Opener) -> Reading:
    extensions = sock_diag.extensions_for(wish.columns)
    dump = wish.begun.dump if wish.begun else None
    replies, caveats = answer(
        lambda: sock_diag.replies_for(wish.columns),
        ask=lambda: record(extensions, wish.netns, opener, wish.asked or EVERY_SOCKET),
        recorded=dump.blocks(BLOCK_BYTES) if dump and dump.is_whole() else None,
    )
    replies.finish()
    with inside(wish.netns):
        interfaces = dict(socket.if_nameindex())
    columns = sock_diag.columns_of(replies, wish.columns, interfaces)
    return Reading(format=SOURCE.name, columns=columns, caveats=caveats)


def count_states(netns: str | None = None, opener: Opener = open_netlink) -> dict[str, int]:
    """How many TCP sockets are in each state, most first; the standard library counts them as they come."""
    counts, _ = answer(StateCounts, ask=lambda: record((), netns, opener))
    return counts.states


def answer(
    new: Callable[[], Taker],
    *,
    ask: Callable[[], Iterable[memoryview]],
    recorded: Iterable[memoryview] | None = None,
) -> tuple[Taker, tuple[str, ...]]:
    """The kernel's answer as a `new` taker took it in: the `recorded` one, or else what it says when asked.

    An interrupted answer is asked for again, a bounded number of times; after the last the caveat says so.
    """
    for _ in range(TRIES):
        taker = new()
        try:
            for block in ask() if recorded is None else recorded:
                taker.feed(block)
        except KernelRefused as refused:
            if refused.errno not in NO_SUCH_FAMILY or not taker.ended:
                raise
        except OSError as failed:
            if failed.errno not in ASK_AGAIN:
                raise
            taker.interrupted = True
        if not taker.interrupted:
            return taker, ()
        recorded = None
    return taker, (LOST_PIECES,)


SOURCE = Source(name="sock_diag", told_by="NETLINK_SOCK_DIAG", read=read)
