"""NETLINK_SOCK_DIAG, the kernel's own list of sockets: what to ask, and what the answers say.

A dump request names an address family, the states and the extensions wanted; the answer is a run of messages, one for
each socket, closed by an end mark. A live look and a saved answer (`ss -D FILE`, or our own recording) are read by the
same code:

    layout.py     the kernel's structs, as data
    framing.py    bytes → where each message and attribute lies
    replies.py    → raw numbers, thousands of messages at a time
    meaning.py    → columns of the one table

This file needs only the standard library, so that asking can begin before the heavy imports.
"""

import errno
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from closewait.errors import BadInput, KernelRefused
from closewait.formats.format import BytesFormat, ColumnValues, Reading
from closewait.formats.sock_diag import layout
from closewait.formats.sock_diag.layout import HEADER, HEADER_BYTES

if TYPE_CHECKING:
    from closewait.formats.sock_diag.replies import Replies

REQUEST = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2: family, protocol, extensions, states, no socket id
ATTRIBUTE = struct.Struct("=HH")
END_MARK_BYTES = HEADER_BYTES + 4

INTERRUPTED = (
    "The table of sockets changed while the kernel listed it (NLM_F_DUMP_INTR): a few rows may be missing or doubled."
)
NO_END_MARK = "The recording stops before the kernel's end mark: rows may be missing."


def dump_request(
    family: int, *, states: int = layout.EVERY_STATE, extensions: Collection[int] = (), bytecode: bytes = b""
) -> bytes:
    """The message that asks for every TCP socket of `family` (AF_INET or AF_INET6).

    `states` has bit N set for the kernel's state number N; `extensions` are attributes from 1 to 8 (the request has one
    byte for them); `bytecode` is a filter that the kernel runs on each socket (INET_DIAG_REQ_BYTECODE).
    """
    asked = sum(1 << (extension - 1) for extension in set(extensions))
    payload = REQUEST.pack(family, layout.IPPROTO_TCP, asked, states)
    if bytecode:
        payload += ATTRIBUTE.pack(ATTRIBUTE.size + len(bytecode), layout.INET_DIAG_REQ_BYTECODE)
        payload += bytecode + bytes(-len(bytecode) % 4)
    flags = layout.NLM_F_REQUEST | layout.NLM_F_DUMP
    return HEADER.pack(HEADER_BYTES + len(payload), layout.SOCK_DIAG_BY_FAMILY, flags, 1, 0) + payload


def extensions_for(wanted: Collection[str] | None) -> frozenset[int]:
    """The extensions that must be asked for to fill the `wanted` columns (None: all)."""
    asked = (layout.INET_DIAG_INFO, layout.INET_DIAG_SHUTDOWN)
    told_by = {extension: {field.name for field in layout.FIELDS[extension]} for extension in asked}
    return frozenset(asked if wanted is None else (e for e in asked if not told_by[e].isdisjoint(wanted)))


def ends_dump(piece: bytes | bytearray | memoryview) -> bool:
    """Whether `piece`, one datagram as the kernel sent it, holds the end mark of its dump or an error in its place."""
    if len(piece) < END_MARK_BYTES:
        return False
    if HEADER.unpack_from(piece)[1] == layout.NLMSG_ERROR:
        return True
    # A quick no for the thousands of datagrams in the middle: the mark comes last and its size is fixed.
    length, kind, *_ = HEADER.unpack_from(piece, len(piece) - END_MARK_BYTES)
    if (length, kind) != (END_MARK_BYTES, layout.NLMSG_DONE):
        return False
    at = 0
    while at < len(piece) - END_MARK_BYTES:
        at += max(HEADER_BYTES, (HEADER.unpack_from(piece, at)[0] + 3) & ~3)
    return at == len(piece) - END_MARK_BYTES


def raise_if_refused(verdict: int) -> None:
    """Raise KernelRefused for the number in an end mark or an error: the negative of an errno, or 0."""
    if verdict < 0:
        raise KernelRefused("list TCP sockets (sock_diag)", -verdict, errno.errorcode.get(-verdict, "unknown"))


def replies_for(wanted: Collection[str] | None = None) -> "Replies":
    """An empty collection of replies, to be fed, that gathers what the `wanted` columns (None: all) are made of."""
    from closewait.formats.sock_diag.meaning import COLUMNS, raw_fields
    from closewait.formats.sock_diag.replies import Replies

    return Replies(raw_fields(COLUMNS if wanted is None else wanted))


def columns_of(
    replies: "Replies", wanted: Collection[str] | None = None, interfaces: Mapping[int, str] | None = None
) -> dict[str, ColumnValues]:
    """The `wanted` columns (None: all) of what `replies` gathered; `interfaces` gives names by index."""
    from closewait.formats.sock_diag.meaning import COLUMNS, columns

    return columns(replies.raw(), replies.addresses, COLUMNS if wanted is None else wanted, interfaces or {})


def decode(
    pieces: Iterable[bytes | bytearray | memoryview], wanted: Collection[str] | None = None
) -> dict[str, ColumnValues]:
    """The `wanted` columns (None: all) of an answer in pieces, cut anywhere.

    Raises BadInput when they are no netlink messages or the last is cut, KernelRefused for an error in their place.
    """
    replies = replies_for(wanted)
    for piece in pieces:
        replies.feed(piece)
    replies.finish()
    return columns_of(replies, wanted)


def recognises(data: bytes) -> bool:
    """Whether `data` begins as a saved answer does: with a socket's message, or with the end mark of an empty one."""
    if len(data) < END_MARK_BYTES:
        return False
    length, kind, flags, _, _ = HEADER.unpack_from(data)
    if kind == layout.NLMSG_DONE:
        return bool(length == END_MARK_BYTES and not flags & 0xF000)
    family, state = data[HEADER_BYTES], data[HEADER_BYTES + 1]
    return (
        kind in layout.SOCKET_MESSAGES
        and length >= HEADER_BYTES + layout.SOCKET_BYTES
        and family in (layout.AF_INET, layout.AF_INET6)
        and state <= layout.BOUND_INACTIVE
    )


def read(data: bytes) -> Sequence[Reading]:
    """The one look of a saved answer; the families it holds follow each other as they were dumped."""
    replies = replies_for()
    try:
        replies.feed(data)
    except KernelRefused as refused:
        raise BadInput(f"the recording holds a refusal instead of sockets: {refused}") from None
    replies.finish()
    caveats = []
    if replies.interrupted:
        caveats.append(INTERRUPTED)
    if not replies.ended:
        caveats.append(NO_END_MARK)
    if replies.of_other_families:
        caveats.append(f"{replies.of_other_families} sockets that are not IP were passed over.")
    return (Reading(format=FORMAT.name, columns=columns_of(replies), caveats=tuple(caveats)),)


FORMAT = BytesFormat(
    name="sock_diag",
    told_by="`ss -D FILE`, or a recording of NETLINK_SOCK_DIAG replies",
    recognises=recognises,
    read=read,
)
