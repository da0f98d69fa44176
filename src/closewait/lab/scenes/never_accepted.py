"""never-accepted, staged: a server listens and never calls accept().

What happens   Peers connect (the kernel completes the handshake), send a request and close. The connections wait in the
               accept queue of a listener whose program does something else.
Must be said   lab-server, by its listener: `count` connections in CLOSE_WAIT that belong to no process (inode 0), and
               as many in the accept queue of the LISTEN socket; its move: accept().
Must not       That the owner is hidden or that some process leaks: no descriptor is used, none can be leaked.
"""

import socket
from pathlib import Path

from closewait.errors import CannotPlay
from closewait.lab.actors import visit_and_hang_up
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

REQUEST_BYTES = (100, 340, 870)
BACKLOG_CONNS = 128  # what many servers ask for; the queue is full at one more (measured on Linux 6.18)


def listen_only(listener: socket.socket) -> socket.socket:
    """The sick server: it holds the listener and never accepts."""
    return listener


def play(stage: Stage, count: int) -> None:
    """Return when `count` connections in CLOSE_WAIT wait in the accept queue."""
    allowed_conns = int(Path("/proc/sys/net/core/somaxconn").read_text())
    if count > allowed_conns:
        raise CannotPlay(
            f"An accept queue holds at most {allowed_conns} connections here (net.core.somaxconn): ask for fewer."
        )
    listener = stage.listen(backlog_conns=max(count, BACKLOG_CONNS))
    port = stage.address[1]
    stage.cast("lab-server", listen_only, listener)
    stage.cast("lab-client", visit_and_hang_up, stage.address, count, REQUEST_BYTES)
    stage.wait_until(
        f"{count} connections in CLOSE_WAIT in the accept queue",
        lambda: (
            len(stage.sockets(local_port=port, state="CLOSE_WAIT", inode=0)) == count
            and stage.sockets(local_port=port, state="LISTEN", recv_queue=count)
        ),
    )


SCENE = Scene(
    rule="never-accepted",
    name="never-accepted",
    summary="A server listens and never accepts, and its clients have left: lab-server is stuck.",
    needs="loopback",
    default_count=100,
    play=play,
)
