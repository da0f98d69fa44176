"""Actors that several scenes share. Each runs in a process of its own, on blocking sockets, one thing after another.

What an actor returns it holds on to until the end of the scene.
"""

import selectors
import socket
import time
from collections.abc import Sequence
from itertools import count, cycle, islice

from closewait.lab.stage import Address

GREETING = b"hello\n"


def read_to_the_end(connection: socket.socket) -> socket.socket:
    """Read until the peer's FIN has been taken (`recv` returns nothing), and hand the socket back still open."""
    while connection.recv(65536):
        pass
    return connection


def echo(listener: socket.socket) -> None:
    """A healthy server: send back what comes, and close each connection as soon as its peer has."""
    watched = selectors.DefaultSelector()
    watched.register(listener, selectors.EVENT_READ, listener)
    while True:
        for key, _ in watched.select():
            ready: socket.socket = key.data
            if ready is listener:
                connection, _ = listener.accept()
                watched.register(connection, selectors.EVENT_READ, connection)
            elif message := ready.recv(65536):
                ready.sendall(message)
            else:
                watched.unregister(ready)
                ready.close()


def visit_and_hang_up(server: Address, visits: int, request_bytes: Sequence[int], growth_per_s: float = 0.0) -> None:
    """Connect, send a request, close; `visits` times at once, then `growth_per_s` times each second.

    The sizes of the requests go round `request_bytes`.
    """
    sizes = cycle(request_bytes)
    for size in islice(sizes, visits):
        _visit(server, size)
    if growth_per_s > 0:
        begun_at_s = time.monotonic()
        for visit, size in zip(count(1), sizes, strict=False):
            time.sleep(max(0.0, begun_at_s + visit / growth_per_s - time.monotonic()))
            _visit(server, size)


def _visit(server: Address, request_bytes: int) -> None:
    with socket.create_connection(server) as connection:
        connection.sendall(b"." * request_bytes)


def ask(connection: socket.socket, message: bytes = GREETING) -> None:
    """Send `message` and read an answer of the same size, not a byte more: a FIN behind it stays unread."""
    connection.sendall(message)
    missing = len(message)
    while missing:
        answer = connection.recv(missing)
        if not answer:
            raise ConnectionError("the server closed before it had answered")
        missing -= len(answer)


def ask_and_stay(server: Address, count: int) -> list[socket.socket]:
    """Healthy clients: each gets an answer, and stays connected."""
    connections = [socket.create_connection(server) for _ in range(count)]
    for connection in connections:
        ask(connection)
    return connections
