"""What ships for Prometheus and Grafana speaks of metrics that exist, and does what it says."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from closewait.diagnosis.gauges import MEASURES
from closewait.views.as_openmetrics import limit_name, metric_name
from tests.promises.house import REPOSITORY

MONITORING = REPOSITORY / "monitoring"
PROMETHEUS = MONITORING / "prometheus"
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "grafana" / "closewait.json").read_text())

#: The labels of every metric, with those that Prometheus adds to all.
LABELS = {
    name: {*measure.labels, "instance", "job"}
    for measure in MEASURES
    for name in (metric_name(measure), limit_name(measure))
    if name is not None
}
METRIC = re.compile(r"(?<![\w:])closewait_\w+(?![\w:])")
RECORDED = re.compile(r"\b[a-z_]+:closewait_\w+:[a-z]+")
SELECTOR = re.compile(r"(?<![\w:])(closewait_\w+)\{([^}]*)\}")


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard that show something."""
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> dict[str, str]:
    """Everything that asks Prometheus, by where it stands."""
    told = {file.name: file.read_text() for file in PROMETHEUS.glob("*.yml")}
    for panel in panels():
        told[panel["title"]] = "\n".join(target["expr"] for target in panel["targets"])
    variables = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    return {**told, "variables": "\n".join(variables)}


def promtool(*words: str) -> str:
    """What promtool says; it must be content."""
    done = subprocess.run(["promtool", *words], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_metric_that_is_asked_for_exists() -> None:
    """A rule about a metric that does not exist never fires, and nobody notices."""
    unknown = {(where, name) for where, text in queries().items() for name in METRIC.findall(text)}

    assert {(where, name) for where, name in unknown if name not in LABELS} == set()


def test_every_label_that_is_asked_for_exists() -> None:
    """Nor does one about a label that a metric does not have."""
    asked = {
        (where, name, label)
        for where, text in queries().items()
        for name, selectors in SELECTOR.findall(text)
        for label in re.findall(r"(\w+)\s*[=!]", selectors)
    }

    assert {each for each in asked if each[2] not in LABELS[each[1]]} == set()


def test_what_is_recorded_and_what_is_read_is_the_same() -> None:
    """By alerts and dashboard; nothing is recorded in vain."""
    recorded = set(re.findall(r"record: (\S+)", (PROMETHEUS / "recording.yml").read_text()))
    read = {name for where, text in queries().items() if where != "recording.yml" for name in RECORDED.findall(text)}

    assert read == recorded


def test_every_measure_is_shown() -> None:
    """On the dashboard, itself or through what is recorded of it."""
    shown = "\n".join(text for where, text in queries().items() if not where.endswith(".yml"))
    missing = {one.name for one in MEASURES if not re.search(rf"closewait_{one.name}(_total)?\b", shown)}

    assert missing == set()


def test_promtool_accepts_the_rules() -> None:
    """Both files."""
    assert promtool("check", "rules", "recording.yml", "alerts.yml").count("SUCCESS") == 2


def test_the_rules_do_what_they_say() -> None:
    """Each alert fires where it should, and not before or after (alerts_test.yml)."""
    promtool("test", "rules", "alerts_test.yml")


def test_every_alert_is_tested() -> None:
    """One that never fired in a test may never fire."""
    alerts = set(re.findall(r"alert: (\S+)", (PROMETHEUS / "alerts.yml").read_text()))
    tests = (PROMETHEUS / "alerts_test.yml").read_text()
    fired = {name for name, told in re.findall(r"alertname: (\S+)\n\s+exp_alerts:( \[\])?", tests) if not told}

    assert alerts - fired == set()


def test_promtool_understands_the_dashboard(tmp_path: Path) -> None:
    """Its queries, written as rules (JSON is YAML), with every host chosen."""
    asked = [target["expr"].replace("$instance", ".*") for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"dashboard:query_{number}", "expr": query} for number, query in enumerate(asked)]
    file = tmp_path / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert f"SUCCESS: {len(asked)} rules found" in promtool("check", "rules", str(file))


def test_the_dashboard_is_in_order() -> None:
    """Each panel has a title, says what it shows, and stands beside the others, not upon them."""
    places = [
        (x, y)
        for panel in panels()
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert [panel["id"] for panel in panels() if not (panel["title"] and panel["description"])] == []
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_they_come_with_the_package() -> None:
    """Whoever installs closewait finds them below share/closewait."""
    assert '"monitoring" = "share/closewait/monitoring"' in (REPOSITORY / "pyproject.toml").read_text()
