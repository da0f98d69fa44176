"""Each way of closing, for real, on a socket in each relevant state: what was felt and what was left is the table."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from closewait.actions.effects import EFFECTS, Effect, effect_on
from closewait.actions.identity import started_at_ticks
from closewait.actions.shutdown_socket import SO_COOKIE, shut_down
from closewait.errors import CannotAct
from tests.actions.closing_for_real import closed, found, measured, outcome, queued, situation, socket_id
from tests.kernel_states import DEADLINE_S, Namespace, namespace


@pytest.fixture(scope="module")
def ns() -> Iterator[Namespace]:
    """One namespace for all situations."""
    with namespace() as ns:
        yield ns


FROM_OUTSIDE = [effect for effect in EFFECTS if effect.how != "signal"]  # test_close.py has a program to signal


@pytest.mark.parametrize("effect", FROM_OUTSIDE, ids=lambda effect: f"{effect.how}-{effect.situation}")
def test_the_table_is_what_happens(effect: Effect, ns: Namespace) -> None:
    """What poll, recv and send give the program, what the peer gets, and both rows afterwards, are as written down."""
    assert measured(effect.how, effect.situation, ns) == effect


def test_a_listener_that_is_shut_down_listens_no_more(ns: Namespace) -> None:
    """accept() fails, and whoever waits in its queue is reset."""
    with queued(ns) as ends:
        cookie = struct.unpack("=Q", ends.here.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]
        shut_down(os.getpid(), started_at_ticks(os.getpid()), ends.here.fileno(), cookie, listening=True)

        assert outcome(ends.here.accept) == "EINVAL"
        assert ends.there is not None
        ends.there.settimeout(DEADLINE_S)
        assert outcome(lambda: ends.there and ends.there.recv(9)) == "ECONNRESET"


def test_a_situation_falls_back_on_its_state() -> None:
    """What is not measured apart is told as its state is."""
    assert effect_on("shutdown", "CLOSE_WAIT, not accepted") == effect_on("shutdown", "CLOSE_WAIT")
    assert effect_on("shutdown", "TIME_WAIT") is None


@pytest.mark.parametrize("how", ["shutdown", "destroy"])
def test_another_cookie_is_another_socket(how: str, ns: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that has taken the same ends meanwhile is not hit, and the error says why."""
    from tests.actions import closing_for_real

    with situation("CLOSE_WAIT", ns) as ends:
        row = found(ns, ends)
        assert row is not None
        monkeypatch.setattr(closing_for_real, "found", lambda *_: closing_for_real.Found("CLOSE_WAIT", row.cookie + 1))
        with pytest.raises(CannotAct, match="the cookie differs"):
            closed(how, ns, ends)
        monkeypatch.undo()

        assert found(ns, ends) == row
        assert socket_id(ends, row.cookie).cookie == row.cookie
