"""A crowd of sockets to measure against, in a network namespace of its own.

98,000 ESTABLISHED (both ends of 49,000 connections), 49,000 CLOSE_WAIT and the 49,000 orphans in FIN_WAIT_2 at their
other ends: 196,000 sockets, 147,000 descriptors, in 10 processes of 14,700. Each process talks to its own listener.

    with crowd() as here:
        subprocess.run(["ip", "netns", "exec", here.netns, "ss", "-tan"])

As a script it builds the crowd, runs a command inside it, and takes everything down again:

    python bench/crowd.py -- ss -s
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from closewait.capture.namespace import NAMED, inside

PREFIX = "closewait-crowd-"
PORT = 8080

# An orphan in FIN_WAIT_2 dies after tcp_fin_timeout (60 s); a bench takes longer.
SETTINGS = {
    "net.ipv4.tcp_fin_timeout": "3600",
    "net.ipv4.ip_local_port_range": "1024 65535",
    "net.core.somaxconn": "4096",
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """Where the crowd is, and who holds it."""

    netns: str
    pids: tuple[int, ...]
    sockets: int
    descriptors: int


@contextmanager
def crowd(*, established: int = 98_000, close_wait: int = 49_000, processes: int = 10) -> Iterator[Crowd]:
    """Build the crowd, yield it, and take it down: the processes end, the namespace goes.

    A holder also ends by itself when this process dies, and the next crowd removes the namespace left behind.
    """
    remove_left_behind()
    netns = f"{PREFIX}{os.getpid()}"
    subprocess.run(["ip", "netns", "add", netns], check=True)
    holders: list[Holder] = []
    try:
        subprocess.run(["ip", "-n", netns, "link", "set", "lo", "up"], check=True)
        settings = [f"{name}={value}" for name, value in SETTINGS.items()]
        subprocess.run(["ip", "netns", "exec", netns, "sysctl", "-q", "-w", *settings], check=True)
        for number in range(1, processes + 1):
            pairs, halves = established // 2 // processes, close_wait // processes
            holders.append(Holder.start(netns, f"127.0.1.{number}", pairs, halves))
        for holder in holders:
            holder.wait_until_ready()
        yield Crowd(
            netns=netns,
            pids=tuple(holder.pid for holder in holders),
            sockets=(established + 2 * close_wait) // processes * processes,
            descriptors=(established + close_wait) // processes * processes,
        )
    finally:
        for holder in holders:
            holder.let_go()
        for holder in holders:
            os.waitpid(holder.pid, 0)
        subprocess.run(["ip", "netns", "del", netns], check=True)


@dataclass(frozen=True, slots=True)
class Holder:
    """One process that holds its share of the descriptors until told otherwise."""

    pid: int
    ready: int
    leash: int

    @classmethod
    def start(cls, netns: str, address: str, pairs: int, halves: int) -> "Holder":
        """Fork a process that makes `pairs` whole and `halves` half-closed connections to itself."""
        ready, say_ready = os.pipe()
        wait_here, leash = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(ready)
                os.close(leash)
                with inside(netns):
                    held = connections(address, pairs, halves)
                os.write(say_ready, b"!")
                os.read(wait_here, 1)  # ends when the last copy of the leash is closed
                del held
            finally:
                os._exit(0)
        os.close(say_ready)
        os.close(wait_here)
        os.set_inheritable(leash, False)
        return cls(pid, ready, leash)

    def wait_until_ready(self) -> None:
        """Return when every connection stands; raise when the process died on the way."""
        if os.read(self.ready, 1) != b"!":
            raise RuntimeError(f"holder {self.pid} could not build its connections; is the descriptor limit too low?")

    def let_go(self) -> None:
        """End the process by closing the pipe it reads from."""
        os.close(self.ready)
        os.close(self.leash)


def connections(address: str, pairs: int, halves: int) -> list[socket.socket]:
    """Both ends of `pairs` connections, and one end of `halves` connections whose other end was closed."""
    held = [socket.create_server((address, PORT), backlog=64)]
    for number in range(pairs + halves):
        near = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        near.connect((address, PORT))
        held.append(held[0].accept()[0])
        if number < pairs:
            held.append(near)
        else:
            near.close()
    held.pop(0).close()
    return held


def remove_left_behind() -> None:
    """Remove the namespaces of crowds whose maker no longer lives."""
    for name in NAMED.glob(f"{PREFIX}*"):
        maker = name.name.removeprefix(PREFIX)
        if not Path("/proc", maker).exists():
            subprocess.run(["ip", "netns", "del", name.name], check=False)


def main() -> int:
    """Run a command inside a crowd and end with its exit status."""
    ask = argparse.ArgumentParser(description="Build a crowd of sockets and run a command inside its namespace.")
    ask.add_argument("--established", type=int, default=98_000)
    ask.add_argument("--close-wait", type=int, default=49_000)
    ask.add_argument("--processes", type=int, default=10)
    ask.add_argument("command", nargs="+")
    told = ask.parse_args()
    began = time.perf_counter()
    with crowd(established=told.established, close_wait=told.close_wait, processes=told.processes) as here:
        print(f"{here.sockets} sockets in {time.perf_counter() - began:.1f} s in {here.netns}", file=sys.stderr)
        return subprocess.run(["ip", "netns", "exec", here.netns, *told.command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
