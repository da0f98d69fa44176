"""port-exhaustion, staged: nearly every local port towards one destination is taken.

What happens   In a namespace of its own with few ports, a client towards one destination has `count` of them taken,
               88 %: one in eleven by a connection in use (ESTABLISHED), the others by connections that it closed
               first (TIME_WAIT).
Must be said   Towards that destination so many of so many ports are taken, and connect() is about to fail; the client's
               move: reuse connections. Critical.
Must not       That the server is sick, or that all destinations are affected: ports are counted for each.
"""

from closewait.lab.actors import echo
from closewait.lab.churn import churn, open_server, time_waits
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

TAKEN = 0.88  # above the alarm at 80 %
STAYING = 1 / 11  # of the taken ports


def play(stage: Stage, count: int) -> None:
    """Return when `count` ports towards one destination are taken."""
    staying = round(count * STAYING)
    listener = open_server(stage, ports=round(count / TAKEN))
    port = stage.address[1]
    stage.cast("lab-server", echo, listener)
    stage.cast("lab-client", churn, stage.address, staying, count - staying)
    stage.wait_until(
        f"{count - staying} ports in TIME_WAIT and {staying} in use",
        lambda: (
            time_waits(stage.address) >= count - staying
            and len(stage.held(remote_port=port, state="ESTABLISHED")) == staying
        ),
    )


SCENE = Scene(
    rule="port-exhaustion",
    name="port-exhaustion",
    summary="Nearly every local port towards one destination is taken: lab-client opens too many connections.",
    needs="namespace",
    default_count=440,
    play=play,
    sick=("lab-client",),
    counts="ports",
    most=5000,
)
