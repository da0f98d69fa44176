"""stale-idle-pool, staged: a client keeps pooled connections that the server closed long ago.

What happens   A client made `count` requests over as many connections and keeps them for the next ones. The server
               closed them when they had been idle. Nobody reads an idle connection, so the FIN waits unread. One more
               connection of the pool is in use, a request each second.
Must be said   lab-client holds `count` sockets in CLOSE_WAIT, client side, Recv-Q 1, to the destination it also talks
               to: an idle pool, bounded. Nobody has to act; an idle time below the server's would tidy up.
Must not       That it leaks or is stuck. The server's ends are orphans in FIN_WAIT_2: benign.
"""

import socket
import time
from typing import NoReturn

from closewait.lab.actors import GREETING, ask
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

REQUEST_EVERY_S = 1.0


def serve_then_close_the_idle(listener: socket.socket, idle: int) -> None:
    """A healthy server: answer on each connection, then close all but the one that is used again."""
    connections = [_answered(listener.accept()[0]) for _ in range(idle + 1)]
    busy = connections.pop()
    # A second request says that the client has read every answer: from now on only the FIN is unread.
    _answered(busy)
    for connection in connections:
        connection.close()
    while True:
        _answered(busy)


def _answered(connection: socket.socket) -> socket.socket:
    connection.sendall(connection.recv(len(GREETING), socket.MSG_WAITALL))
    return connection


def keep_a_pool(server: Address, idle: int) -> NoReturn:
    """The client: a pool that looks at a connection only when it is needed, and needs only one."""
    pool = [socket.create_connection(server) for _ in range(idle + 1)]
    for connection in pool:
        ask(connection)
    while True:
        ask(pool[-1])
        time.sleep(REQUEST_EVERY_S)


def play(stage: Stage, count: int) -> None:
    """Return when `count` pooled connections are in CLOSE_WAIT with an unread FIN, and one is in use."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", serve_then_close_the_idle, listener, count)
    stage.cast("lab-client", keep_a_pool, stage.address, count)
    stage.wait_until(
        f"{count} client sockets in CLOSE_WAIT with an unread FIN, one in use",
        lambda: (
            len(stage.held(remote_port=port, state="CLOSE_WAIT", recv_queue=1)) == count
            and len(stage.held(remote_port=port, state="ESTABLISHED")) == 1
        ),
    )


SCENE = Scene(
    rule="stale-idle-pool",
    name="stale-idle-pool",
    summary="A client's pool keeps connections that the server closed when idle: harmless, lab-client may tidy up.",
    needs="loopback",
    default_count=8,
    play=play,
    sick=("lab-client",),
    most=50,
)
