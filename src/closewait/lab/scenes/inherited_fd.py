"""inherited-fd, staged: a forked child keeps its parent's sockets open.

What happens   A server accepts and reads its peers, who close, and then forks a worker that sleeps. The worker got
               the server's connections with the fork, so no close() of the server alone can end one.
Must be said   The same sockets (inodes) are held by lab-server and by lab-worker; both must close, or the worker must
               not inherit them (close-on-exec, closing after fork).
Must not       That lab-server alone leaks: closing there would change nothing.
The variant    `inherited-fd-child-only`: the server did close its copies, the state did not change, and lab-worker
               alone holds them. From the sockets this cannot be told from a leak in lab-worker, so nothing more than
               the holder is promised there.
"""

import socket
from functools import partial

from closewait.lab.actors import read_to_the_end, visit_and_hang_up
from closewait.lab.scene import Scene
from closewait.lab.socket_table import inodes_held_by
from closewait.lab.stage import Stage

LINE_BYTES = 64


def serve_and_fork(stage: Stage, server_keeps: bool, listener: socket.socket, count: int) -> list[socket.socket]:
    """The sick server: it forks with all its connections open, and keeps or closes its own copies."""
    connections = [read_to_the_end(listener.accept()[0]) for _ in range(count)]
    stage.cast("lab-worker", listener.close)
    if server_keeps:
        return connections
    for connection in connections:
        connection.close()
    return []


def play(stage: Stage, count: int, *, server_keeps: bool = True) -> None:
    """Return when `count` sockets in CLOSE_WAIT are held by the worker, and by the server or not, as asked for."""
    listener = stage.listen()
    port = stage.address[1]
    server = stage.cast("lab-server", partial(serve_and_fork, stage, server_keeps), listener, count)
    stage.cast("lab-client", visit_and_hang_up, stage.address, count, [LINE_BYTES])
    stage.wait_until("a forked worker", lambda: "lab-worker" in stage.roll_call())
    (worker,) = stage.roll_call()["lab-worker"]

    def shared() -> bool:
        stuck = {one.inode for one in stage.held(local_port=port, state="CLOSE_WAIT")}
        in_server = stuck if server_keeps else set()
        return len(stuck) == count and stuck <= inodes_held_by(worker) and stuck & inodes_held_by(server) == in_server

    stage.wait_until(f"{count} sockets in CLOSE_WAIT in the worker's hands", shared)


SCENE = Scene(
    rule="inherited-fd",
    name="inherited-fd",
    summary="A forked worker holds the server's finished connections open: lab-server and lab-worker share them.",
    needs="loopback",
    default_count=20,
    play=play,
    sick=("lab-server", "lab-worker"),
)

HELD_BY_CHILD_ONLY = Scene(
    rule="inherited-fd",
    name="inherited-fd-child-only",
    summary="A server closed its connections, but its forked worker still holds them: lab-worker.",
    needs="loopback",
    default_count=20,
    play=partial(play, server_keeps=False),
    sick=("lab-worker",),
)
