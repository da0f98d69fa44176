"""A mixture of real sockets in one network namespace: every kind that a busy host has, a few thousand in a second."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.kernel_states import Namespace, wait_until_nothing_is_on_its_way

Act = Callable[[socket.socket, socket.socket], None]

ANOTHER_UID = 4711
WAITS_FOR_ITS_END = "import sys; sys.stdin.read()"

#: Family, where a listener is bound, where its clients connect to.
PLACES = (
    (socket.AF_INET, "0.0.0.0", "127.0.0.1"),
    (socket.AF_INET, "127.0.0.5", "127.0.0.5"),
    (socket.AF_INET6, "::1", "::1"),
    (socket.AF_INET6, "::", "::ffff:127.0.0.9"),  # IPv4 over IPv6 sockets
)


def idle(near: socket.socket, far: socket.socket) -> None:
    """Nothing is said."""


def talks(near: socket.socket, far: socket.socket) -> None:
    """A question and an answer, both read."""
    near.sendall(b"question")
    far.recv(100)
    far.sendall(b"a longer answer")
    near.recv(100)


def keeps_alive(near: socket.socket, far: socket.socket) -> None:
    """A keepalive timer of 5 minutes runs."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300)


def leaves_unread(near: socket.socket, far: socket.socket) -> None:
    """100 bytes wait for a reader."""
    near.sendall(bytes(100))


def floods(near: socket.socket, far: socket.socket) -> None:
    """The writer is blocked by a reader that does not read: a zero window, probed."""
    far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    near.setblocking(False)
    try:
        while True:
            near.send(bytes(1 << 16))
    except BlockingIOError:
        return


def half_closes(near: socket.socket, far: socket.socket) -> None:
    """FIN_WAIT_2 here, CLOSE_WAIT there, both held."""
    near.shutdown(socket.SHUT_WR)


def closes(near: socket.socket, far: socket.socket) -> None:
    """CLOSE_WAIT there; FIN_WAIT_2 here, an orphan."""
    near.close()


def both_close(near: socket.socket, far: socket.socket) -> None:
    """TIME_WAIT."""
    near.close()
    far.close()


def is_anothers(near: socket.socket, far: socket.socket) -> None:
    """The socket belongs to another user."""
    os.fchown(near.fileno(), ANOTHER_UID, -1)


ACTS: tuple[Act, ...] = (
    idle, talks, keeps_alive, leaves_unread, half_closes, closes, both_close, is_anothers,
)  # fmt: skip
FLOODS = 3  # each holds megabytes


@dataclass(frozen=True, slots=True)
class Mixture:
    """What was made that a test needs to know."""

    sharer: int  # a process that holds some of the sockets too
    shared: frozenset[int]  # their inodes


@contextmanager
def mixture(ns: Namespace, connections: int) -> Iterator[Mixture]:
    """About `connections` connections of every kind (most have two rows), and listeners of every kind."""
    with ExitStack() as held:
        pairs = [pair for place in PLACES for pair in ns.call(_connect, held, *place, connections // len(PLACES))]
        ns.call(_listen, held)
        for number, (near, far) in enumerate(pairs[FLOODS:], start=FLOODS):
            ACTS[number % len(ACTS)](near, far)
        wait_until_nothing_is_on_its_way(ns.call)
        for near, far in pairs[:FLOODS]:
            floods(near, far)
        shared = [near for near, _ in pairs[:: len(ACTS)]]
        sharer = subprocess.Popen(
            [sys.executable, "-c", WAITS_FOR_ITS_END],
            stdin=subprocess.PIPE,
            pass_fds=[near.fileno() for near in shared],
        )
        held.callback(sharer.communicate)
        yield Mixture(sharer.pid, frozenset(os.fstat(near.fileno()).st_ino for near in shared))


def _connect(
    held: ExitStack, family: socket.AddressFamily, bound: str, reached: str, count: int
) -> list[tuple[socket.socket, socket.socket]]:
    """`count` accepted connections, every fifth from a socket bound to the loopback interface."""
    listener = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
    listener.bind((bound, 0))
    listener.listen(16)
    port, pairs = listener.getsockname()[1], []
    for number in range(count):
        near = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if number % 5 == 0:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        near.connect((reached, port))
        pairs.append((near, held.enter_context(listener.accept()[0])))
    return pairs


def _listen(held: ExitStack) -> None:
    """Listeners with clients that wait to be accepted, one of which has left; one for IPv6 only; a bound port."""
    busy = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=7))
    clients = [held.enter_context(socket.create_connection(busy.getsockname())) for _ in range(3)]
    clients[0].close()
    held.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6))  # says IPv6 only
    bound = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    bound.bind(("127.0.0.1", 0))
