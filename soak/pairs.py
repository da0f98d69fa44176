"""Scenes that can be played in one place, two at a time: both must be found, each charged to its own sick process.

python -m soak.pairs          every pair, some minutes
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import Any

from bench.namespace import namespace

from closewait.lab import SCENES

#: What is above benign where it is played on loopback: the others need a namespace to themselves, or are no illness.
BENIGN = ("stale-idle-pool", "benign-churn", "insufficient-evidence")
TWICE = ("leaked-established",)  # one look proves nothing of it
TOGETHER = tuple(scene.name for scene in SCENES if scene.needs == "loopback" and scene.name not in (*BENIGN, *TWICE))

PATIENCE_S = 20.0

PLAYERS = """
import json, sys
from contextlib import ExitStack
from closewait.lab import playing
with ExitStack() as stage:
    scenes = [stage.enter_context(playing(name, time_limit_s=120)) for name in sys.argv[1:]]
    print(json.dumps({scene.scene.name: scene.sick_pids for scene in scenes}), flush=True)
    sys.stdin.read()
"""

Finding = Mapping[str, Any]


@contextmanager
def together(netns: str, names: Sequence[str]) -> Iterator[Mapping[str, Sequence[int]]]:
    """Play these scenes in one namespace; the sick processes of each."""
    command = ["ip", "netns", "exec", netns, sys.executable, "-P", "-c", PLAYERS, *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as players:
        assert players.stdout is not None
        told = players.stdout.readline()
        try:
            yield json.loads(told)
        finally:
            players.communicate("")


def findings(netns: str) -> list[Finding]:
    """What the real command finds there, above benign."""
    command = [sys.executable, "-m", "closewait", f"netns:{netns}", "--json"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return [finding for finding in answer["findings"] if finding["severity"] != "benign"]


def amiss(sick: Mapping[str, Sequence[int]], found: Sequence[Finding]) -> list[str]:
    """Which scenes are not found, or charged to somebody else, and what else is accused."""
    charged = {(finding["rule"], owner["pid"]) for finding in found for owner in finding["owners"]}
    wanted = {(name, pid) for name, pids in sick.items() for pid in pids[:1]}
    told = {(name, pid) for name, pids in sick.items() for pid in pids}
    missing = [f"{name} of {pid} was not found" for name, pid in sorted(wanted - charged)]
    return missing + [f"{rule} was charged to {pid}" for rule, pid in sorted(charged - told, key=str)]


def soon(netns: str, sick: Mapping[str, Sequence[int]]) -> list[str]:
    """What is amiss once the sockets have grown older than what passes."""
    gives_up_at = time.monotonic() + PATIENCE_S
    while (faults := amiss(sick, findings(netns))) and time.monotonic() < gives_up_at:
        time.sleep(0.3)
    return faults


def main() -> int:
    """Play every pair and say which was not told apart."""
    status = 0
    for pair in combinations(TOGETHER, 2):
        with namespace("pairs") as netns, together(netns, pair) as sick:
            faults = soon(netns, sick)
        print(f"{' + '.join(pair):50} {'; '.join(faults) or 'both found'}", flush=True)
        status |= bool(faults)
    return status


if __name__ == "__main__":
    sys.exit(main())
