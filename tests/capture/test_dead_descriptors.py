"""Descriptors whose connection is gone, counted among real sockets of every other kind."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from closewait import capture
from closewait.capture import dead_descriptors
from tests.kernel_states import CLOSE_WITH_A_RESET, Namespace, namespace

MANY = 12  # more than a process may miss without being asked


@pytest.fixture
def ns() -> Iterator[Namespace]:
    """A network namespace of the test's own."""
    with namespace() as here:
        yield here


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    """Sockets that the test holds open until its end."""
    with ExitStack() as stack:
        yield stack


def connected() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


def reset() -> socket.socket:
    """The end of a connection that its other end has reset."""
    client, server = connected()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_A_RESET)
    server.close()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    return client


def dead_of_this_process(netns: str | None) -> int | None:
    """What a look says of this process; None where it says nothing."""
    processes = capture.look(netns=netns).processes.filter(pid=os.getpid())
    return processes["dead_descriptors"].item() if len(processes) else None


def test_what_was_reset_is_counted_and_nothing_else(kept: ExitStack) -> None:
    """Not what was never connected or only bound, no listener, no live connection, no socket of another family."""
    for _ in range(MANY):
        kept.enter_context(reset())
        kept.enter_context(socket.socket())
        kept.enter_context(socket.socket(socket.AF_UNIX))
        kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        for end in connected():
            kept.enter_context(end)

    assert dead_of_this_process(None) == MANY


def test_live_sockets_of_another_namespace_are_not_dead(ns: Namespace, kept: ExitStack) -> None:
    """A process of this namespace may hold them; no table that was looked at has them."""
    kept.enter_context(socket.create_server(("127.0.0.1", 0)))  # this process is seen here
    for _ in range(MANY):
        for end in ns.call(connected):
            kept.enter_context(end)

    assert dead_of_this_process(None) == 0


def test_a_process_of_another_namespace_is_not_asked(ns: Namespace, kept: ExitStack) -> None:
    """This process lives elsewhere: all its own sockets are missing from a look into that namespace."""
    kept.enter_context(ns.call(socket.create_server, ("127.0.0.1", 0)))  # it is seen there
    for _ in range(MANY):
        kept.enter_context(reset())

    assert dead_of_this_process(ns.path) is None


def test_a_few_missing_sockets_are_not_asked(kept: ExitStack) -> None:
    """Any program has a socket or two that are no TCP connections: that costs nothing, and nothing is said."""
    kept.enter_context(socket.create_server(("127.0.0.1", 0)))
    kept.enter_context(reset())

    assert dead_of_this_process(None) is None


@pytest.mark.parametrize("kind", ["file", "unix", "udp"])
def test_a_number_that_was_given_to_something_else_is_not_dead(kind: str, kept: ExitStack) -> None:
    """Between two questions a process may open anything there; no descriptor of ours is left open."""
    if kind == "file":
        copy = os.open("/dev/null", os.O_RDONLY)
    else:
        family, way = (socket.AF_UNIX, socket.SOCK_STREAM) if kind == "unix" else (socket.AF_INET, socket.SOCK_DGRAM)
        copy = socket.socket(family, way).detach()

    assert not dead_descriptors._has_lost_its_connection(copy)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(copy)
