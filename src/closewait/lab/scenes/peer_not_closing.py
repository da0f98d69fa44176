"""peer-not-closing, staged: a server closes its half after the answer, and its clients never close theirs.

What happens   Clients on another host ask, get an answer and then do nothing. The server says goodbye (shutdown) and
               waits, without a limit, for theirs.
Must be said   lab-server holds `count` sockets in FIN_WAIT_2; no timer runs on them, for a process holds them. The peer
               is the cause, and lab-server can end it.
Must not       That tcp_fin_timeout will remove them, or that lab-server leaks CLOSE_WAIT: it has closed first.
"""

import socket
from collections.abc import Iterator

from closewait.lab.actors import ask_and_stay
from closewait.lab.netns import HERE
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage


def answer_and_wait(listener: socket.socket) -> None:
    """The patient server: it answers, closes its half, and waits for a goodbye that never comes."""
    waiting = list[socket.socket]()
    for connection in _accepted(listener):
        connection.sendall(connection.recv(65536))
        connection.shutdown(socket.SHUT_WR)
        waiting.append(connection)


def _accepted(listener: socket.socket) -> Iterator[socket.socket]:
    while True:
        yield listener.accept()[0]


def play(stage: Stage, count: int) -> None:
    """Return when `count` sockets of the server are in FIN_WAIT_2 and held."""
    listener = stage.listen("0.0.0.0")
    port = stage.address[1]
    stage.cast("lab-server", answer_and_wait, listener)
    stage.reach_beyond("lab-client", ask_and_stay, (HERE, port), count)
    stage.wait_until(
        f"{count} held sockets in FIN_WAIT_2",
        lambda: len(stage.held(local_port=port, state="FIN_WAIT_2", recv_queue=0)) >= count,
    )


SCENE = Scene(
    rule="peer-not-closing",
    name="peer-not-closing",
    summary="A server closes its half and waits for clients that never close theirs: lab-server must give up.",
    needs="namespace",
    default_count=20,
    play=play,
)
