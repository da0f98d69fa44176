"""blocked-writer, staged: a server writes to clients that do not read, and waits for them without a limit.

What happens   Clients on another host ask, close their half (they have nothing more to say) and read nothing. The
               server reads the goodbye, writes an answer that is larger than all buffers, and keeps the rest to send.
               The clients' windows shut; the kernel asks them for room again and again.
Must be said   lab-server has `count` sockets with something to send that nobody takes; its move: a limit for sending.
Must not       That it forgot to close sockets in CLOSE_WAIT: it still uses them. Nor that the network lost anything.
"""

import socket

from closewait.lab.actors import read_to_the_end
from closewait.lab.deafness import CHUNK, ask_and_look_away, fill
from closewait.lab.netns import HERE
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage


def answer_at_length(listener: socket.socket) -> None:
    """The patient server: whatever the socket does not take is left to be sent later, however late."""
    writing = []
    while True:
        connection = read_to_the_end(listener.accept()[0])
        connection.setblocking(False)
        fill(connection)
        writing.append(connection)


def play(stage: Stage, count: int) -> None:
    """Return when `count` sockets of the server have something to send."""
    listener = stage.listen("0.0.0.0")
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(CHUNK))
    port = stage.address[1]
    stage.cast("lab-server", answer_at_length, listener)
    stage.reach_beyond("lab-client", ask_and_look_away, (HERE, port), count, True)
    stage.wait_until(
        f"{count} sockets in CLOSE_WAIT with something to send and no room at the peer",
        lambda: len(stage.held(local_port=port, state="CLOSE_WAIT", peer_is_full=True)) >= count,
    )


SCENE = Scene(
    rule="blocked-writer",
    name="blocked-writer",
    summary="A server writes to clients that do not read and waits without a limit: lab-server is blocked.",
    needs="namespace",
    default_count=20,
    play=play,
    most=1000,
)
