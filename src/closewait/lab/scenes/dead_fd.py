"""dead-fd, staged: clients reset their connections, and the server keeps the descriptors.

What happens   A client gets an answer and then resets the connection (SO_LINGER with 0 s). The server's next read fails
               with ECONNRESET; its error path returns without close(). The kernel has forgotten the connection.
Must be said   lab-server keeps `count` descriptors of connections that are gone. It cannot be seen in ss or netstat.
Must not       That some connection is in a wrong state: there is none. The listener is healthy.
"""

import socket
import struct
from pathlib import Path

from closewait.lab.actors import GREETING, ask
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: close() sends a RST


def serve_and_forget_the_broken(listener: socket.socket) -> None:
    """The sick server: answer, read on, and keep what breaks."""
    broken = []
    while True:
        connection, _ = listener.accept()
        try:
            connection.sendall(connection.recv(len(GREETING), socket.MSG_WAITALL))
            connection.recv(len(GREETING))
        except ConnectionResetError:
            broken.append(connection)


def ask_and_reset(server: Address, visits: int) -> None:
    """A client that leaves without a goodbye, `visits` times."""
    for _ in range(visits):
        with socket.create_connection(server) as connection:
            ask(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def socket_descriptors(pid: int) -> int:
    """How many sockets a process of ours has open."""
    return sum(1 for link in Path(f"/proc/{pid}/fd").iterdir() if str(link.readlink()).startswith("socket:"))


def play(stage: Stage, count: int) -> None:
    """Return when the server has `count` sockets open beside its listener, and no connection is left."""
    listener = stage.listen()
    port = stage.address[1]
    server = stage.cast("lab-server", serve_and_forget_the_broken, listener)
    stage.cast("lab-client", ask_and_reset, stage.address, count)
    stage.wait_until(
        f"{count} descriptors without a connection",
        lambda: socket_descriptors(server) == count + 1 and not stage.sockets(local_port=port, state="ESTABLISHED"),
    )


SCENE = Scene(
    rule="dead-fd",
    name="dead-fd",
    summary="Clients reset their connections and the server never closes the descriptors: lab-server leaks, unseen.",
    needs="loopback",
    default_count=50,
    play=play,
)
