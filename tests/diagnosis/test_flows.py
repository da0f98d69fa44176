"""What is said of conntrack's flows: that they are none of this host's sockets, and how many connections there are."""

from closewait import doctor
from closewait.formats import looks
from closewait.views.as_text import as_text

ROW = "tcp 6 {timer} {state} src=192.0.2.35 dst=198.51.100.9 sport={port} dport=80 src=… [ASSURED] use=1\n"


def because(text: str) -> str:
    """The evidence of the one finding in a listing."""
    (look,) = looks(text.encode(), "flows.txt")
    (finding,) = doctor.examine(lambda: look).findings

    assert finding.rule == "conntrack-view"
    return "\n".join((finding.says, *finding.because))


def test_one_connection_told_six_times_is_one() -> None:
    """A listing every five seconds shows the same flow with its timer running down."""
    said = because("".join(ROW.format(timer=55 - 5 * n, state="CLOSE_WAIT", port=35715) for n in range(6)))

    assert "6 rows in CLOSE_WAIT: one connection" in said
    assert "the timers have 30 s to 55 s left" in said
    assert "nf_conntrack_tcp_timeout_close_wait" in said


def test_other_connections_are_counted_apart() -> None:
    """Other ports are other connections; other states are not spoken of."""
    rows = [ROW.format(timer=55, state="CLOSE_WAIT", port=port) for port in (1, 2)]
    said = because("".join(rows) + ROW.format(timer=9, state="TIME_WAIT", port=3))

    assert "2 rows in CLOSE_WAIT: 2 connections" in said


def test_without_close_wait_no_timer_is_explained() -> None:
    """That they are no sockets is all there is to say."""
    said = because(ROW.format(timer=9, state="TIME_WAIT", port=3))

    assert "not sockets." in said
    assert "nf_conntrack_tcp_timeout_close_wait" not in said


def test_flows_are_not_called_sockets_nor_healthy() -> None:
    """The first line of the report says what was looked at."""
    rows = "".join(ROW.format(timer=9, state="CLOSE_WAIT", port=port) for port in range(10))
    (look,) = looks(rows.encode(), "flows.txt")
    headline, *_ = as_text(doctor.examine(lambda: look)).splitlines()

    assert headline == "flows.txt: 10 tracked flows, 1 finding, worst: warning"


def test_a_listing_without_flows_says_nothing() -> None:
    """All flows of a series of events have ended."""
    event = ROW.format(timer=9, state="TIME_WAIT", port=3)
    (look,) = looks(f"[NEW] {event}[DESTROY] {event}".encode(), "events.txt")

    assert doctor.examine(lambda: look).findings == ()
