"""never-read, staged: a server accepts, keeps the sockets, and never reads from them.

What happens   Peers connect, send a request of 100 to 3,000 bytes and close, tired of waiting. The server has the
               sockets open but does not read, as one does whose workers are all blocked.
Must be said   lab-server holds `count` sockets in CLOSE_WAIT whose Recv-Q is a whole request and one more byte for the
               FIN; its move; it has not even seen that the peers left.
Must not       That the server read to the end and forgot to close, or that the sockets wait for accept().
"""

import socket

from closewait.lab.actors import visit_and_hang_up
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

REQUEST_BYTES = (100, 340, 870, 1500, 3000)


def accept_and_ignore(listener: socket.socket) -> None:
    """The sick server: the accept loop lives, the workers do not."""
    unread = []
    while True:
        connection, _ = listener.accept()
        unread.append(connection)


def play(stage: Stage, count: int) -> None:
    """Return when `count` accepted sockets are in CLOSE_WAIT with their requests unread."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", accept_and_ignore, listener)
    stage.cast("lab-client", visit_and_hang_up, stage.address, count, REQUEST_BYTES, stage.growth_per_s)
    stage.wait_until(
        f"{count} accepted sockets in CLOSE_WAIT, unread",
        lambda: len(stage.held(local_port=port, state="CLOSE_WAIT")) >= count,
    )


SCENE = Scene(
    rule="never-read",
    name="never-read",
    summary="A server accepts its peers and never reads what they sent: lab-server is stuck.",
    needs="loopback",
    default_count=50,
    play=play,
    can_grow=True,
)
