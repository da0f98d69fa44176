"""What several scenes share: clients that ask and never read, and a server that fills what they do not empty."""

import socket

from closewait.lab.stage import Address

REQUEST = b"." * 100
CHUNK = b"." * 65536
RECEIVE_BUFFER_BYTES = 4096  # small, so that a window shuts soon


def fill(connection: socket.socket) -> None:
    """Write until the kernel takes no more."""
    try:
        while True:
            connection.send(CHUNK)
    except BlockingIOError:
        return


def ask_and_look_away(server: Address, count: int, half_close: bool) -> list[socket.socket]:
    """The deaf clients: they ask, say that this was all if `half_close`, and never read."""
    return [_ask(server, half_close) for _ in range(count)]


def _ask(server: Address, half_close: bool) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    connection.connect(server)
    connection.sendall(REQUEST)
    if half_close:
        connection.shutdown(socket.SHUT_WR)
    return connection
