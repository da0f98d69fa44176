"""Times of entry, out of what a trace tells: kept while they are certain, forgotten where they no longer are."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from closewait.capture import entry_times
from closewait.capture.entry_times import EntryTimes
from closewait.diagnosis.lives import Ends
from closewait.errors import BadInput, CannotSee
from closewait.formats.trace_ring.layout import ring_layout
from closewait.formats.trace_ring.pages import decode
from closewait.formats.trace_ring.transitions import STATE_NUMBERS, Transitions
from closewait.testing import snapshot
from tests.formats.trace_ring.made_pages import EVENT, HEADER_PAGE, Told, event, page, pages, record

ENDS = Ends("10.0.0.1", 50000, "203.0.113.9", 443)
LAYOUT = ring_layout(HEADER_PAGE, EVENT)
ESTABLISHED, CLOSE_WAIT, LAST_ACK = (STATE_NUMBERS[name] for name in ("ESTABLISHED", "CLOSE_WAIT", "LAST_ACK"))


class ToldBefore:
    """A trace that tells what was put into it."""

    def __init__(self) -> None:
        self.batch = b""

    def read(self, wait_s: float) -> Transitions:
        """What was put in since the last time."""
        batch, self.batch = self.batch, b""
        return Transitions(decode(batch, LAYOUT))


@pytest.fixture
def trace() -> ToldBefore:
    """A trace that has told nothing yet."""
    return ToldBefore()


@pytest.fixture
def entered(trace: ToldBefore) -> EntryTimes:
    """Times of entry into CLOSE_WAIT."""
    return EntryTimes(trace, ["CLOSE_WAIT"])  # type: ignore[arg-type]  # it needs nothing else of a trace


def enters(socket: int = 1, after_ns: int = 5) -> Told:
    """The socket enters CLOSE_WAIT."""
    return Told(after_ns, socket, ESTABLISHED, CLOSE_WAIT)


def leaves(socket: int = 1, after_ns: int = 5) -> Told:
    """The socket leaves it."""
    return Told(after_ns, socket, CLOSE_WAIT, LAST_ACK)


def after(trace: ToldBefore, entered: EntryTimes, *batches: bytes) -> float | None:
    """When the socket with the known ends has entered, after these."""
    for trace.batch in batches:
        entered.update()
    return entered.entered_at("CLOSE_WAIT", ENDS)


def test_an_entry_holds_until_the_socket_leaves(trace: ToldBefore, entered: EntryTimes) -> None:
    """Over several updates; what comes and goes between two of them is never seen."""
    first = after(trace, entered, pages(0, [enters()]), pages(0, []))

    assert first is not None
    assert after(trace, entered, pages(9, [leaves()])) is None
    assert after(trace, entered, pages(20, [enters(), leaves()])) is None


def test_the_last_entry_counts(trace: ToldBefore, entered: EntryTimes) -> None:
    """The ends are used again within one update."""
    told = [enters(1, 1_000_000_000), leaves(1, 1_000_000_000), enters(2, 1_000_000_000)]
    at = after(trace, entered, pages(0, told))

    assert at is not None
    trace.batch = pages(0, [leaves(2, 4_000_000_000), enters(3, 1_000_000_000)])
    entered.update()
    assert entered.entered_at("CLOSE_WAIT", ENDS) == pytest.approx(at + 2, abs=0.5)


def test_two_with_the_same_ends_are_not_told_apart(trace: ToldBefore, entered: EntryTimes) -> None:
    """They live in two network namespaces; when one leaves, the other is certain again."""
    assert after(trace, entered, pages(0, [enters(1), enters(2)])) is None
    assert after(trace, entered, pages(50, [leaves(1)])) is not None


def test_what_was_lost_makes_all_uncertain(trace: ToldBefore, entered: EntryTimes) -> None:
    """A socket may have left unseen: nothing from before is told any more."""
    lost = page(100, [record(1, event(enters(2, 0)._replace(sport=1)))], lost=7)

    assert after(trace, entered, pages(0, [enters(1)]), lost) is None
    assert entered.lost == 7


def test_a_clock_that_is_set_moves_no_entry(
    trace: ToldBefore, entered: EntryTimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The age stays what it is: both its ends are told by the same clock."""
    before = after(trace, entered, pages(0, [enters()]))
    set_by_s, true_time = 3600.0, time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + set_by_s)
    now = after(trace, entered, pages(0, []))

    assert before is not None
    assert now is not None
    assert now - before == pytest.approx(set_by_s, abs=0.1)


@pytest.mark.parametrize("refusal", [CannotSee("no"), BadInput("another kernel's"), PermissionError(13, "no")])
def test_where_tracing_is_refused_a_look_stays_as_it_is(refusal: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason: a watch goes on with the bounds."""

    def refused(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(entry_times, "tracing", refused)
    look = snapshot("CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001 age=2s..5s")
    with entry_times.exact_ages() as exact:
        assert exact(look) is look


def test_a_trace_that_breaks_is_forgotten(
    trace: ToldBefore, entered: EntryTimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has left since is not known: no old entry is told of a new socket."""
    assert after(trace, entered, pages(0, [enters()])) is not None

    @contextmanager
    def ours(_: object) -> Iterator[EntryTimes]:
        yield entered

    def breaks() -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(entry_times, "entry_times", ours)
    monkeypatch.setattr(entered, "update", breaks)
    look = snapshot("CLOSE_WAIT 10.0.0.1:50000 203.0.113.9:443 age=2s..5s")
    with entry_times.exact_ages() as exact:
        assert exact(look) is look
    assert entered.entered_at("CLOSE_WAIT", ENDS) is None
