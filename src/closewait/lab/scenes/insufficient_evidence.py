"""insufficient-evidence, staged: sockets in CLOSE_WAIT whose program may well be at work.

What happens   Peers sent their request and closed their sending half only (shutdown, as `nc -N` does); they still read.
               The server took the FIN, owes an answer, and writes it bit by bit. This half-close is legal (RFC 9293
               section 3.6) and its FIN is the same as that of a full close: one look at this side cannot tell a server
               that is nearly done from one that will never close. Each acknowledged write resets the time of the last
               segment, so the age is bounded loosely: at least a fraction of a second, at most since the request.
Must be said   What is there (`count` sockets in CLOSE_WAIT, read to the end, written to lately), that it is not enough
               to judge, and that a second look would decide: if they go, the server was at work.
Must not       That lab-server leaks, or that it is stuck.
"""

import selectors
import socket
import time
from typing import NoReturn

from closewait.lab.actors import read_to_the_end
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

REQUEST = b"tell me everything\n"
LINE = b"one thing more\n"
LINE_EVERY_S = 0.5


def answer_slowly(listener: socket.socket, count: int) -> NoReturn:
    """The server: it has read its peers to the end, and its answer takes long."""
    asking = [read_to_the_end(listener.accept()[0]) for _ in range(count)]
    while True:
        for connection in asking:
            connection.sendall(LINE)
        time.sleep(LINE_EVERY_S)


def half_close_and_read(server: Address, count: int) -> NoReturn:
    """The peers: done with asking, not with listening."""
    watched = selectors.DefaultSelector()
    for _ in range(count):
        connection = socket.create_connection(server)
        connection.sendall(REQUEST)
        connection.shutdown(socket.SHUT_WR)
        watched.register(connection, selectors.EVENT_READ, connection)
    while True:
        for key, _ in watched.select():
            key.data.recv(65536)


def play(stage: Stage, count: int) -> None:
    """Return when `count` server sockets are in CLOSE_WAIT, and their peers in FIN_WAIT_2 still have them open."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", answer_slowly, listener, count)
    stage.cast("lab-client", half_close_and_read, stage.address, count)
    stage.wait_until(
        f"{count} sockets in CLOSE_WAIT, read to the end, with peers that still read",
        lambda: (
            len(stage.held(local_port=port, state="CLOSE_WAIT", recv_queue=0)) == count
            and len(stage.held(remote_port=port, state="FIN_WAIT_2")) == count
        ),
    )


SCENE = Scene(
    rule="insufficient-evidence",
    name="insufficient-evidence",
    summary="A server still writes to peers that have half closed: leak or work, one look cannot tell.",
    needs="loopback",
    default_count=5,
    play=play,
    sick=(),
    most=100,
)
