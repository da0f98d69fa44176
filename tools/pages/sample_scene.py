"""Plays the situation of the README's sample and prints what `closewait` says about it.

    python tools/pages/sample_scene.py      needs root and ip(8)

It is the lab's leaked-close-wait with a service's usual names: orders-api listens on port 8080, in a network namespace
of its own. Its visitors come in two waves, so that the youngest and the oldest age are always told apart.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import time

from closewait.errors import ClosewaitError
from closewait.lab import leash
from closewait.lab.actors import visit_and_hang_up
from closewait.lab.scenes.leaked_close_wait import read_and_forget
from closewait.lab.stage import Stage

PROGRAM = "orders-api"
PORT = 8080
WAVES = (150, 250)  # connections
APART_S = 2.0  # between the waves
OLD_ENOUGH_S = 3.0  # from then on no socket passes for one that is just closing
DESCRIPTOR_LIMIT = 1024  # what most systems give a program
LIMIT_S = 60.0  # for the whole; it takes a tenth of that
REFUSED = 64  # exit status: there is no stage here, and closewait has not been asked


def leak(stage: Stage) -> None:
    """Return when every connection of both waves is forgotten and old enough."""
    listener = socket.create_server(("127.0.0.1", PORT), backlog=max(WAVES))
    stage.where = listener.getsockname()
    stage.cast(PROGRAM, read_and_forget, listener)
    for place, wave in enumerate(WAVES, start=1):
        stage.cast("visitors", visit_and_hang_up, stage.address, wave, [64])
        wait_until_forgotten(stage, sum(WAVES[:place]))
        pause(stage, OLD_ENOUGH_S if place == len(WAVES) else APART_S)
    stage.settle()


def wait_until_forgotten(stage: Stage, connections: int) -> None:
    """Return when so many connections were read to their end and not closed."""
    stage.wait_until(
        f"{connections} forgotten connections",
        lambda: len(stage.held(local_port=PORT, state="CLOSE_WAIT", recv_queue=0)) >= connections,
    )


def pause(stage: Stage, pause_s: float) -> None:
    """Let the sockets grow older; the stage sees to it that all actors stay."""
    until_s = time.monotonic() + pause_s
    stage.wait_until("the sockets to grow older", lambda: time.monotonic() >= until_s)


def main() -> int:
    """Play, look, print; the exit status of closewait, or REFUSED with the reason on standard error."""
    # A namespace is deleted by the next stage unless a process of this name answers for it.
    leash.tie(leash.STAGEHAND, parent_pid=os.getppid(), limit_s=LIMIT_S, ends_by=signal.SIGTERM)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTOR_LIMIT, hard))
    try:
        with Stage(limit_s=LIMIT_S, own_netns=True) as stage:
            leak(stage)
            command = [sys.executable, "-m", "closewait", f"netns:{stage.netns}"]
            return subprocess.run(command, check=False).returncode
    except ClosewaitError as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
