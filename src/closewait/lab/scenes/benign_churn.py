"""benign-churn, staged: a busy server on a good day.

What happens   A server has connections in use (ESTABLISHED) and has closed `count` others after its answer, so that
               TIME_WAIT is on its side, where it costs no port. Short visits go on; their clients take a moment to
               close, so that at any time at most one socket is in CLOSE_WAIT, its peer an orphan in FIN_WAIT_2.
               None stays.
Must be said   Nothing is wrong.
Must not       Any warning: not about TIME_WAIT without an owner, nor about the one CLOSE_WAIT that is just passing.
"""

import selectors
import socket
import time
from typing import NoReturn

from closewait.lab.actors import ask, read_to_the_end
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

STAY, LEAVE = b"stay\n", b"away\n"
STAYING_CONNS = 40
LINGER_S = 0.2  # how long a client takes to close: the life of one CLOSE_WAIT
VISIT_EVERY_S = 0.5


def answer(listener: socket.socket) -> NoReturn:
    """The healthy server: answer every request, and close first when the client is going to leave."""
    watched = selectors.DefaultSelector()
    watched.register(listener, selectors.EVENT_READ, listener)
    while True:
        for key, _ in watched.select():
            ready: socket.socket = key.data
            if ready is listener:
                connection, _ = listener.accept()
                watched.register(connection, selectors.EVENT_READ, connection)
                continue
            request = ready.recv(len(STAY), socket.MSG_WAITALL)
            ready.sendall(request)
            if request != STAY:
                watched.unregister(ready)
                ready.close()


def come_and_go(server: Address, visits: int) -> NoReturn:
    """The healthy clients: some stay, many came, and one after another still comes."""
    staying = [socket.create_connection(server) for _ in range(STAYING_CONNS)]
    for connection in staying:
        ask(connection, STAY)
    for _ in range(visits):
        _visit(server, linger_s=0.0)
    while True:
        _visit(server, LINGER_S)
        time.sleep(VISIT_EVERY_S - LINGER_S)


def _visit(server: Address, linger_s: float) -> None:
    with socket.create_connection(server) as connection:
        connection.sendall(LEAVE)
        read_to_the_end(connection)
        time.sleep(linger_s)


def play(stage: Stage, count: int) -> None:
    """Return when the server has `count` sockets in TIME_WAIT and the staying connections are ESTABLISHED."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", answer, listener)
    stage.cast("lab-client", come_and_go, stage.address, count)
    stage.wait_until(
        f"{count} server sockets in TIME_WAIT and {STAYING_CONNS} in use",
        lambda: (
            len(stage.sockets(local_port=port, state="TIME_WAIT")) >= count
            and len(stage.held(local_port=port, state="ESTABLISHED")) >= STAYING_CONNS
        ),
    )


SCENE = Scene(
    rule="benign-churn",
    name="benign-churn",
    summary="A busy server on a good day: nobody is sick.",
    needs="loopback",
    default_count=100,
    play=play,
    sick=(),
)
