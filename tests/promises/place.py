"""A network namespace with a few real sockets in it, and commands run there as a person types them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from closewait import history
from closewait.lab import playing
from tests.history.watched import EVERY_S, Clock, Watch

#: `closewait` as it is installed beside this Python.
BIN = Path(sys.executable).parent
#: Two sockets of somebody else's host, behind the real ones in dump.txt: the ones that examples ask for.
CUSTOMER = """\
CLOSE-WAIT 1 0 10.0.0.1:443 203.0.113.9:50123 users:(("java",pid=4121,fd=17)) ino:48211 sk:1
CLOSE-WAIT 1 0 [2001:db8::1]:443 [2001:db8::9]:50123 users:(("java",pid=4121,fd=18)) ino:48212 sk:2
"""
HOLDS = "it ends by itself"  # the last line that `closewait lab` prints before it waits
DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command gave."""

    command: str
    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace and a folder to run commands in; `scenes` are the ones a page has begun and that still play."""

    netns: str
    folder: Path
    scenes: list["subprocess.Popen[str]"] = field(default_factory=list)

    def run(self, command: str) -> Answer:
        """Run one command line of a shell to its end."""
        done = subprocess.run(
            self._inside(command),
            cwd=self.folder,
            env={**environment(), "XDG_STATE_HOME": str(self.folder / "state")},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        return Answer(command, done.returncode, done.stdout, done.stderr)

    def begin(self, command: str) -> None:
        """Start a scene and return when it holds."""
        scene = subprocess.Popen(
            self._inside(f"exec {command}"),
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.scenes.append(scene)
        assert scene.stdout is not None
        said = []
        for line in scene.stdout:
            said.append(line)
            if HOLDS in line:
                return
        raise AssertionError(f"{command}: the scene did not hold:\n{''.join(said)}{scene.communicate()[1]}")

    def end_scenes(self) -> list[int]:
        """End every scene as Ctrl-C does; their exit statuses."""
        statuses = []
        while self.scenes:
            scene = self.scenes.pop()
            scene.send_signal(signal.SIGINT)
            scene.communicate(timeout=DEADLINE_S)
            statuses.append(scene.returncode)
        return statuses

    def _inside(self, command: str) -> list[str]:
        # nsenter(1) changes the network alone; ip-netns(8) would also hide the namespaces that a scene makes.
        return ["nsenter", f"--net=/run/netns/{self.netns}", "sh", "-c", command]


def environment() -> dict[str, str]:
    """The environment of a person whose terminal is 80 columns wide, with closewait and the system's tools at hand."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/sbin"
    return {**os.environ, "PATH": path, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}


@contextmanager
def a_place(folder: Path) -> Iterator[Place]:
    """A quiet server with its clients in a namespace of its own, and dumps of it in `folder`."""
    with playing("benign-churn", own_netns=True, time_limit_s=600) as stage:
        assert stage.netns is not None
        place = Place(stage.netns, folder)
        for name in ("before.txt", "after.txt", "dump.txt"):
            (folder / name).write_text(place.run("ss -tanp").output)
        with (folder / "dump.txt").open("a") as dump:
            dump.write(CUSTOMER)
        looks = (f"2026-11-22 10:0{minute}:00\n{place.run('ss -tanp').output}" for minute in range(3))
        (folder / "days.log").write_text("".join(looks))
        write_a_history(folder / "state" / "closewait" / "history.sqlite")
        try:
            yield place
        finally:
            place.end_scenes()


def write_a_history(path: Path) -> None:
    """What a watch of the last minutes would have written, at the host of the customer."""
    clock = Clock(unix_s=time.time() - 900)
    sockets = "20 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50123 pid=4121 process=java recvq=1 age=90s"
    with history.writing(path, clock=clock, every_s=EVERY_S) as store:
        watch = Watch(store, clock)
        for look in range(20):
            watch.look(sockets, whole=look == 10)


def commands_in(text: str) -> list[str]:
    """The closewait commands among the lines of `text`: a line ends where two blanks begin a remark."""
    lines = [re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines()]
    return [line for line in lines if re.match(r"closewait\b|[\w ./-]+\| closewait\b", line)]
