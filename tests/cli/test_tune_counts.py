"""What matters now is told from real sockets: each of these situations makes its setting matter, and health none."""

import json
import re
from typing import Any

import pytest

from closewait.lab import playing
from tests.cli.test_command_line import run


def settings_during(scene: str, count: int) -> tuple[int, list[dict[str, Any]]]:
    """The exit status and the settings, in their order, of the namespace in which a scene plays."""
    with playing(scene, count=count, own_netns=True) as stage:
        done = run("tune", f"netns:{stage.netns}", "--json")
    return done.returncode, json.loads(done.stdout)["settings"]


def test_ports_matter_when_they_run_out() -> None:
    """Four in five towards one destination are taken: the range comes first, and says how many."""
    status, settings = settings_during("port-exhaustion", 220)
    by_name = {setting["name"]: setting for setting in settings}

    assert status == 2
    assert settings[0]["name"] == "net.ipv4.ip_local_port_range"
    assert settings[0]["matters"] is True
    assert re.match(r"\d+ of 250 ports towards [\d.]+:\d+ are taken \(8\d%\)", settings[0]["says"])
    assert by_name["net.ipv4.tcp_max_tw_buckets"]["matters"] is False


def test_descriptors_matter_near_the_limit() -> None:
    """The process nearest to its limit is named."""
    status, settings = settings_during("fd-exhaustion", 60)

    assert status in (1, 2)
    assert settings[0]["name"] == "RLIMIT_NOFILE"
    assert "lab-" in settings[0]["says"]


def test_an_accept_queue_that_the_program_made_short_is_not_somaxconn() -> None:
    """Nobody accepts, but the limit is the program's own: raising the ceiling would change nothing."""
    _, settings = settings_during("never-accepted", 20)
    by_name = {setting["name"]: setting for setting in settings}

    assert by_name["net.core.somaxconn"]["matters"] is False
    assert by_name["net.core.somaxconn"]["says"] != ""


@pytest.mark.parametrize("scene", ["benign-churn", "stale-idle-pool"])
def test_health_makes_nothing_matter(scene: str) -> None:
    """No setting is put forward where nothing is short."""
    with playing(scene, own_netns=True) as stage:
        done = run("tune", f"netns:{stage.netns}", "--json")

    assert done.returncode == 0
    assert [each["name"] for each in json.loads(done.stdout)["settings"] if each["matters"]] == []
