"""`make bench`: every number we promise, as a ratio against the named rival in the same run.

Needs root (a crowd of 196,000 sockets is made in a network namespace) and ss, netstat and jc. Exit status 1 when a line
does not hold.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bench import month_of_history, reading
from bench.crowd import crowd
from bench.line import Line
from bench.many_namespaces import many_namespaces
from bench.stopwatch import Timing, time_commands
from bench.tracing import tracing
from bench.watching import watched

OURS = str(Path(sys.executable).parent / "closewait")
LOG_BYTES = 2_000_000_000
WATCHED_S = 600
RUNS = {"ss -tanp": 1, "psutil": 3}  # the slow rivals; every other command runs five times
PSUTIL = [sys.executable, "-c", "import psutil; psutil.net_connections('tcp')"]
IN_THE_CROWD = {
    "list --by state": [OURS, "list", "--by", "state"],
    "ss -tan": ["ss", "-tan"],
    "examine": [OURS],
    "psutil": PSUTIL,
    "ss -tanp": ["ss", "-tanp"],
}


def against(what: str, ours: Timing, theirs: Timing, bound: float) -> Line:
    """A whole process against a rival's, by the medians."""
    told = f"{ours.median_s:.2f} s against {theirs.median_s:.2f} s"
    return Line(what, told, ours.median_s / theirs.median_s, bound)


def whole_processes(netns: str) -> Iterator[Line]:
    """The commands inside the crowd."""
    runs = {name: RUNS.get(name, 5) for name in IN_THE_CROWD}
    took = time_commands(IN_THE_CROWD, runs=runs, netns=netns)
    examine = took["examine"]
    yield against("list --by state, against ss -tan", took["list --by state"], took["ss -tan"], 1.2)
    yield against("examine, against ss -tanp", examine, took["ss -tanp"], 1 / 8)
    yield against("examine, against psutil", examine, took["psutil"], 2 / 3)
    yield Line("examine, memory in MB", f"{examine.memory_mb:.0f} MB", examine.memory_mb, 400)


def library_look(netns: str) -> Line:
    """The library's look without holders against receiving the kernel's own dump and nothing more."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.kernel_dump", netns], capture_output=True, check=True, text=True
    )
    dump_s, look_s = json.loads(told.stdout)
    return Line("look without holders, against the dump", f"{look_s:.2f} s against {dump_s:.2f} s", look_s / dump_s, 2)


def reading_text() -> Iterator[Line]:
    """Our readers against jc."""
    for tool in ("netstat", "ss"):
        ours, theirs = reading.measured(tool)
        told = f"{ours:,.0f} against {theirs:,.0f} rows/s"
        yield Line(f"reading {tool} text, against jc", told, ours / theirs, 15, at_least=True)
        if tool == "netstat":
            yield Line("reading netstat text, in rows/s", f"{ours:,.0f} rows/s", ours, 400_000, at_least=True)


def reading_a_log() -> Line:
    """The memory that examining a log of days takes, however large it is."""
    with reading.log_of_days(LOG_BYTES) as log:
        took = time_commands({"log": [OURS, log]}, runs={"log": 1})["log"]
    told = f"{took.memory_mb:.0f} MB, {took.median_s:.0f} s"
    return Line(f"examine a log of {LOG_BYTES / 1e9:.0f} GB, memory in MB", told, took.memory_mb, 500)


def whole_host() -> Iterator[Line]:
    """Everything there is to ask of a host with sick programs and many containers; the phases stand below."""
    command = [OURS, "--all-netns", "--cost"]
    with crowd(established=14_000, close_wait=3_000, processes=20) as here, many_namespaces():
        took = time_commands({"all": command}, runs={"all": 3})["all"]
        phases = subprocess.run(command, capture_output=True, check=False, text=True).stderr.strip()
    told = f"{here.sockets:,} sockets, {len(here.pids)} processes, 50 netns"
    yield Line("examine --all-netns, in s", told, took.median_s, 5)
    print(f"   {phases}", flush=True)


def watching() -> Iterator[Line]:
    """What a watch costs beside everything else on its host."""
    with crowd(established=5_000, close_wait=2_500) as here:
        share, memory_mb = watched(here.netns, for_s=WATCHED_S)
    told = f"{here.sockets:,} sockets, a look every 10 s, {WATCHED_S / 60:.0f} min"
    yield Line("watch, in % of one processor", told, 100 * share, 1)
    yield Line("watch, memory in MB", f"{memory_mb:.0f} MB", memory_mb, 150)


def start_up() -> Iterator[Line]:
    """What a person waits for where nothing is going on."""
    took = time_commands({"help": [OURS, "--help"], "quiet": [OURS]}, runs={"help": 7, "quiet": 7})
    for what, name, bound_s in (("--help, in s", "help", 0.15), ("examine of a quiet host, in s", "quiet", 0.6)):
        yield Line(what, f"{took[name].median_s:.3f} s", took[name].median_s, bound_s)


def remembering() -> Iterator[Line]:
    """A month of history: what it takes to write, to keep and to ask; a look comes every ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        month = month_of_history.measured(Path(folder))
        command = [OURS, "history", "--history", f"{folder}/history.sqlite", "--process", "app0"]
        whole = time_commands({"process": command}, runs={"process": 3})["process"]
    looks, size, spent_ms = f"{month.looks:,} looks of 200 gauges", month.size_mb, month.remember_ms + month.lives_ms
    yield Line("a month of history, in MB", looks, size, 120)
    yield Line("one gauge of a month, in s", f"{month.gauge_s:.2f} s", month.gauge_s, 1)
    yield Line("one look of a month, in s", f"{month.look_s:.2f} s", month.look_s, 0.5)
    yield Line("one socket's life of a month, in s", f"{month.life_s:.2f} s", month.life_s, 0.2)
    yield Line("history --process over a month, in s", f"{whole.memory_mb:.0f} MB", whole.median_s, 5)
    told = f"{month.remember_ms:.1f} ms to write, {month.lives_ms:.1f} ms to follow"
    yield Line("remembering 10,000 sockets, in % of a core", told, spent_ms / 10_000 * 100, 0.3)


def main() -> int:
    """Measure every line, print it as it comes, and say whether all hold."""
    lines: list[Line] = []

    def show(line: Line) -> None:
        lines.append(line)
        print(line, flush=True)

    print(f"{'what':44} {'measured':34} {'ratio':>7}    bound")
    for line in chain(start_up(), reading_text()):
        show(line)
    with crowd() as here:
        print(
            f"-- {here.sockets:,} sockets, {here.descriptors:,} descriptors in {len(here.pids)} processes", flush=True
        )
        show(library_look(here.netns))
        for line in whole_processes(here.netns):
            show(line)
    for line in chain(whole_host(), tracing(), remembering()):
        show(line)
    show(reading_a_log())
    for line in watching():
        show(line)
    return 0 if all(line.holds for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
