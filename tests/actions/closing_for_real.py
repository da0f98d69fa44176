"""Sockets in each relevant state, closed from outside, and what their program and their peer see afterwards."""

import errno
import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from closewait import capture
from closewait.actions import identity
from closewait.actions.destroy_socket import destroy
from closewait.actions.effects import Effect
from closewait.actions.shutdown_socket import shut_down
from closewait.formats.sock_diag.destroy import SocketId
from tests.kernel_states import DEADLINE_S, LOOPBACK, Ends, Namespace, ends_in

EVENTS = {
    select.POLLIN: "IN", select.POLLOUT: "OUT", select.POLLERR: "ERR", select.POLLHUP: "HUP", select.POLLRDHUP: "RDHUP",
}  # fmt: skip
DATA = b"hello"
HELD_BY_NOBODY, DATA_UNREAD, NOT_ACCEPTED = "no process", "data unread", "not accepted"
WITHOUT_PROGRAM = {"poll": "", "recv": "", "send": ""}
WITHOUT_PEER = {"peer_recv": "", "peer_send": ""}


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the kernel: its state and its cookie."""

    state: str
    cookie: int


@contextmanager
def situation(name: str, ns: Namespace) -> Iterator[Ends]:
    """The two ends of a connection in a situation of `actions/effects.py`: a state, and what is more about it."""
    state, _, more = name.partition(", ")
    if more == NOT_ACCEPTED:
        with queued(ns) as ends:
            yield ends
        return
    with ends_in("ESTABLISHED" if more == DATA_UNREAD else state, ns) as ends:
        if more == DATA_UNREAD:
            assert ends.there is not None
            ends.there.send(DATA)
            ends.there.shutdown(socket.SHUT_WR)
            wait_until(lambda: (row := found(ns, ends)) is not None and row.state == "CLOSE_WAIT")
        if more == HELD_BY_NOBODY:
            ends.here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
            ends.here.close()
        yield ends


@contextmanager
def queued(ns: Namespace) -> Iterator[Ends]:
    """A connection whose client has closed before anybody accepted it; `here` is the listener."""
    listener = ns.call(socket.create_server, (LOOPBACK[socket.AF_INET], 0))
    client = ns.call(socket.create_connection, listener.getsockname())
    with listener, client:
        client.shutdown(socket.SHUT_WR)
        ends = Ends(listener.getsockname(), client.getsockname(), listener, client)
        wait_until(lambda: (row := found(ns, ends)) is not None and row.state == "CLOSE_WAIT")
        yield ends


def found(ns: Namespace, ends: Ends, *, of_peer: bool = False) -> Found | None:
    """The kernel's row of this end, or of its peer; None where there is none."""
    here, there = (ends.remote, ends.local) if of_peer else (ends.local, ends.remote)
    look = capture.look(netns=ns.path, holders=False, tcp_info=False)
    for row in look.sockets.iter_rows(named=True):
        ours = (row["local_address"], row["local_port"]) == here
        if ours and row["state"] != "LISTEN" and (row["remote_address"], row["remote_port"]) == there:
            return Found(row["state"], row["cookie"])
    return None


def wait_until(condition: Callable[[], object]) -> None:
    """Return when it holds; TimeoutError when it does not in time."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > gives_up_at_s:
            raise TimeoutError("it did not come about")
        time.sleep(0.005)


def closed(how: str, ns: Namespace, ends: Ends) -> None:
    """Close this end from outside, as the command does it."""
    row = found(ns, ends)
    assert row is not None
    if how == "shutdown":
        shut_down(os.getpid(), identity.started_at_ticks(os.getpid()), ends.here.fileno(), row.cookie)
    else:
        ns.call(destroy, socket_id(ends, row.cookie))


def socket_id(ends: Ends, cookie: int) -> SocketId:
    """This end as the kernel is asked for it."""
    assert ends.remote is not None
    return SocketId(":" in ends.local[0], *ends.local, *ends.remote, interface=0, cookie=cookie)


def measured(how: str, name: str, ns: Namespace) -> Effect:
    """Close a socket in that situation and see what is left, what its program gets, and what its peer gets."""
    with situation(name, ns) as ends:
        closed(how, ns, ends)
        here_after, there_after = settled(ns, ends)
        has_program = HELD_BY_NOBODY not in name and name != "SYN_RECEIVED"
        program = seen_by_the_program(ends.here, is_queued=NOT_ACCEPTED in name) if has_program else WITHOUT_PROGRAM
        peer = seen_by_the_peer(ends.there) if "SYN" not in name else WITHOUT_PEER
        return Effect(how, name, **program, **peer, here_after=here_after, there_after=there_after)


def seen_by_the_peer(there: socket.socket | None) -> Mapping[str, str]:
    """What recv, then send give the peer's program."""
    assert there is not None
    there.settimeout(0)
    return {"peer_recv": outcome(lambda: there.recv(100)), "peer_send": outcome(lambda: there.send(b"x"))}


def seen_by_the_program(here: socket.socket, *, is_queued: bool) -> Mapping[str, str]:
    """What poll, then recv, then send twice give the program."""
    if is_queued:
        here, _ = here.accept()
    here.settimeout(0)
    poll = select.poll()
    poll.register(here, sum(EVENTS))
    told = poll.poll(0)
    events = told[0][1] if told else 0
    seen = {
        "poll": " ".join(word for bit, word in EVENTS.items() if events & bit) or "nothing",
        "recv": outcome(lambda: here.recv(100)),
        "send": ", then ".join(dict.fromkeys(outcome(lambda: here.send(b"x")) for _ in range(2))),
    }
    if is_queued:
        here.close()
    return seen


def outcome(call: Callable[[], object]) -> str:
    """What a call gives: `the end`, `the data`, `sent`, or the name of its error."""
    try:
        given = call()
    except (BlockingIOError, TimeoutError):
        return "nothing yet"
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    if isinstance(given, bytes):
        return "the data" if given else "the end"
    return "sent"


def settled(ns: Namespace, ends: Ends) -> tuple[str, str]:
    """The states of both ends once they are the same in two looks, a moment apart; `gone` where there is no row."""
    before: tuple[str, str] | None = None
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < gives_up_at_s:
        rows = found(ns, ends), found(ns, ends, of_peer=True)
        now = tuple(row.state if row else "gone" for row in rows)
        if now == before:
            return now[0], now[1]
        before = now[0], now[1]
        time.sleep(0.05)  # the delayed acknowledgement of a FIN takes up to 40 ms
    raise TimeoutError(f"the ends do not settle: {before}")
