"""time-wait-churn, staged: a client opens a new connection for each request and closes it first.

What happens   In a namespace of its own, where connect() may choose from four ports for each connection asked for, a
               client has opened and closed `count` connections to one destination and goes on slowly: a quarter of the
               ports for that destination is in TIME_WAIT. It keeps two connections, as a pool does that is too small.
               The server closes at once when it is told goodbye.
Must be said   The client side (the remote address and port repeat) uses up ports by churn: a warning, with the rate.
Must not       That anybody leaks, that the server is to blame, or that ports are exhausted. TIME_WAIT never has an
               owner, so only the two kept connections tell who the client is.
"""

from closewait.lab.actors import echo
from closewait.lab.churn import churn, open_server, time_waits
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

PORTS_PER_CONNECTION = 4  # 25 %: above the warning at 10 %, far below exhaustion at 80 %
KEPT = 2  # what Go's http.Transport keeps for a host by default
GROWTH_PER_S = 1 / 240  # of `count`: a quarter more within the 60 s of a TIME_WAIT, after which the first ones end


def play(stage: Stage, count: int) -> None:
    """Return when a quarter of the ports for one destination is in TIME_WAIT."""
    listener = open_server(stage, ports=count * PORTS_PER_CONNECTION)
    stage.cast("lab-server", echo, listener)
    stage.cast("lab-client", churn, stage.address, KEPT, count, count * GROWTH_PER_S)
    stage.wait_until(f"{count} sockets in TIME_WAIT", lambda: time_waits(stage.address) >= count)


SCENE = Scene(
    rule="time-wait-churn",
    name="time-wait-churn",
    summary="A client opens a connection for every request and closes it first: lab-client uses up ports.",
    needs="namespace",
    default_count=500,
    play=play,
    sick=("lab-client",),
    most=5000,
)
