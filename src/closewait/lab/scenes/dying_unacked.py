"""dying-unacked, staged: a server is done and has closed, but its clients do not take the last bytes.

What happens   Clients on another host ask and then read nothing. The server writes an answer that does not fit and
               closes. Nobody holds these sockets any more: the kernel tries to deliver the rest and the FIN, and the
               clients' windows are shut.
Must be said   `count` sockets in FIN_WAIT_1 that no process holds, with something to send; how many orphans the kernel
               has and may have. The admin's move, for no program is left that could.
Must not       That a program forgot close(): every descriptor is closed.
"""

import socket

from closewait.lab.deafness import CHUNK, REQUEST, ask_and_look_away, fill
from closewait.lab.netns import HERE
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage


def answer_and_close(listener: socket.socket) -> None:
    """A server that does all it should: read the request, answer, close."""
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(len(REQUEST), socket.MSG_WAITALL)
            connection.setblocking(False)
            fill(connection)


def play(stage: Stage, count: int) -> None:
    """Return when `count` orphans in FIN_WAIT_1 have something to send."""
    listener = stage.listen("0.0.0.0")
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(CHUNK))
    port = stage.address[1]
    stage.cast("lab-server", answer_and_close, listener)
    stage.reach_beyond("lab-client", ask_and_look_away, (HERE, port), count, False)
    stage.wait_until(
        f"{count} orphans with something to send and no room at the peer",
        lambda: len(stage.sockets(local_port=port, state="FIN_WAIT_1", inode=0, peer_is_full=True)) >= count,
    )


SCENE = Scene(
    rule="dying-unacked",
    name="dying-unacked",
    summary="A server has closed, and its clients never take the last bytes: nobody is sick but the far ends.",
    needs="namespace",
    default_count=60,
    play=play,
    sick=(),
    most=1000,
    settles=False,
)
