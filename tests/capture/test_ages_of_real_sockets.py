"""The bounds of an age hold for real sockets whose age is known, and meet where they may.

Every socket is made at once, every FIN is sent at once, and one look judges them all: what the test knows of an age is
as exact as the moments around the FIN and around the look.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from closewait import capture
from tests.kernel_states import Namespace, namespace

BEFORE_THE_FIN_S = 1.2  # more than ages.QUIET_S
AFTER_THE_FIN_S = 2.6
TICKS_S = 0.02  # the kernel's clocks run in steps of 4 ms

Act = Callable[[socket.socket, socket.socket], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A connection: what is done to its ends at first, at the FIN and after it; which end is judged, and how."""

    what: str
    state: str
    at_first: Act = lambda near, far: None
    at_the_fin: Act = lambda near, far: near.shutdown(socket.SHUT_WR)
    later: Act = lambda near, far: None
    judged: str = "far"
    exact: bool = True
    has_upper_bound: bool = True


def keepalive(idle_s: int | None = None, interval_s: int | None = None) -> Act:
    """The judged end probes its peer."""

    def act(near: socket.socket, far: socket.socket) -> None:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if idle_s is not None:
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle_s)
        if interval_s is not None:
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval_s)

    return act


CASES = (
    Case("a FIN and nothing else", "CLOSE_WAIT"),
    Case("unread data long before the FIN", "CLOSE_WAIT", at_first=lambda near, far: near.sendall(bytes(100))),
    Case("the peer is gone altogether", "CLOSE_WAIT", at_the_fin=lambda near, far: near.close()),
    Case("keepalive, its first probe hours away", "CLOSE_WAIT", at_first=keepalive()),
    Case("keepalive, answered every second", "CLOSE_WAIT", at_first=keepalive(1, 1), exact=False),
    Case("keepalive, answered once, the next in 100 s", "CLOSE_WAIT", at_first=keepalive(2, 100), exact=False),
    Case("the program goes on sending", "CLOSE_WAIT", later=lambda near, far: far.sendall(b"more"), exact=False),
    Case("half closed, held", "FIN_WAIT_2", judged="near", exact=False),
    Case("half closed, held, and data still comes", "FIN_WAIT_2", later=lambda near, far: far.sendall(b"more"),
         judged="near", exact=False),
    Case("an orphan", "FIN_WAIT_2", at_the_fin=lambda near, far: near.close(), judged="near", exact=False,
         has_upper_bound=False),
    Case("closed by both", "TIME_WAIT", at_the_fin=lambda near, far: (near.close(), far.close())[0], judged="near"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """What the look said of a case, and what its age was: between the two, by the clock on the wall."""

    low_s: float | None
    high_s: float | None
    at_least_s: float
    at_most_s: float
    state: str


@pytest.fixture(scope="module")
def judged() -> Iterator[dict[str, Judged]]:
    """Every case played at once, and what one look says about each."""
    with namespace() as ns, ExitStack() as held:
        ends = {case.what: _connect(ns, held) for case in CASES}
        judged_ends = {case.what: _judged_end(case, *ends[case.what]) for case in CASES}
        for case in CASES:
            case.at_first(*ends[case.what])
        _wait_until(time.monotonic() + BEFORE_THE_FIN_S)
        fins = {}
        for case in CASES:
            began = time.monotonic()
            case.at_the_fin(*ends[case.what])
            fins[case.what] = began, time.monotonic()
        _wait_until(time.monotonic() + AFTER_THE_FIN_S)
        for case in CASES:
            case.later(*ends[case.what])
        look_began = time.monotonic()
        look = capture.look(holders=False, netns=ns.path)
        look_ended = time.monotonic()
        rows = {(row["local_port"], row["remote_port"]): row for row in look.sockets.iter_rows(named=True)}
        yield {
            what: Judged(
                low_s=rows[ports]["age_low_s"],
                high_s=rows[ports]["age_high_s"],
                at_least_s=look_began - fins[what][1],
                at_most_s=look_ended - fins[what][0],
                state=rows[ports]["state"],
            )
            for what, ports in judged_ends.items()
        }


def _connect(ns: Namespace, held: ExitStack) -> tuple[socket.socket, socket.socket]:
    listener = held.enter_context(ns.call(socket.create_server, ("127.0.0.1", 0)))
    near = held.enter_context(ns.call(socket.create_connection, listener.getsockname()))
    return near, held.enter_context(listener.accept()[0])


def _judged_end(case: Case, near: socket.socket, far: socket.socket) -> tuple[int, int]:
    """Local and remote port of the end that is judged, also after it was closed."""
    end = near if case.judged == "near" else far
    return end.getsockname()[1], end.getpeername()[1]


def _wait_until(moment: float) -> None:
    """Let time pass: an age is what is tested."""
    while (left_s := moment - time.monotonic()) > 0:
        time.sleep(left_s)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_bounds_enclose_the_age(case: Case, judged: dict[str, Judged]) -> None:
    """However the clocks were moved, the socket is at least and at most as old as we say."""
    found = judged[case.what]

    assert found.state == case.state
    assert found.low_s is not None
    assert found.low_s <= found.at_most_s + TICKS_S
    if case.has_upper_bound:
        assert found.high_s is not None
        assert found.high_s >= found.at_least_s - TICKS_S
    else:
        assert found.high_s is None


@pytest.mark.parametrize("case", [case for case in CASES if case.exact], ids=lambda case: case.what)
def test_the_age_is_exact_where_nothing_moved_the_clocks(case: Case, judged: dict[str, Judged]) -> None:
    """Both bounds are the age."""
    found = judged[case.what]

    assert found.low_s == found.high_s
    assert found.at_least_s - TICKS_S <= found.low_s <= found.at_most_s + TICKS_S


@pytest.mark.parametrize("case", [case for case in CASES if not case.exact], ids=lambda case: case.what)
def test_only_bounds_are_told_where_something_did(case: Case, judged: dict[str, Judged]) -> None:
    """No single number is claimed."""
    assert judged[case.what].low_s != judged[case.what].high_s
