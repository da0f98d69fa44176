"""half-open-established, staged: clients vanish without a word, and the server goes on waiting for them.

What happens   Clients get an answer and vanish as a host does that loses its power: neither FIN nor RST is sent. (Their
               sockets are put into repair mode, in which close() is silent.) The server waits for the next request,
               without keepalive.
Must be said   lab-server holds `count` connections in ESTABLISHED whose other end, on this very host, does not exist.
Must not       That the clients' sockets leak or that the server does not read: nothing came.
"""

import socket

from closewait.lab.actors import ask_and_stay, echo
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

TCP_REPAIR = 19  # include/uapi/linux/tcp.h; needs CAP_NET_ADMIN


def ask_and_vanish(server: Address, count: int) -> None:
    """Clients of which nothing is left on their host, and of which nobody was told."""
    for connection in ask_and_stay(server, count):
        connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        connection.close()


def play(stage: Stage, count: int) -> None:
    """Return when the server has `count` connections and the clients have none."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", echo, listener)
    stage.cast("lab-client", ask_and_vanish, stage.address, count)
    stage.wait_until(
        f"{count} connections that only the server has",
        lambda: len(stage.held(local_port=port, state="ESTABLISHED")) == count and not stage.sockets(remote_port=port),
    )


SCENE = Scene(
    rule="half-open-established",
    name="half-open-established",
    summary="Clients vanish without a goodbye and the server never asks after them: lab-server holds dead connections.",
    needs="namespace",
    default_count=20,
    play=play,
)
