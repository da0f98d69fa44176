"""One performance of a scene, as its caller sees it: who plays, who is sick, how to look, and when it is over."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, field

from closewait.errors import CannotPlay
from closewait.lab import netns
from closewait.lab.scene import Scene
from closewait.lab.scenes import scene_named
from closewait.records import record

CURTAIN_S = 5.0  # an orderly end takes milliseconds; after this the stagehand is killed, and its actors with it


@record
class Order:
    """What the stagehand is told to play; it travels as JSON on its command line."""

    scene: str
    count: int
    time_limit_s: float
    growth_per_s: float
    own_netns: bool
    caller_pid: int


@record
class Performance:
    """A scene that holds right now."""

    scene: Scene
    count: int
    where: str  # the listener, `127.0.0.1:40123`
    pids: Mapping[str, tuple[int, ...]]  # by role: `lab-server`, `lab-client`, …
    netns: str | None  # the namespace it plays in; None: the caller's own
    _stagehand: "subprocess.Popen[str]" = field(repr=False)

    @property
    def sick_pids(self) -> tuple[int, ...]:
        """The processes to blame; empty where nobody is sick."""
        return tuple(pid for role in self.scene.sick for pid in self.pids[role])

    @property
    def look_with(self) -> str:
        """The command line that examines the place."""
        return "closewait" if self.netns is None else f"closewait netns:{self.netns}"

    @property
    def inside(self) -> tuple[str, ...]:
        """What to put before any command so that it runs where the scene plays (ip-netns(8))."""
        return () if self.netns is None else ("ip", "netns", "exec", self.netns)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the scene is over by its time limit or an actor's end; False when `timeout_s` passed before."""
        try:
            self._stagehand.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True


@contextmanager
def playing(
    name: str,
    *,
    count: int | None = None,
    time_limit_s: float = 60.0,
    growth_per_s: float = 0.0,
    own_netns: bool = False,
) -> Iterator[Performance]:
    """Play the scene `name` while the `with` block runs, at most `time_limit_s`; all of it is gone afterwards.

    `count` None is the scene's default. `growth_per_s` adds sockets while it holds, so that two looks see growth.
    `own_netns` gives also a loopback scene its own network namespace. Leave the block in the thread that entered it.

    Raises BadUsage when the scene cannot be played like that, CannotPlay when this host or user does not allow it.
    """
    scene = scene_named(name)
    count = scene.default_count if count is None else count
    scene.check(count, time_limit_s, growth_per_s)
    if sys.platform != "linux":
        raise CannotPlay(f"Scenes need Linux; this is {sys.platform}. Dumps of other systems can be examined anywhere.")
    order = Order(scene.name, count, time_limit_s, growth_per_s, own_netns or scene.needs == "namespace", os.getpid())
    stagehand = subprocess.Popen(
        # -P: a file of the working directory must not take the place of a module.
        [sys.executable, "-P", "-m", "closewait.lab.stagehand", json.dumps(asdict(order))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the caller alone, who then ends the scene in order
    )
    try:
        yield _announced(scene, count, stagehand)
    finally:
        _end(stagehand)


def _announced(scene: Scene, count: int, stagehand: "subprocess.Popen[str]") -> Performance:
    """Read the stagehand's one line: the scene holds, or why it cannot."""
    assert stagehand.stdout is not None
    line = stagehand.stdout.readline()
    if not line:
        raise CannotPlay(f"The stage of {scene.name} ended before the scene held; its own words are on standard error.")
    told = json.loads(line)
    if "refused" in told:
        raise CannotPlay(told["refused"])
    pids = {role: tuple(of_role) for role, of_role in told["pids"].items()}
    return Performance(scene, count, told["where"], pids, told["netns"], stagehand)


def _end(stagehand: "subprocess.Popen[str]") -> None:
    """Ask the stagehand to clean up, or end it; then delete what a killed one left."""
    stagehand.terminate()
    try:
        stagehand.wait(CURTAIN_S)
    except subprocess.TimeoutExpired:
        stagehand.kill()
        stagehand.wait()
    if stagehand.stdout is not None:
        stagehand.stdout.close()
    netns.delete_leftovers()
