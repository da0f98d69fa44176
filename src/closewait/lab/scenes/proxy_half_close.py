"""proxy-half-close, staged: a relay passes goodbyes on and keeps both legs until they are answered.

What happens   Clients on another host connect through a relay to a server that is there, too, send a line and say
               goodbye. The relay passes line and goodbye on and waits, without a limit, for the server's goodbye, which
               never comes. So it has the client's leg in CLOSE_WAIT and the server's leg in FIN_WAIT_2.
Must be said   lab-relay keeps `count` sessions, two legs each; its move: a limit for half-closed sessions.
Must not       That it leaks CLOSE_WAIT, or that its peers alone are at fault: they are two findings of one session.
"""

import socket

from closewait.lab.actors import read_to_the_end
from closewait.lab.netns import BEYOND, HERE
from closewait.lab.scene import Scene
from closewait.lab.stage import Address, Stage

LINE = b"." * 64
SERVER_PORT = 5000


def relay(listener: socket.socket, server: Address) -> None:
    """The patient relay: it passes on what one leg brings, its end included, and keeps both."""
    sessions = []
    while True:
        client, _ = listener.accept()
        leg = socket.create_connection(server)
        leg.sendall(client.recv(len(LINE), socket.MSG_WAITALL))
        read_to_the_end(client)
        leg.shutdown(socket.SHUT_WR)
        sessions.append((client, leg))


def call_and_ignore(relay_at: Address, count: int) -> list[socket.socket]:
    """Both ends of the sessions: a server that lets connections wait, and clients that come and leave."""
    server = socket.create_server((BEYOND, SERVER_PORT), backlog=count)
    for _ in range(count):
        with socket.create_connection(relay_at) as client:
            client.sendall(LINE)
    return [server]


def play(stage: Stage, count: int) -> None:
    """Return when the relay has `count` clients in CLOSE_WAIT and as many legs in FIN_WAIT_2."""
    listener = stage.listen("0.0.0.0")
    port = stage.address[1]
    stage.cast("lab-relay", relay, listener, (BEYOND, SERVER_PORT))
    stage.reach_beyond("lab-peer", call_and_ignore, (HERE, port), count)
    stage.wait_until(
        f"{count} sessions with one leg in CLOSE_WAIT and one in FIN_WAIT_2",
        lambda: (
            len(stage.held(local_port=port, state="CLOSE_WAIT", recv_queue=0)) >= count
            and len(stage.held(remote_port=SERVER_PORT, state="FIN_WAIT_2")) >= count
        ),
    )


SCENE = Scene(
    rule="proxy-half-close",
    name="proxy-half-close",
    summary="A relay passes goodbyes on and waits for an answer without a limit: lab-relay keeps both legs.",
    needs="namespace",
    default_count=20,
    play=play,
    sick=("lab-relay",),
    most=1000,
)
