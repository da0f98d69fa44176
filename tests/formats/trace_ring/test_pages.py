"""Pages of the ring buffer: what was written is read, what is missing is counted, and no bytes are a surprise."""

import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats.trace_ring.layout import ring_layout
from closewait.formats.trace_ring.pages import Events, decode
from tests.formats.trace_ring import made_pages
from tests.formats.trace_ring.made_pages import (
    EVENT,
    HEADER_PAGE,
    MISSED_EVENTS,
    OLDER_EVENT,
    PAGE_BYTES,
    Told,
    absolute,
    discarded,
    event,
    page,
    pages,
    record,
)

LAYOUT = ring_layout(HEADER_PAGE, EVENT)
ANOTHER_EVENT = struct.pack("=HBBi", 17, 0, 0, 1) + bytes(24)

tolds = st.tuples(
    st.one_of(st.integers(0, 1000), st.integers(0, 1 << 40)),  # ns
    st.integers(1, (1 << 64) - 1),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 65535),
).map(lambda told: Told(*told))


def read(events: Events) -> list[tuple[int, int, int, int, int]]:
    """What stands in the columns."""
    return list(
        zip(
            events.time_ns.tolist(),
            *(events.records[name].tolist() for name in ("skaddr", "oldstate", "newstate", "sport")),
            strict=True,
        )
    )


@given(st.lists(tolds, max_size=130), st.integers(0, 1 << 50))
def test_what_was_written_is_read(told: list[Told], stamp_ns: int) -> None:
    """Every event with its time, over pages that hold nothing else and pages with long pauses."""
    times = accumulate((one.delta_ns for one in told), initial=stamp_ns)
    next(times)

    expected = [(time, *one[1:5]) for time, one in zip(times, told, strict=True)]
    assert read(decode(pages(stamp_ns, told), LAYOUT)) == expected


def test_full_pages_are_read_as_quickly_as_partly_filled_ones_are_read_right() -> None:
    """53 events fill a page: six pages, of which the last holds one, and all 266 come in order."""
    written = pages(1_000, [Told(10, socket=number) for number in range(1, 267)])

    assert len(written) == 6 * PAGE_BYTES
    assert read(decode(written, LAYOUT)) == [(1_000 + 10 * n, n, 1, 4, 50000) for n in range(1, 267)]


def test_other_records_are_passed_over() -> None:
    """Another event, one that was taken back, and the empty rest of a page; their time passes all the same."""
    records = [
        record(5, ANOTHER_EVENT),
        record(7, event(Told(0, socket=1))),
        discarded(3, 72),
        record(2, bytes(200)),
        record(4, event(Told(0, socket=2))),
        struct.pack("=I", 29),
        bytes(8),
    ]

    assert [row[:2] for row in read(decode(page(100, records), LAYOUT))] == [(112, 1), (121, 2)]


def test_an_absolute_time_replaces_what_was_counted() -> None:
    """Its upper bits are those of the page."""
    records = [absolute(5_000_000_000), record(1, event(Told(0)))]

    assert decode(page(1 << 60, records), LAYOUT).time_ns.tolist() == [(1 << 60 | 5_000_000_000) + 1]


def test_processors_are_put_in_order() -> None:
    """Pages of two processors tell one story; at the same time what came first stays first."""
    first = page(100, [record(10, event(Told(0, socket=1))), record(20, event(Told(0, socket=3)))])
    second = page(100, [record(20, event(Told(0, socket=2))), record(10, event(Told(0, socket=4)))])

    assert [row[1] for row in read(decode(first + second, LAYOUT))] == [1, 2, 3, 4]


def test_what_was_lost_is_counted() -> None:
    """By the page behind the gap, with a number where there was room for it."""
    one = [record(1, event(Told(0)))]
    told = decode(page(0, one, lost=1234) + page(0, one) + page(0, one, flags=MISSED_EVENTS), LAYOUT)

    assert (told.lost, told.uncounted, len(told.time_ns)) == (1234, 1, 3)


def test_another_layout_is_read_by_its_description() -> None:
    """An older kernel's event: its protocol is one byte, and all behind it stands one byte earlier."""
    told = Told(9, sport=8080)
    octets = event(told)
    older = octets[:30] + octets[30:31] + octets[32:] + b"\0"

    found = decode(page(0, [record(9, older)]), ring_layout(HEADER_PAGE, OLDER_EVENT))

    assert (found.records["protocol"].tolist(), found.records["sport"].tolist()) == ([6], [8080])
    assert found.records["saddr"].tobytes() == told.local


@given(st.binary(max_size=3 * PAGE_BYTES))
def test_any_bytes_are_events_or_bad_input(octets: bytes) -> None:
    """Never a surprise."""
    try:
        decode(octets, LAYOUT)
    except BadInput:
        return


@given(st.lists(tolds, min_size=1, max_size=60), st.data())
def test_damaged_pages_are_events_or_bad_input(told: list[Told], data: st.DataObject) -> None:
    """Bytes changed anywhere in real pages."""
    octets = bytearray(pages(0, told))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(octets, LAYOUT)
    except BadInput:
        return


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (bytes(100), "no whole pages"),
        (struct.pack("=QQ", 0, 4081).ljust(PAGE_BYTES, b"\0"), "longer than it is"),
        (page(0, [struct.pack("=I", 28 | 1 << 5)]), "beyond its page"),
        (page(0, [struct.pack("=II", 0, 1 << 30)]), "beyond its page"),
    ],
)
def test_what_is_no_page_is_said(octets: bytes, says: str) -> None:
    """One clear sentence."""
    with pytest.raises(BadInput, match=says):
        decode(octets, LAYOUT)


@given(st.text(max_size=300))
def test_any_description_is_a_layout_or_bad_input(text: str) -> None:
    """The kernel's texts are trusted no more than its bytes."""
    for page_text, event_text in ((text, EVENT), (HEADER_PAGE, text), (HEADER_PAGE, EVENT.replace("offset:8", text))):
        try:
            ring_layout(page_text, event_text)
        except BadInput:
            continue


def test_a_description_says_what_it_lacks() -> None:
    """A kernel whose event has no family is told so."""
    with pytest.raises(BadInput, match="lacks family"):
        ring_layout(HEADER_PAGE, EVENT.replace("__u16 family", "__u16 kin"))
    with pytest.raises(BadInput, match="sport in a size"):
        ring_layout(HEADER_PAGE, EVENT.replace("sport;\toffset:24;\tsize:2", "sport;\toffset:24;\tsize:3"))


def test_the_hand_made_event_has_the_size_that_is_described() -> None:
    """72 bytes, 76 with their header."""
    assert (len(made_pages.event(Told(0))), LAYOUT.event.itemsize, LAYOUT.slot.itemsize) == (72, 72, 76)
