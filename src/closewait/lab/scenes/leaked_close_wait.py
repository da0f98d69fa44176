"""leaked-close-wait, staged: a server reads its peers to the end and never closes.

What happens   Peers connect, send a line and close. The server accepts, reads until `recv` returns nothing, and keeps
               the socket in a list. Nothing else is wrong: it goes on accepting.
Must be said   lab-server holds `count` sockets in CLOSE_WAIT with Recv-Q 0; its move; a leak. The age of each is known
               to within the few milliseconds between the line and the FIN. With `growth_per_s` a second look sees more.
Must not       That the server does not read, that nobody accepted, or that the peers or the kernel owe something. Their
               ends are orphans in FIN_WAIT_2 and vanish after tcp_fin_timeout: benign.
"""

import socket

from closewait.lab.actors import read_to_the_end, visit_and_hang_up
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

LINE_BYTES = 64


def read_and_forget(listener: socket.socket) -> None:
    """The sick server: it notices every goodbye and keeps every socket."""
    forgotten = []
    while True:
        connection, _ = listener.accept()
        forgotten.append(read_to_the_end(connection))


def play(stage: Stage, count: int) -> None:
    """Return when `count` sockets of the server are in CLOSE_WAIT with nothing left to read."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", read_and_forget, listener)
    stage.cast("lab-client", visit_and_hang_up, stage.address, count, [LINE_BYTES], stage.growth_per_s)
    stage.wait_until(
        f"{count} sockets in CLOSE_WAIT, read to the end",
        lambda: len(stage.held(local_port=port, state="CLOSE_WAIT", recv_queue=0)) >= count,
    )


SCENE = Scene(
    rule="leaked-close-wait",
    name="leaked-close-wait",
    summary="A server reads its peers to the end and never closes: lab-server leaks.",
    needs="loopback",
    default_count=50,
    play=play,
    can_grow=True,
)
