"""A real Prometheus scrapes a real page: the alert fires on a scene with real sockets, and stops after it."""

import json
import re
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from closewait import capture, doctor
from closewait.diagnosis.gauges import gauges_of
from closewait.lab import playing
from closewait.snapshot.timeline import Timeline
from closewait.telling.metrics_page import MetricsPage, serve
from tests.monitoring.test_rules_and_dashboard import PROMETHEUS, panels

DEADLINE_S = 30.0
#: Panels about other illnesses, and about what only a watch tells.
SHOW_NOTHING_OF_IT = {
    "Descriptors of sockets that are gone", "Ports towards one destination of the range", "Walls of the host",
    "Processor", "Memory", "Looks", "Notifications",
}  # fmt: skip
CONFIGURATION = """
global: {{scrape_interval: 250ms, evaluation_interval: 250ms}}
rule_files: [{folder}/recording.yml, {folder}/alerts.yml]
scrape_configs:
  - job_name: closewait
    static_configs: [{{targets: ["{target}"]}}]
"""


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Debian's Prometheus on loopback, with the rules as they ship, only impatient; the URL of its API."""
    for name in ("recording.yml", "alerts.yml"):
        rules = (PROMETHEUS / name).read_text()
        (folder / name).write_text(re.sub(r"for: \d+m", "for: 1s", rules))
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(folder=folder, target=target))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "log").open("w") as log:
        serving = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={place}", "--log.level=warn"],
            stderr=log,
        )  # fmt: skip
    try:
        yield f"http://{place}/api/v1"
    finally:
        serving.terminate()
        serving.wait(timeout=DEADLINE_S)


def asked(url: str) -> list[dict[str, Any]]:
    """What Prometheus answers; nothing while it still starts."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            data: dict[str, list[dict[str, Any]]] = json.load(answer)["data"]
    except OSError:
        return []
    return data.get("alerts") or data.get("result") or []


def query(api: str, expression: str) -> str:
    """The URL that evaluates an expression now."""
    return f"{api}/query?{urllib.parse.urlencode({'query': expression})}"


def shown_of_a_leak() -> Iterator[tuple[str, str]]:
    """What the dashboard asks, by panel, as far as one leaking program on a host has an answer."""
    for panel in panels():
        if panel["title"] not in SHOW_NOTHING_OF_IT:
            for target in panel["targets"]:
                yield panel["title"], target["expr"].replace("$instance", ".*")


def firing(api: str) -> set[tuple[str, str | None]]:
    """The alerts that fire, with their rule."""
    told = (one for one in asked(f"{api}/alerts") if one["state"] == "firing")
    return {(one["labels"]["alertname"], one["labels"].get("rule")) for one in told}


def until(page: MetricsPage, look: Callable[[], Timeline], holds: Callable[[], bool]) -> bool:
    """Look again and again and show each, as a watch does, until something holds; False when it does not in time."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > gives_up_at_s:
            return False
        *earlier, latest = look().looks
        page.show(gauges_of(doctor.examine(partial(next, iter([latest])), earlier=Timeline(tuple(earlier)))))
        time.sleep(0.1)
    return True


def test_the_alert_fires_and_stops(tmp_path: Path) -> None:
    """While programs leak, and no longer."""
    earlier = Timeline()

    def look(netns: str | None) -> Timeline:
        nonlocal earlier
        earlier = Timeline(earlier.looks[-1:]).followed_by(capture.look(netns=netns))
        return earlier

    page = serve("127.0.0.1:0")
    try:
        with prometheus(tmp_path, page.where) as api:
            with playing("leaked-close-wait", count=60, own_netns=True) as stage:
                fires = until(
                    page,
                    lambda: look(stage.netns),
                    lambda: ("ClosewaitFinding", "leaked-close-wait") in firing(api),
                )
                seen = asked(query(api, 'closewait_sockets{state="CLOSE_WAIT"}'))
                empty = [title for title, expression in shown_of_a_leak() if not asked(query(api, expression))]
            calm = calm_look()
            stops = until(page, lambda: calm, lambda: asked(query(api, "up")) != [] and not firing(api))
    finally:
        page.close()

    assert fires, (tmp_path / "log").read_text()
    assert [one["value"][1] for one in seen] == ["60"]
    assert empty == []
    assert stops


def calm_look() -> Timeline:
    """One look at a healthy server."""
    with playing("benign-churn", count=1, own_netns=True) as stage:
        return Timeline((capture.look(netns=stage.netns),))
