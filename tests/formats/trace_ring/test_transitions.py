"""What the events say: names instead of numbers, addresses as text, and nobody where an interrupt did it."""

import pytest

from closewait.formats.trace_ring.layout import ring_layout
from closewait.formats.trace_ring.pages import decode
from closewait.formats.trace_ring.transitions import Transition, Transitions
from tests.formats.trace_ring.made_pages import AF_INET6, EVENT, HEADER_PAGE, SCTP, Told, pages

LAYOUT = ring_layout(HEADER_PAGE, EVENT)
LOOPBACK, MAPPED = bytes(15) + b"\x01", bytes(10) + b"\xff\xff\x0a\x00\x00\x09"


def transitions(*told: Told) -> Transitions:
    """What the reader makes of these events."""
    return Transitions(decode(pages(1_000, told), LAYOUT))


def test_a_transition_is_told_in_words() -> None:
    """States by their names, addresses as `ss` writes them, a port that is not chosen yet as none."""
    told = transitions(
        Told(5, socket=7, before=7, after=2, sport=0),
        Told(5, socket=8, before=1, after=8, family=AF_INET6, local=LOOPBACK, remote=MAPPED, flags=0x10),
    )

    assert list(told.rows()) == [
        Transition(1_005, 7, "CLOSED", "SYN_SENT", "10.0.0.1", None, "203.0.113.9", 443, 4121),
        Transition(1_010, 8, "ESTABLISHED", "CLOSE_WAIT", "::1", 50000, "::ffff:10.0.0.9", 443, None),
    ]


@pytest.mark.parametrize(("flags", "thread"), [(0x00, 4121), (0x05, 4121), (0x10, None), (0x08, None), (0x40, None)])
def test_only_a_tasks_own_call_names_it(flags: int, thread: int | None) -> None:
    """In an interrupt the task that ran meanwhile had nothing to do with it."""
    assert [row.thread for row in transitions(Told(1, flags=flags)).rows()] == [thread]


def test_other_protocols_are_left_out() -> None:
    """SCTP has states of the same numbers."""
    told = transitions(Told(1, socket=1), Told(1, socket=2, protocol=SCTP), Told(1, socket=3))

    assert [row.socket for row in told.rows()] == [1, 3]
    assert told.counts() == {("ESTABLISHED", "FIN_WAIT_1"): 2}


def test_numbers_that_no_kernel_has_are_unknown_states() -> None:
    """Negative ones and large ones too."""
    told = transitions(Told(1, before=-1, after=300), Told(1, before=0, after=12))

    assert [(row.before, row.after) for row in told.rows()] == [("UNKNOWN", "UNKNOWN"), ("UNKNOWN", "SYN_RECEIVED")]


def test_nothing_is_no_transition() -> None:
    """An empty trace has no rows and no counts."""
    told = transitions()

    assert (len(told), list(told.rows()), told.counts()) == (0, [], {})
