"""Each scene beside the real command: its rule speaks first, the others stay silent, from every way in."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from closewait.lab import SCENES, Performance, playing

COMMAND = [sys.executable, "-m", "closewait"]
WAYS_IN = {"ss": ["ss", "-tanp"], "netstat": ["netstat", "-antp"]}
PATIENCE_S = 15.0

#: What a dump cannot tell, so that the same scene has another first verdict there; every other scene has the same.
OTHERWISE = {
    ("ss", "blocked-writer"): "insufficient-evidence",  # without timers and clocks, data on its way looks the same
    ("netstat", "blocked-writer"): "insufficient-evidence",
    ("ss", "dying-unacked"): None,  # without timers a goodbye on its way looks the same
    ("netstat", "dying-unacked"): None,
    ("netstat", "inherited-fd"): "leaked-close-wait",  # netstat shows one holder of a shared socket
    ("ss", "dead-fd"): None,  # no table has the sockets that this is about
    ("netstat", "dead-fd"): None,
    ("ss", "leaked-established"): None,  # one look cannot tell it from a large pool
    ("netstat", "leaked-established"): None,
    ("ss", "half-open-established"): None,  # a text may have been filtered: what it lacks proves nothing
    ("netstat", "half-open-established"): None,
    ("ss", "fd-exhaustion"): None,  # a socket dump tells no descriptor limit
    ("netstat", "fd-exhaustion"): None,
    ("ss", "time-wait-churn"): "benign-churn",  # nor the port range: a quarter of a small one is little of the default
    ("netstat", "time-wait-churn"): "benign-churn",
    ("ss", "port-exhaustion"): "benign-churn",
    ("netstat", "port-exhaustion"): "benign-churn",
    ("netstat", "syn-backlog"): None,  # netstat shows no limit of an accept queue
}

#: Scenes of which one look proves nothing.
TWICE = {"leaked-established": ["--again", "30s"]}

Answer = dict[str, Any]


def examined(arguments: Sequence[str], dump: bytes | None = None) -> Answer:
    """What the command answers, as JSON."""
    run = subprocess.run([*COMMAND, *arguments, "--json"], input=dump, capture_output=True, timeout=60, check=False)
    assert run.returncode in (0, 1, 2), run.stderr.decode()
    answer: Answer = json.loads(run.stdout)
    return answer


def soon(look: Callable[[], Answer], first_rule: str | None) -> Answer:
    """Look until `first_rule` comes first, or patience ends: sockets must grow older than what passes."""
    gives_up_at = time.monotonic() + PATIENCE_S
    while True:
        answer = look()
        rules = [finding["rule"] for finding in answer["findings"]]
        if rules[:1] == ([first_rule] if first_rule else []) or time.monotonic() > gives_up_at:
            return answer
        time.sleep(0.2)


def loud(answer: Answer) -> list[str]:
    """The rules that gave a warning or worse."""
    return [finding["rule"] for finding in answer["findings"] if finding["severity"] != "benign"]


def dumped(scene: Performance, tool: str) -> Answer:
    """What the command makes of another tool's output at the scene."""
    dump = subprocess.run([*scene.inside, *WAYS_IN[tool]], capture_output=True, timeout=60, check=True).stdout
    return examined(["-"], dump)


@pytest.mark.parametrize("name", [scene.name for scene in SCENES])
def test_its_rule_speaks_first_and_alone(name: str) -> None:
    """Live: the scene's rule first, no other warning or critical, and the sick process is charged. What ss and netstat
    print of the same moment leads to the same verdict, as far as they tell.
    """
    with playing(name, own_netns=True, time_limit_s=90) as scene:
        live = soon(lambda: examined([f"netns:{scene.netns}", *TWICE.get(name, ())]), scene.scene.rule)
        from_dumps = {
            tool: soon(lambda tool=tool: dumped(scene, tool), OTHERWISE.get((tool, name), scene.scene.rule))
            for tool in WAYS_IN
        }

    first = live["findings"][0]
    assert first["rule"] == scene.scene.rule
    assert set(loud(live)) <= {scene.scene.rule}
    if scene.sick_pids and first["severity"] != "benign":
        assert first["owner"]["pid"] in scene.sick_pids
    for tool, answer in from_dumps.items():
        expected = OTHERWISE.get((tool, name), scene.scene.rule)
        assert [finding["rule"] for finding in answer["findings"]][:1] == ([expected] if expected else []), tool
        assert set(loud(answer)) <= {expected}, tool


def test_a_second_look_makes_a_growing_leak_certain() -> None:
    """`--again 30s` sees the same sockets twice and new ones beside them."""
    with playing("leaked-close-wait", count=12, growth_per_s=0.5, own_netns=True, time_limit_s=90) as scene:
        answer = examined([f"netns:{scene.netns}", "--again", "30s"])

    first = answer["findings"][0]
    assert (first["rule"], first["certainty"], len(answer["looks"])) == ("leaked-close-wait", "certain", 2)
    assert first["sockets"] > 12
    assert any("since" in fact for fact in first["because"])


def test_an_idle_place_has_no_finding_above_benign() -> None:
    """Where nothing happens, nothing is said."""
    subprocess.run(["ip", "netns", "add", "closewait-idle"], check=True)
    try:
        answer = examined(["netns:closewait-idle"])
    finally:
        subprocess.run(["ip", "netns", "delete", "closewait-idle"], check=True)

    assert loud(answer) == []
