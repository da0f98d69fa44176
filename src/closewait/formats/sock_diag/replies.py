"""The kernel's answers taken in: raw numbers of thousands of messages gathered by a few numpy calls for each field.

Pieces may be cut anywhere: feeding an answer piece by piece gives the same rows as feeding it whole. Only what is
wanted is gathered, so counting states costs little more than the kernel's own dump. What the numbers mean is in
`meaning.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.errors import BadInput
from closewait.formats.sock_diag import layout, raise_if_refused
from closewait.formats.sock_diag.address_book import AddressBook
from closewait.formats.sock_diag.framing import Array, Attribute, Block, Places, Structs, attributes, whole_messages
from closewait.formats.sock_diag.layout import AF_INET6, HEADER_BYTES, SOCKET_BYTES, Field
from closewait.records import record

#: Messages decoded at a time: with tcp_info about 1.6 MB, which stays in the processor's cache.
BATCH_MESSAGES = 4096

# Of struct nlmsghdr; and behind it, in an end mark or an error: the negative of an errno, or 0.
LENGTH, KIND, FLAGS = Field("length", 0, "=u4"), Field("kind", 4, "=u2"), Field("flags", 6, "=u2")
VERDICT = Field("verdict", HEADER_BYTES, "=u4")

IS_SOCKET = np.isin(np.arange(256), layout.SOCKET_MESSAGES)  # by message type; none is above 255
IS_IP = np.isin(np.arange(256), (layout.AF_INET, layout.AF_INET6))  # by family


@record
class Told:
    """One field in many messages: its numbers, and which of them were told at all (None: every one)."""

    numbers: Array
    told: npt.NDArray[np.bool_] | None = None


class Replies:
    """Answers to one or more dump requests, gathered piece by piece.

    `fields` names the fields of `layout.FIELDS` to gather.
    """

    def __init__(self, fields: Collection[str]) -> None:
        self.ended = 0  # end marks seen: one for each dump
        self.interrupted = False  # NLM_F_DUMP_INTR: the table changed meanwhile, ask again
        self.of_other_families = 0  # messages about sockets that are not IP
        self.rows = 0
        self.addresses = AddressBook()  # what the numbers of the address fields stand for
        self._fields = _by_place(fields)
        self._position = 0  # of the first byte not yet taken in
        self._pending = bytearray()  # the beginning of a message whose end has not come yet
        self._padding = 0  # bytes still to come between the last message and the next
        self._chunks: dict[str, list[Told]] = {}

    def feed(self, piece: bytes | bytearray | memoryview) -> None:
        """Take in another piece; its last message may end in the next one.

        Raises KernelRefused for an error in place of an answer, BadInput for bytes that are no netlink messages.
        """
        padding = min(self._padding, len(piece))
        piece = memoryview(piece)[padding:]
        self._padding -= padding
        self._position += padding
        if self._pending:
            self._pending += piece
            if len(self._pending) < _first_length(self._pending):
                return
            piece, self._pending = memoryview(self._pending), bytearray()
        block = Block(piece)
        starts, end = whole_messages(block, len(piece), self._position)
        for first in range(0, len(starts), BATCH_MESSAGES):
            self._take_in(block, starts[first : first + BATCH_MESSAGES])
        self._pending += piece[end:]
        self._padding = max(0, end - len(piece))
        self._position += min(end, len(piece))

    def finish(self) -> None:
        """Say that nothing more comes. Raises BadInput when the last message is cut."""
        if self._pending:
            raise BadInput(
                f"byte {self._position}: the last netlink message is cut after {len(self._pending)} bytes; "
                "record the dump again, or cut the file there"
            )

    def raw(self) -> Mapping[str, Told]:
        """Every field gathered so far, `rows` numbers each. The chunks are given up as they are joined."""
        return {field.name: self._joined(field) for fields in self._fields.values() for field in fields}

    def _joined(self, field: Field) -> Told:
        chunks = self._chunks.pop(field.name, [])
        if not chunks:
            return Told(np.zeros(0, dtype=_joined_type(field)))
        told = None
        if any(chunk.told is not None for chunk in chunks):
            told = np.concatenate([_flags(chunk) for chunk in chunks])
        return Told(np.concatenate([chunk.numbers for chunk in chunks], dtype=_joined_type(field)), told)

    def _take_in(self, block: Block, starts: Places) -> None:
        headers = Structs(block, starts)
        lengths, kinds = headers.numbers(LENGTH), headers.numbers(KIND)
        self.interrupted |= bool((headers.numbers(FLAGS) & layout.NLM_F_DUMP_INTR).any())
        sockets = IS_SOCKET[np.minimum(kinds, len(IS_SOCKET) - 1)]
        if not sockets.all():
            self._note(block, starts[~sockets], kinds[~sockets], lengths[~sockets])
            starts, lengths = starts[sockets], lengths[sockets]
        families = block.views["=u1"].take(starts + HEADER_BYTES, mode="clip")
        ip = IS_IP[families] & (lengths > HEADER_BYTES)
        if not ip.all():
            self.of_other_families += int((~ip).sum())
            starts, lengths, families = starts[ip], lengths[ip], families[ip]
        if starts.size:
            self._gather(block, starts, lengths, families)

    def _note(self, block: Block, starts: Places, kinds: Array, lengths: Array) -> None:
        """Take in what is not a socket: end marks and errors; anything else is passed over."""
        self.ended += int((kinds == layout.NLMSG_DONE).sum())
        verdicts = ((kinds == layout.NLMSG_DONE) | (kinds == layout.NLMSG_ERROR)) & (lengths >= HEADER_BYTES + 4)
        for verdict in Structs(block, starts[verdicts]).numbers(VERDICT).view(np.int32).tolist():
            raise_if_refused(verdict)

    def _gather(self, block: Block, starts: Places, lengths: Array, families: Array) -> None:
        short = lengths < HEADER_BYTES + SOCKET_BYTES
        if short.any():
            raise BadInput(
                f"byte {self._position + int(starts[short][0])}: a socket message of {int(lengths[short][0])} bytes, "
                f"but the header and struct inet_diag_msg alone have {HEADER_BYTES + SOCKET_BYTES}"
            )
        self.rows += len(starts)
        sockets = Structs(block, starts + HEADER_BYTES)
        for field in self._fields.get(layout.SOCKET, ()):
            numbers = sockets.numbers(field)
            self._keep(field, Told(self.addresses.codes(numbers, families == AF_INET6) if field.count > 1 else numbers))
        kinds = self._fields.keys() - {layout.SOCKET}
        for kind, attribute in attributes(block, starts, lengths, kinds).items():
            self._gather_attribute(block, attribute, self._fields[kind])

    def _gather_attribute(self, block: Block, attribute: Attribute, fields: Sequence[Field]) -> None:
        """Gather `fields` of an attribute that may be missing from some messages, or too short to hold them."""
        least = int(attribute.size_bytes.min())
        everywhere = Structs(block, attribute.at)
        for field in fields:
            if field.end <= least:
                self._keep(field, Told(everywhere.numbers(field)))
                continue
            told = attribute.size_bytes >= field.end
            numbers = np.zeros(len(told), dtype=field.dtype)
            numbers[told] = Structs(block, attribute.at[told]).numbers(field)
            self._keep(field, Told(numbers, told))

    def _keep(self, field: Field, told: Told) -> None:
        self._chunks.setdefault(field.name, []).append(told)


def _by_place(names: Collection[str]) -> Mapping[int, tuple[Field, ...]]:
    """The named fields by the attribute they lie in, or SOCKET."""
    chosen = {kind: tuple(f for f in fields if f.name in names) for kind, fields in layout.FIELDS.items()}
    return {kind: fields for kind, fields in chosen.items() if fields}


def _first_length(pending: bytearray) -> int:
    """How many bytes the pending message needs, as far as it is known."""
    if len(pending) < HEADER_BYTES:
        return HEADER_BYTES
    return int(layout.HEADER.unpack_from(pending)[0])


def _joined_type(field: Field) -> np.dtype[Any]:
    """64 bits, which the one table takes over without a copy; small numbers and codes stay as they are."""
    if field.count > 1:
        return np.dtype(np.uint32)
    return np.dtype(field.dtype if field.dtype in ("=u1", "=u8") else np.int64)


def _flags(chunk: Told) -> npt.NDArray[np.bool_]:
    return np.ones(len(chunk.numbers), dtype=np.bool_) if chunk.told is None else chunk.told
