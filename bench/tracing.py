"""What tracing costs: short connections of several processes with and without it, counted on both sides.

    python -m bench.tracing

A connection is opened and closed by one process that has both ends: ten transitions. Its cost is the processor time of
that process, in which the kernel does nearly all its work for loopback connections.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile

from bench.line import Line
from bench.namespace import namespace
from closewait.capture.namespace import inside
from closewait.capture.tracefs import tracefs

OURS = str(Path(sys.executable).parent / "closewait")
PROCESSES, CONNECTIONS, ROUNDS = 2, 10_000, 5
FIRST_PORT = 7000
TRANSITIONS = PROCESSES * (10 * CONNECTIONS + 2)  # and two of each listener
PORTS = f"{FIRST_PORT}-{FIRST_PORT + PROCESSES - 1}"
ONLY_OURS = [f"lport={PORTS}", "or", f"rport={PORTS}"]  # a trace sees every network namespace

NETWORKS = count(1)  # a new one each time: the ports of the last are in TIME_WAIT


@dataclass(frozen=True, slots=True)
class Load:
    """One round of short connections: how long it took, and the processor time of one connection."""

    took_s: float
    connection_us: float

    @property
    def transitions_per_s(self) -> float:
        """Of all processes together."""
        return TRANSITIONS / self.took_s


def load(netns: str) -> Load:
    """Every process makes its connections, all at the same time."""
    reading, writing = os.pipe()
    began_s = time.perf_counter()
    network = f"127.0.{next(NETWORKS)}"
    pids = [_maker(netns, (f"{network}.1", FIRST_PORT + number), writing) for number in range(PROCESSES)]
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError(f"process {pid} could not make its connections")
    took_s = time.perf_counter() - began_s
    os.close(writing)
    with os.fdopen(reading) as told:
        processor_s = sum(map(float, told))
    return Load(took_s, 1e6 * processor_s / (PROCESSES * CONNECTIONS))


def _maker(netns: str, address: tuple[str, int], writing: int) -> int:
    """A process that makes its connections and tells what processor time they took."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        with inside(netns), socket.create_server(address) as listener:
            began_s = time.process_time()
            for _ in range(CONNECTIONS):
                near = socket.socket()
                near.connect(address)
                far, _ = listener.accept()
                near.close()
                far.recv(1)
                far.close()
            os.write(writing, f"{time.process_time() - began_s}\n".encode())
        status = 0
    finally:
        os._exit(status)


@contextmanager
def traced(*words: str) -> Iterator[dict[str, float]]:
    """`closewait trace` while the block runs; its sum is in the dictionary afterwards."""
    told: dict[str, float] = {}
    with TemporaryFile() as output, tracefs() as root:
        process = subprocess.Popen([OURS, "trace", "--json", *words, *ONLY_OURS], stdout=output)
        switch = root / f"instances/closewait-{process.pid}/events/sock/inet_sock_set_state/enable"
        try:
            while not (switch.exists() and switch.read_text().startswith("1")):
                if process.poll() is not None:
                    raise RuntimeError(f"closewait trace ended with {process.returncode} before it began")
                time.sleep(0.01)
            yield told
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        output.seek(0)
        told.update(json.loads(output.readlines()[-1]))


def tracing() -> Iterator[Line]:
    """Nothing is lost at 100,000 transitions a second, and what a connection and a transition cost."""
    alone: list[Load] = []
    beside: list[Load] = []
    followed: list[Load] = []
    sums: list[dict[str, float]] = []
    lines: list[dict[str, float]] = []
    with namespace("traced") as netns:
        for _ in range(ROUNDS):
            alone.append(load(netns))
            with traced("--summary") as told:
                beside.append(load(netns))
            sums.append(told)
            with traced() as told:
                followed.append(load(netns))
            lines.append(told)
    yield from _counted(alone, beside, sums)
    yield from _followed(alone, followed, lines)


def _counted(alone: Sequence[Load], beside: Sequence[Load], sums: Sequence[dict[str, float]]) -> Iterator[Line]:
    rate = statistics.median(one.transitions_per_s for one in beside)
    missing = max(abs(one["transitions"] - TRANSITIONS) + one["lost"] for one in sums)
    made = f"{len(sums)} times {TRANSITIONS:,} transitions"
    yield Line("trace, lost or miscounted transitions", made, missing, 0)
    yield Line("trace, transitions a second", f"{rate:,.0f}/s", rate, 100_000, at_least=True)
    ours_us, alone_us = (statistics.median(one.connection_us for one in loads) for loads in (beside, alone))
    yield Line(
        "trace, cost to a connection, in us", f"{ours_us:.1f} us against {alone_us:.1f} us", ours_us - alone_us, 8
    )
    reading_us = statistics.median(1e6 * one["processor_s"] / one["transitions"] for one in sums)
    yield Line("trace --summary, a transition, in us", f"{reading_us:.2f} us", reading_us, 3)
    memory_mb = max(one["memory_mb"] for one in sums)
    yield Line("trace --summary, memory in MB", f"{memory_mb:.0f} MB", memory_mb, 150)


def _followed(alone: Sequence[Load], beside: Sequence[Load], told: Sequence[dict[str, float]]) -> Iterator[Line]:
    """Every transition followed and written as a line of JSON, the kernel's last words too."""
    ours_us, alone_us = (statistics.median(one.connection_us for one in loads) for loads in (beside, alone))
    what = f"{ours_us:.1f} us against {alone_us:.1f} us"
    yield Line("trace with last words, a connection, in us", what, ours_us - alone_us, 15)
    each_us = statistics.median(1e6 * one["processor_s"] / one["transitions"] for one in told)
    lost = sum(one["lost"] for one in told)
    yield Line("trace, a line for a transition, in us", f"{each_us:.1f} us, {lost:,} lost", each_us, 30)


if __name__ == "__main__":
    for line in tracing():
        print(line, flush=True)
