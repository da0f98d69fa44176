"""leaked-established, staged: a client makes a new connection for each request and keeps them all.

What happens   lab-client has asked `count` times, each time over a connection of its own, and goes on: one more each
               second. Every connection had its answer and is never used again. The server is healthy.
Must be said   With a second look: lab-client holds more idle connections to one place than a pool does, the same ones
               as before and more. One look cannot tell them from a large pool, and says nothing.
Must not       That the server leaks or that some connection is in a wrong state.
"""

import socket
import time
from itertools import count as numbers
from typing import NoReturn

from closewait.lab.actors import ask, echo
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

REQUEST_EVERY_S = 1.0


def ask_anew_each_time(server: Address, count: int) -> NoReturn:
    """The sick client: no pool, and nothing is closed."""
    forgotten = []
    for request in numbers(1):
        connection = socket.create_connection(server)
        ask(connection)
        forgotten.append(connection)
        if request >= count:
            time.sleep(REQUEST_EVERY_S)
    raise AssertionError("it never stops asking")


def play(stage: Stage, count: int) -> None:
    """Return when the client holds `count` connections."""
    listener = stage.listen()
    port = stage.address[1]
    stage.cast("lab-server", echo, listener)
    stage.cast("lab-client", ask_anew_each_time, stage.address, count)
    stage.wait_until(
        f"{count} idle connections of the client",
        lambda: len(stage.held(remote_port=port, state="ESTABLISHED")) >= count,
    )


SCENE = Scene(
    rule="leaked-established",
    name="leaked-established",
    summary="A client opens a connection for each request and keeps them all (look twice): lab-client leaks.",
    needs="loopback",
    default_count=60,
    play=play,
    sick=("lab-client",),
)
