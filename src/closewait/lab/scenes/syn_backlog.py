"""syn-backlog, staged: a server whose accept queue is too short for its clients.

What happens   The server listens with a backlog of `count` connections and serves them one after another, a moment
               each. A crowd asks faster than that: the queue is full at nearly any time, and whoever comes then gets no
               answer to the SYN. Nobody waits in the queue for long, and nobody who got in leaves before the answer.
Must be said   The accept queue of lab-server is full, above the limit that the program itself asked for, and the
               kernel counts the clients it turned away; its move: a longer backlog, or faster accepting. Critical.
Must not       That lab-server does not accept, that it is under attack, or that anything leaks.
"""

import selectors
import socket
import time
from contextlib import suppress
from typing import NoReturn

from closewait.lab.actors import GREETING
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

SERVICE_S = 1.4  # from the first to the last in the queue: nobody waits as long as what passes for stuck
KNOCK_EVERY_S = 0.01
PATIENCE_S = 0.5  # shorter than the second in which the kernel would ask again (RFC 6298)


def serve_one_by_one(listener: socket.socket, backlog_conns: int) -> NoReturn:
    """The sick server: accept, answer, close, in its own time."""
    while True:
        connection, _ = listener.accept()
        with connection, suppress(ConnectionError):
            connection.sendall(connection.recv(len(GREETING), socket.MSG_WAITALL))
        time.sleep(SERVICE_S / (backlog_conns + 1))


def crowd(server: Address) -> NoReturn:
    """The clients: one more at every moment; who gets in waits for the answer, who does not goes away again."""
    watched = selectors.DefaultSelector()
    knocking: dict[socket.socket, float] = {}
    while True:
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(server)
        knocking[client] = time.monotonic() + PATIENCE_S
        watched.register(client, selectors.EVENT_WRITE)
        for key, ready in watched.select(KNOCK_EVERY_S):
            assert isinstance(key.fileobj, socket.socket)
            if ready & selectors.EVENT_WRITE:
                _ask(key.fileobj)
                watched.modify(key.fileobj, selectors.EVENT_READ)
                knocking.pop(key.fileobj, None)
            else:
                _leave(key.fileobj, watched)
        for late in [client for client, until_s in knocking.items() if until_s < time.monotonic()]:
            del knocking[late]
            _leave(late, watched)
        time.sleep(KNOCK_EVERY_S)


def _ask(client: socket.socket) -> None:
    with suppress(ConnectionError):
        client.sendall(GREETING)


def _leave(client: socket.socket, watched: selectors.BaseSelector) -> None:
    watched.unregister(client)
    client.close()


def play(stage: Stage, count: int) -> None:
    """Return when the accept queue is full and nobody in it has left."""
    listener = stage.listen(backlog_conns=count)
    port = stage.address[1]
    stage.cast("lab-server", serve_one_by_one, listener, count)
    stage.cast("lab-client", crowd, stage.address)
    stage.wait_until(
        f"an accept queue of more than {count}",
        lambda: (
            len(stage.sockets(local_port=port, state="LISTEN", recv_queue=count + 1)) == 1
            and stage.sockets(remote_port=port, state="SYN_SENT")
        ),
    )


SCENE = Scene(
    rule="syn-backlog",
    name="syn-backlog",
    summary="A server with a backlog of three is asked faster than it accepts: lab-server turns clients away.",
    needs="loopback",
    default_count=3,
    play=play,
    counts="connections of backlog",
    most=100,
    settles=False,
)
