"""Ages are bounds that always hold; they meet only where nothing can have moved the clocks."""

from typing import Any

import pytest

from closewait.snapshot.ages import with_ages
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.host import Host
from closewait.snapshot.table import frame

LINUX = Host(system="Linux", time_wait_s=60.0, fin_timeout_s=60.0)

#: A CLOSE_WAIT that 5 minutes ago received its last data, 4 minutes ago sent its last, and got a FIN 3 minutes ago.
QUIET: dict[str, Any] = {
    "state": "CLOSE_WAIT", "last_received_ms": 300_000, "last_sent_ms": 240_000, "last_ack_ms": 180_000,
    "timer": "off", "send_queue_bytes": 0, "rtt_us": 20_000,
}  # fmt: skip
BETWEEN = (180.0, 300.0)
EXACTLY = (180.0, 180.0)


def ages(host: Host = LINUX, **values: Any) -> tuple[float | None, float | None]:
    """The bounds of one socket."""
    aged = with_ages(frame(SOCKETS, {name: [value] for name, value in values.items()}), host)
    return aged["age_low_s"][0], aged["age_high_s"][0]


@pytest.mark.parametrize(
    ("what", "told", "expected"),
    [
        ("nothing since the FIN", {}, EXACTLY),
        ("we sent 1.1 s before the FIN", {"last_sent_ms": 181_100}, EXACTLY),
        ("we sent 0.9 s before the last segment: it may be an ACK of that", {"last_sent_ms": 180_900}, BETWEEN),
        ("the same over a slow link", {"last_sent_ms": 181_100, "rtt_us": 600_000}, BETWEEN),
        ("we sent after it, and wait for the ACK", {"last_sent_ms": 10, "send_queue_bytes": 5}, BETWEEN),
        ("unsent data", {"send_queue_bytes": 5}, BETWEEN),
        ("the send queue is not told", {"send_queue_bytes": None}, BETWEEN),
        ("the timer is not told", {"timer": None}, BETWEEN),
        ("the clock of sent data is not told", {"last_sent_ms": None}, BETWEEN),
        ("the first keepalive probe is hours away", {"timer": "keepalive", "timer_left_s": 7019.5}, EXACTLY),
        ("a probe was answered: the interval is left", {"timer": "keepalive", "timer_left_s": 75 - 180.0}, BETWEEN),
        ("the sum is the idle time, in whole seconds", {"timer": "keepalive", "timer_left_s": 7020.0}, BETWEEN),
        ("the same less a round trip", {"timer": "keepalive", "timer_left_s": 7019.98}, BETWEEN),
        ("the sum is within the longest possible age", {"timer": "keepalive", "timer_left_s": 60.5}, BETWEEN),
        ("a late timer says nothing", {"timer": "keepalive", "timer_left_s": 0.0}, BETWEEN),
        ("the time left is not told", {"timer": "keepalive", "timer_left_s": None}, BETWEEN),
        ("only the FIN's clock is told", {"last_received_ms": None, "last_sent_ms": None}, (180.0, None)),
    ],
)  # fmt: skip
def test_close_wait(what: str, told: dict[str, Any], expected: tuple[float, float | None]) -> None:
    """Between the last segment and the last data; exact where neither our data nor a probe can have been answered."""
    assert ages(**(QUIET | told)) == expected


def test_an_answered_probe_is_never_taken_for_the_fin() -> None:
    """Whatever idle time and interval the program chose, no moment after an answered probe is called exact."""
    called_exact = [
        (idle_s, interval_s, since_probe_s)
        for idle_s in (1, 10, 60, 600, 7200)
        for interval_s in (1, 30, 75, 76, 100, 1000, 30_000)
        for since_probe_s in (0.004, 0.5, 0.996)
        for left_s in (interval_s - since_probe_s - 0.02, idle_s - since_probe_s)
        if left_s >= 0 and len(set(after_a_probe(idle_s, since_probe_s, left_s))) == 1
    ]

    assert called_exact == []


def after_a_probe(idle_s: float, since_probe_s: float, left_s: float) -> tuple[float | None, float | None]:
    """The bounds for a socket whose FIN came `idle_s` before a probe that was answered."""
    return ages(
        **QUIET | {
            "timer": "keepalive",
            "timer_left_s": left_s,
            "last_ack_ms": int(since_probe_s * 1000),
            "last_received_ms": int((since_probe_s + idle_s + 0.3) * 1000),
            "last_sent_ms": int((since_probe_s + idle_s + 5) * 1000),
        }
    )  # fmt: skip


def test_fin_wait_2_with_a_holder() -> None:
    """The peer's last segment came at our FIN's ACK or later; our last data went before our FIN."""
    assert ages(state="FIN_WAIT_2", last_ack_ms=4000, last_sent_ms=9000, timer="off") == (4.0, 9.0)


@pytest.mark.parametrize(
    ("fin_timeout_s", "left_s", "expected"),
    [
        (60.0, 45.0, (15.0, None)),
        (3.0, 1.0, (2.0, None)),
        (62.0, 1.5, (2.5, None)),  # 2 s with clocks, then 2 s as a minisocket (measured)
        (10.0, 45.0, (None, None)),  # set to more by the program (TCP_LINGER2), or the setting changed meanwhile
        (None, 45.0, (None, None)),
    ],
)
def test_an_orphan_in_fin_wait_2(
    fin_timeout_s: float | None, left_s: float, expected: tuple[float | None, ...]
) -> None:
    """A minisocket tells only since when nobody holds it: at least that long it waits."""
    host = Host(fin_timeout_s=fin_timeout_s)

    assert ages(host, state="FIN_WAIT_2", timer="time_wait", timer_left_s=left_s) == expected


def test_time_wait() -> None:
    """What is gone of its timer; unknown where the timer's length is."""
    assert ages(state="TIME_WAIT", timer="time_wait", timer_left_s=44.5) == (15.5, 15.5)
    assert ages(Host(), state="TIME_WAIT", timer="time_wait", timer_left_s=44.5) == (None, None)


@pytest.mark.parametrize("state", ["ESTABLISHED", "SYN_SENT", "FIN_WAIT_1", "LAST_ACK", "CLOSING", "LISTEN", None])
def test_other_states_tell_no_age(state: str | None) -> None:
    """Their clocks say nothing about when the state began."""
    assert ages(**QUIET | {"state": state}) == (None, None)


def test_an_age_that_the_source_told_is_kept() -> None:
    """Windows' `netstat -i` tells the time in the state itself."""
    assert ages(**QUIET, age_low_s=7.0, age_high_s=8.0) == (7.0, 8.0)
    assert ages(**QUIET, age_low_s=7.0, age_high_s=None) == (7.0, None)
