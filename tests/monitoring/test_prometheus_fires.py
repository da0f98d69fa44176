"""A real Prometheus scrapes a real watch: the alert fires on a scene with real sockets, and stops after it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.capture.named_namespaces import Named, named_namespaces
from tests.cli.test_watch import events, watching
from tests.monitoring.test_rules_and_dashboard import PROMETHEUS, panels

DEADLINE_S = 30.0
LEAKED = 60
#: Panels about other illnesses.
SHOW_NOTHING_OF_IT = {
    "Descriptors of sockets that are gone", "Ports towards one destination of the range", "Walls of the host",
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


def until(holds: Callable[[], object]) -> bool:
    """Whether it holds before the deadline."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not holds() and time.monotonic() < gives_up_at_s:
        time.sleep(0.1)
    return bool(holds())


@contextmanager
def scene(there: Named) -> Iterator[None]:
    """The lab's leak in a namespace that stays when it is over."""
    play = [sys.executable, "-m", "closewait", "lab", "leaked-close-wait", "--count", str(LEAKED)]
    with subprocess.Popen(["nsenter", f"--net=/run/netns/{there.name}", *play], stdout=subprocess.DEVNULL) as playing:
        try:
            yield
        finally:
            playing.send_signal(signal.SIGINT)


def test_the_alert_fires_and_stops(tmp_path: Path) -> None:
    """While a program leaks, and no longer; meanwhile the dashboard has something to show."""
    leak = ("ClosewaitFinding", "leaked-close-wait")
    with (
        named_namespaces(1) as (there,),
        watching(f"netns:{there.name}", "--every", "0.5s", "--metrics", "127.0.0.1:0", "--json") as watch,
    ):
        where = events(watch, "metrics")[-1]["says"].removeprefix("served at ")
        with prometheus(tmp_path, where) as api:
            with scene(there):
                fires = until(lambda: leak in firing(api))
                seen = asked(query(api, 'closewait_sockets{state="CLOSE_WAIT"}'))
                empty = [title for title, expression in shown_of_a_leak() if not asked(query(api, expression))]
            stops = until(lambda: asked(query(api, "up")) != [] and not firing(api))
            left = asked(query(api, 'closewait_sockets{state="CLOSE_WAIT"}'))

    assert fires, (tmp_path / "log").read_text()
    assert [one["value"][1] for one in seen] == [str(LEAKED)]
    assert empty == []
    assert stops
    assert [one["value"][1] for one in left] == ["0"]
