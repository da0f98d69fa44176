"""Pages of the ring buffer → the time and the record of each event, and how many were lost.

A page begins with its time and its length; then follow records, each with a header of 27 bits of nanoseconds since the
record before it and 5 bits of length or kind (kernel/trace/ring_buffer.c). A page that holds nothing but our event, as
nearly every page does under load, is one array; many of one length are decoded at once. Other pages are walked.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.errors import BadInput
from closewait.formats.trace_ring.layout import RECORD_HEADER_BYTES, Place, RingLayout
from closewait.records import record

Array = npt.NDArray[Any]

# In the word that tells a page's length (kernel/trace/ring_buffer.c).
LENGTH_MASK = 0xFFFFF
MISSED_STORED = 1 << 30  # how many is written behind the last record
MISSED_EVENTS = 1 << 31  # events before this page were overwritten

# Kinds of records, in the 5 bits that otherwise are a length in words (include/linux/ring_buffer.h).
KIND_BITS, KIND_MASK = 5, 31
PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31
DELTA_BITS = 27
TIME_STAMP_MASK = (1 << 59) - 1


@record
class Events:
    """Events in the order of their time (ns of the trace's clock), and what is missing before them.

    `lost` counts the events that pages say were overwritten; `uncounted` the pages that say so without a number.
    """

    time_ns: npt.NDArray[np.uint64]
    records: Array
    lost: int = 0
    uncounted: int = 0


def decode(contents: bytes | bytearray | memoryview, layout: RingLayout) -> Events:
    """The events of whole pages, one behind the other. Raises BadInput for bytes that are no such pages."""
    size = layout.page_bytes
    if len(contents) % size:
        raise BadInput(f"{len(contents)} bytes are no whole pages of {size} bytes")
    pages = np.frombuffer(contents, dtype=np.uint8).reshape(-1, size)
    told, lengths = _numbers(pages, layout.length), _numbers(pages, layout.length) & LENGTH_MASK
    if (lengths > size - layout.data_offset).any():
        raise BadInput("a page of the trace claims to be longer than it is")
    stamps = _numbers(pages, layout.stamp)
    times: list[Array] = [np.zeros(0, dtype=np.uint64)]
    records: list[Array] = [np.zeros(0, dtype=layout.event)]
    places: list[Array] = [np.zeros(0, dtype=np.int64)]
    walked = lengths > 0
    stride = layout.slot.itemsize
    for length in np.unique(lengths[walked & (lengths % stride == 0)]).tolist() if layout.words else []:
        numbers = np.flatnonzero(lengths == length)
        slots = _slots(pages, numbers, length, layout)
        uniform = _is_uniform(slots, layout)
        numbers, slots = numbers[uniform], slots[uniform]
        deltas = (slots["header"] >> KIND_BITS).astype(np.uint64)
        times.append((stamps[numbers, None] + np.cumsum(deltas, axis=1, dtype=np.uint64)).ravel())
        records.append(slots["event"].ravel())
        places.append((numbers[:, None] * size + np.arange(slots.shape[1])).ravel())
        walked[numbers] = False
    for number in np.flatnonzero(walked).tolist():
        first = layout.data_offset
        data = pages[number, first : first + int(lengths[number])].tobytes()
        found = list(_walk(data, int(stamps[number]), layout))
        times.append(np.array([time for time, _ in found], dtype=np.uint64))
        records.append(np.frombuffer(b"".join(octets for _, octets in found), dtype=layout.event))
        places.append(number * size + np.arange(len(found)))
    time_ns = np.concatenate(times)
    order = np.lexsort((np.concatenate(places), time_ns))  # of one time: as they came
    lost, uncounted = _lost(pages, told, lengths, layout)
    return Events(time_ns[order], np.concatenate(records)[order], lost, uncounted)


def _numbers(pages: Array, place: Place) -> npt.NDArray[np.uint64]:
    """The number at one place of each page."""
    octets = np.ascontiguousarray(pages[:, place.offset : place.end])
    return octets.view(f"=u{place.size}").ravel().astype(np.uint64)


def _slots(pages: Array, numbers: Array, length: int, layout: RingLayout) -> Array:
    """The bytes of some pages as if they held our event alone: a row for each page."""
    slot = layout.slot
    octets = np.ascontiguousarray(pages[numbers, layout.data_offset : layout.data_offset + length])
    return octets.view(slot).reshape(len(numbers), length // slot.itemsize)


def _is_uniform(slots: Array, layout: RingLayout) -> npt.NDArray[np.bool_]:
    """Which rows do hold our event alone."""
    ours = (slots["header"] & KIND_MASK == layout.words) & (slots["event"]["common_type"] == layout.event_id)
    uniform: npt.NDArray[np.bool_] = ours.all(axis=1)
    return uniform


def _walk(data: bytes, time_ns: int, layout: RingLayout) -> Iterator[tuple[int, bytes]]:
    """The time and the bytes of each of our events in one page, record by record. Raises BadInput."""
    event_bytes, at = layout.event.itemsize, 0
    while at + RECORD_HEADER_BYTES <= len(data):
        header, extra = _word(data, at), _word(data, at + 4)
        kind, delta = header & KIND_MASK, header >> KIND_BITS
        if kind == PADDING and delta == 0:
            return  # the rest of the page is empty
        begin, end = at + 4, at + 4 + 4 * kind
        if kind == TIME_STAMP:
            time_ns = time_ns & ~TIME_STAMP_MASK | (extra << DELTA_BITS) + delta & TIME_STAMP_MASK
            end = at + 8
        elif kind == TIME_EXTEND:
            time_ns += (extra << DELTA_BITS) + delta
            end = at + 8
        else:
            time_ns += delta
            if kind in (0, PADDING):
                begin, end = at + 8, at + 4 + extra
        if end > len(data) or end <= at:
            raise BadInput("a record of the trace reaches beyond its page")
        is_data = kind < PADDING
        if is_data and end - begin >= event_bytes and _event_id(data, begin, layout) == layout.event_id:
            yield time_ns & 0xFFFFFFFFFFFFFFFF, data[begin : begin + event_bytes]
        at = end


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], sys.byteorder)


def _event_id(data: bytes, begin: int, layout: RingLayout) -> int:
    kind, offset = layout.event.fields["common_type"][:2] if layout.event.fields else (np.dtype("=u2"), 0)
    return int.from_bytes(data[begin + offset : begin + offset + kind.itemsize], sys.byteorder)


def _lost(pages: Array, told: Array, lengths: Array, layout: RingLayout) -> tuple[int, int]:
    """How many events the pages say were lost before them, and how many pages say so without a number."""
    lost = uncounted = 0
    room = layout.page_bytes - layout.data_offset - layout.length.size
    for number in np.flatnonzero(told & MISSED_EVENTS).tolist():
        begin = layout.data_offset + int(lengths[number])
        if told[number] & MISSED_STORED and lengths[number] <= room:
            lost += int.from_bytes(pages[number, begin : begin + layout.length.size].tobytes(), sys.byteorder)
        else:
            uncounted += 1
    return lost, uncounted
