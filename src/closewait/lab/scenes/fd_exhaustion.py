"""fd-exhaustion, staged: a process uses nearly all of its descriptors for healthy things.

What happens   A server whose soft limit (RLIMIT_NOFILE) is low has `count` connections in use and some files open:
               about 90 % of what it may open. Nothing is leaked, every connection was served and is ESTABLISHED.
Must be said   lab-server uses so many of so many descriptors, and accept() fails when they are gone.
Must not       That anything leaks, or that some connection is in a wrong state.
"""

import os
import socket
from pathlib import Path

from closewait.lab.actors import ask_and_stay, echo
from closewait.lab.scene import Scene
from closewait.lab.stage import Stage

LIMIT_PER_CONNECTION = 1.28  # 200 connections: a soft limit of 256, the default of macOS
USED = 0.9  # aimed at: between the warning at 80 % and the alarm at 95 %
AT_LEAST = 0.85  # waited for: a descriptor more or less is no matter
SPARE = 16  # what the server has open besides connections and files, generously


def serve_near_the_limit(listener: socket.socket, count: int, limit: int) -> None:
    """The sick server: healthy in every way, but with files open that leave little room beside `count` connections."""
    import resource  # Windows has none, and lists the scenes all the same

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    while descriptors(os.getpid()) + count < limit * USED:
        os.open(os.devnull, os.O_RDONLY)
    echo(listener)


def descriptors(pid: int) -> int:
    """How many descriptors a process of ours has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def play(stage: Stage, count: int) -> None:
    """Return when `count` connections are ESTABLISHED on both sides and the descriptors are nearly used up."""
    limit = max(round(count * LIMIT_PER_CONNECTION), count + SPARE)
    listener = stage.listen()
    port = stage.address[1]
    server = stage.cast("lab-server", serve_near_the_limit, listener, count, limit)
    stage.cast("lab-client", ask_and_stay, stage.address, count)
    stage.wait_until(
        f"{count} established connections and {AT_LEAST:.0%} of {limit} descriptors in use",
        lambda: (
            len(stage.held(local_port=port, state="ESTABLISHED", recv_queue=0)) == count
            and len(stage.held(remote_port=port, state="ESTABLISHED", recv_queue=0)) == count
            and descriptors(server) >= limit * AT_LEAST
        ),
    )


SCENE = Scene(
    rule="fd-exhaustion",
    name="fd-exhaustion",
    summary="A server has used nine tenths of the descriptors it may open, all of them well: lab-server.",
    needs="loopback",
    default_count=200,
    play=play,
)
