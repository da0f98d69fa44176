"""Where messages begin and where their attributes lie, found for many messages at once.

Nothing here trusts a length: a message that claims to be shorter than its own header is an error, an attribute that
claims to reach beyond its message ends the search for attributes.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.errors import BadInput
from closewait.formats.sock_diag.layout import HEADER_BYTES, SOCKET_BYTES, Field
from closewait.records import record

Array = npt.NDArray[Any]
Places = npt.NDArray[np.int64]  # byte positions in a block

#: A dump of one kind of socket is one long run of equal lengths. After a short run, messages are walked one by one for
#: a while before the next look ahead, which costs as much as walking about fifty.
LOOK_AHEAD = 8
WALK = 256

#: Layouts of attributes compared in bulk. A kernel sends a handful; a forger may send a new one with each message.
LAYOUTS_IN_BULK = 24
ATTRIBUTES_IN_BULK = 32

ATTRIBUTES_AT = HEADER_BYTES + SOCKET_BYTES
ATTRIBUTE_HEADER_BYTES = 4
NLA_TYPE_MASK = 0x3FFF  # include/uapi/linux/netlink.h: the two highest bits are flags


class Block:
    """Bytes seen as numbers of each width. Netlink aligns all it sends to 4, and so are all positions."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        if len(data) % 4:
            data = bytes(data) + bytes(-len(data) % 4)
        octets = np.frombuffer(data, dtype=np.uint8)
        whole = memoryview(data).cast("B")
        self.one_word, self.one_half = whole.cast("I"), whole.cast("H")  # for looking at one number at a time
        self.views: Mapping[str, Array] = {dtype: octets.view(dtype) for dtype in ("=u1", "=u2", ">u2", "=u4")}
        self.words = self.views["=u4"]


class Structs:
    """One kernel struct in many messages, beginning at `places`."""

    def __init__(self, block: Block, places: Places) -> None:
        halved, quartered = places >> 1, places >> 2
        self._words, self._word_places = block.words, quartered
        self._by_type = {  # numbers of this type; the places counted in their width; how often that halves an offset
            "=u1": (block.views["=u1"], places, 0),
            "=u2": (block.views["=u2"], halved, 1),
            ">u2": (block.views[">u2"], halved, 1),
            "=u4": (block.words, quartered, 2),
        }

    def numbers(self, field: Field) -> Array:
        """`field` of each struct; a row of several numbers where the field has several."""
        if field.count > 1 or field.dtype == "=u8":
            rows = self._words[field.offset >> 2 :].take(self._word_places[:, None] + np.arange(field.size >> 2))
            return rows.view(field.dtype) if field.count > 1 else rows.view(field.dtype).ravel()
        view, places, halvings = self._by_type[field.dtype]
        found = view[field.offset >> halvings :].take(places)
        return (found >> field.shift) & ((1 << field.bits) - 1) if field.bits else found


def whole_messages(block: Block, size: int, position: int) -> tuple[Places, int]:
    """Where the whole messages among the first `size` bytes begin, and the aligned end of the last of them.

    `position` is the block's place in the recording, for the message of BadInput.
    """
    runs: list[Places] = []
    walked: list[int] = []
    at, walk = 0, 0
    while at + HEADER_BYTES <= size:
        length = block.one_word[at >> 2]
        if length < HEADER_BYTES:
            raise BadInput(
                f"byte {position + at}: a netlink message claims {length} bytes, but its header alone has "
                f"{HEADER_BYTES}; the recording is damaged there, or its host has another byte order"
            )
        if at + length > size:
            break
        stride = (length + 3) & ~3
        if walk:
            walked.append(at)
            walk -= 1
            at += stride
        else:
            end = at + stride * _alike(block.words, at, length, size)
            runs += [np.array(walked, dtype=np.int64), np.arange(at, end, stride)]
            walked.clear()
            walk = WALK if end - at < stride * LOOK_AHEAD else 0
            at = end
    return np.concatenate([*runs, np.array(walked, dtype=np.int64)]), at


def _alike(words: Array, at: int, length: int, size: int) -> int:
    """How many whole messages of `length` follow each other from `at`, looking ahead in growing steps."""
    stride = (length + 3) & ~3
    most = (size - at - length) // stride + 1
    seen, ahead = 1, LOOK_AHEAD
    while seen < most:
        upto = min(seen + ahead, most)
        equal = words[(at + seen * stride) >> 2 : (at + upto * stride - stride + 4) >> 2 : stride >> 2] == length
        if not equal.all():
            return seen + int(equal.argmin())
        seen, ahead = upto, ahead * 8
    return seen


@record
class Attribute:
    """One attribute in many messages: where its payload begins and how long it is; 0 bytes where it is missing."""

    at: Places
    size_bytes: Places


def attributes(block: Block, starts: Places, lengths: Array, wanted: Collection[int]) -> Mapping[int, Attribute]:
    """Where each of the `wanted` attributes lies in the socket messages at `starts`.

    Messages of one length with the same attribute headers share a layout, and are compared and located in bulk. What
    is left after the first few layouts is followed message by message, so that many layouts cost no more than one pass.
    """
    found = {kind: Attribute(np.zeros_like(starts), np.zeros_like(starts)) for kind in wanted}
    left = np.arange(len(starts)) if found else np.arange(0)
    for _ in range(LAYOUTS_IN_BULK):
        if not left.size:
            break
        first, length = int(starts[left[0]]), int(lengths[left[0]])
        headers = list(_headers(block, first, length))
        if len(headers) > ATTRIBUTES_IN_BULK:
            break
        alike = lengths[left] == length
        members = left[alike]
        same = np.ones(len(members), dtype=np.bool_)
        for offset, _, _ in headers:
            same &= block.words[offset >> 2 :].take(starts[members] >> 2) == block.one_word[(first + offset) >> 2]
        alike[alike] = same
        members = members[same]
        for offset, kind, size in reversed(headers):  # of two of a kind the first counts, as in ss
            if kind in found:
                found[kind].at[members] = starts[members] + (offset + ATTRIBUTE_HEADER_BYTES)
                found[kind].size_bytes[members] = size
        left = left[~alike]
    for row in left.tolist():
        start = int(starts[row])
        for offset, kind, size in _headers(block, start, int(lengths[row])):
            if kind in found and not found[kind].at[row]:
                found[kind].at[row] = start + offset + ATTRIBUTE_HEADER_BYTES
                found[kind].size_bytes[row] = size
    return found


def _headers(block: Block, start: int, length: int) -> Iterator[tuple[int, int, int]]:
    """(offset in the message, kind, payload bytes) of each attribute of one message, up to the first impossible one."""
    halves = block.one_half
    offset = ATTRIBUTES_AT
    while offset + ATTRIBUTE_HEADER_BYTES <= length:
        header = (start + offset) >> 1
        size, kind = halves[header], halves[header + 1] & NLA_TYPE_MASK
        if size < ATTRIBUTE_HEADER_BYTES or offset + size > length:
            return
        yield offset, kind, size - ATTRIBUTE_HEADER_BYTES
        offset += (size + 3) & ~3
