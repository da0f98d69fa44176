"""Where a real program runs: a network namespace with a name, a folder, and the certainty that all of it ends.

    with place() as here:
        here.start(program("nginx", package="nginx"), "-c", "nginx.conf")
        until("nginx listens", lambda: here.count("LISTEN"))
        here.is_healthy()

Whatever runs inside belongs to the test, so at the end all of it is killed, by process id: also the workers that a
program has started. What a killed test run has left behind is ended by the next one.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from closewait.lab import socket_table
from tests.kernel_states import Namespace

SOURCES = Path(__file__).parent / "sources"
PREFIX = "closewait-programs-"
NAMED = Path("/run/netns")  # where ip-netns(8) keeps them
DEADLINE_S = 20.0
LOOK_EVERY_S = 0.05
SBIN = "/usr/sbin:/sbin"  # not on every PATH, but servers live there

Finding = dict[str, Any]


def program(name: str, package: str, *elsewhere: Path) -> str:
    """The path of a program; RuntimeError that names the Debian package where it is missing."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), SBIN, *map(str, elsewhere))))
    if found is None:
        raise RuntimeError(f"{name} not found: apt-get install {package} (`make test` as root on Debian does it)")
    return found


def until(what: str, condition: Callable[[], object]) -> None:
    """Return as soon as `condition()` is true; `what` names it for the reader of the error."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < gives_up_at_s, f"waited {DEADLINE_S:.0f} s for this: {what}"
        time.sleep(LOOK_EVERY_S)


def loud(findings: list[Finding]) -> list[str]:
    """The rules that gave a warning or worse."""
    return [finding["rule"] for finding in findings if finding["severity"] != "benign"]


class Place:
    """A network namespace of the test's own, as `closewait netns:NAME` sees it, and a folder for what runs inside."""

    def __init__(self, inside: Namespace, name: str, folder: Path) -> None:
        self._inside, self.name, self.folder = inside, name, folder
        self._open: list[socket.socket] = []
        self._started: list[subprocess.Popen[bytes]] = []

    # --- what runs here

    def start(self, *command: str | Path, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a program inside, in the folder; what it prints is kept there, too."""
        with (self.folder / "printed").open("ab") as printed:
            words = [str(word) for word in command]
            where = {"cwd": self.folder, "stdin": subprocess.DEVNULL, "stdout": printed, "stderr": printed}
            self._started.append(self._inside.call(subprocess.Popen, words, **where, **options))
        return self._started[-1]

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_text(text)
        return path

    def client(self, port: int, request: bytes = b"") -> socket.socket:
        """A connection to a program here, with a request on its way."""
        connection: socket.socket = self._inside.call(socket.create_connection, ("127.0.0.1", port), timeout=DEADLINE_S)
        self._open.append(connection)
        connection.sendall(request)
        return connection

    def end(self) -> None:
        """Close what is open, and kill every process inside."""
        for connection in self._open:
            connection.close()
        _end_all(self.name)
        for started in self._started:
            started.wait()

    def get(self, port: int, path: str = "/") -> bytes:
        """What a program here answers to one HTTP request, the connection being closed after it."""
        with self.client(port, http_get(path, close=True)) as connection:
            return b"".join(iter(lambda: connection.recv(4096), b""))

    # --- what is seen here

    def count(self, state: str, **wanted: int) -> int:
        """How many IPv4 sockets here are in this state, with these `local_port`, `remote_port`, `inode`."""
        return sum(
            one.state == state and all(getattr(one, field) == value for field, value in wanted.items())
            for one in self._inside.call(lambda: list(socket_table.sockets()))
        )

    def until_it_listens(self, port: int) -> None:
        """Return as soon as a program listens on this port; a failure quotes what it printed."""
        try:
            until(f"port {port} listens", lambda: self.count("LISTEN", local_port=port))
        except AssertionError:
            raise AssertionError((self.folder / "printed").read_text(errors="replace")) from None

    def pids(self) -> list[int]:
        """The processes that run inside."""
        told = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True).stdout
        return [int(pid) for pid in told.split()]

    def examined(self, *options: str) -> list[Finding]:
        """What the command finds here, worst first."""
        command = [sys.executable, "-m", "closewait", f"netns:{self.name}", *options, "--json"]
        run = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert run.returncode in (0, 1, 2), run.stderr.decode()
        findings: list[Finding] = json.loads(run.stdout)["findings"]
        return findings

    def is_healthy(self) -> None:
        """Assert that the command finds nothing above benign."""
        findings = self.examined()

        assert loud(findings) == [], findings

    def finding(self, rule: str, *options: str, sockets: int = 0) -> Finding:
        """The first finding, once `rule` is it, of as many `sockets` or more: they must grow older than what passes.

        No other may be loud.
        """
        gives_up_at_s = time.monotonic() + DEADLINE_S
        while True:
            findings = self.examined(*options)
            is_it = [found["rule"] for found in findings[:1]] == [rule] and findings[0]["sockets"] >= sockets
            if is_it or time.monotonic() > gives_up_at_s:
                break
        assert [found["rule"] for found in findings[:1]] == [rule], findings
        assert set(loud(findings)) <= {rule}, findings
        return findings[0]


def http_get(path: str = "/", *, close: bool = False) -> bytes:
    """A request, after whose answer the connection stays, or is closed."""
    ending = "close" if close else "keep-alive"
    return f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: {ending}\r\n\r\n".encode()


@contextmanager
def place() -> Iterator[Place]:
    """A place that is empty now, and gone afterwards with all that was started in it."""
    for left in NAMED.glob(f"{PREFIX}*"):
        if not Path("/proc", left.name.removeprefix(PREFIX)).exists():
            _clear(left.name)
    name = f"{PREFIX}{os.getpid()}"
    inside = Namespace()
    try:
        thread_id = Path(inside.path).parts[4]
        subprocess.run(["ip", "netns", "attach", name, thread_id], check=True)
        try:
            with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
                Path(folder).chmod(0o755)  # servers that leave root behind read it, too
                here = Place(inside, name, Path(folder))
                try:
                    yield here
                finally:
                    here.end()
        finally:
            subprocess.run(["ip", "netns", "delete", name], check=True)
    finally:
        inside.close()


def _clear(name: str) -> None:
    _end_all(name)
    subprocess.run(["ip", "netns", "delete", name], check=True)


def _end_all(name: str) -> None:
    """Kill every process inside, and wait until none is left."""

    def killed() -> list[str]:
        told = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=True).stdout.split()
        for pid in map(int, told):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return told

    until(f"everything in {name} has ended", lambda: not killed())
