"""`closewait watch` tells others: Prometheus, OpenTelemetry, a webhook and a command, of one real leak."""

import json
import sys
import urllib.request
from pathlib import Path

from tests.capture.named_namespaces import named_namespaces
from tests.cli.test_watch import LEAKED, events, leak, watching
from tests.telling.test_notifications import receiving, until
from tests.telling.test_otlp import collecting, points
from tests.views.test_as_openmetrics import read

CONFIGURATION = """
[[notify]]
webhook = "{url}"

[[notify]]
command = {command}
"""
#: Writes one line for each event: a script that uses its environment alone.
NOTE_DOWN = (
    "import os; open({file!r}, 'a').write(os.environ['CLOSEWAIT_EVENT'] + ' ' + os.environ['CLOSEWAIT_RULE'] + '\\n')"
)


def test_everybody_is_told(tmp_path: Path) -> None:
    """That it opened, its numbers, and that it is over."""
    noted, config = tmp_path / "noted", tmp_path / "closewait.toml"
    noted.touch()
    command = [sys.executable, "-c", NOTE_DOWN.format(file=str(noted))]
    with receiving(200) as webhook, collecting(200) as collector, named_namespaces(1) as (there,):
        config.write_text(CONFIGURATION.format(url=webhook.url, command=json.dumps(command)))
        words = [f"netns:{there.name}", "--every", "0.5s", "--metrics", "127.0.0.1:0", "--otlp", collector.url]
        with watching(*words, "--config", str(config), "--history", "none", "--json") as watch:
            where = events(watch, "metrics")[-1]["says"].removeprefix("served at ")

            def scraped() -> dict[tuple[str, tuple[str, ...]], float]:
                with urllib.request.urlopen(f"http://{where}/metrics", timeout=10) as page:
                    return read(page.read().decode())

            events(watch, "started")
            held = there.call(leak, LEAKED)
            events(watch, "opened")
            counted = until(lambda: scraped()["closewait_sockets", ("CLOSE_WAIT",)] == LEAKED)
            paged = until(lambda: webhook.got and noted.read_text())
            delivered = until(lambda: scraped()["closewait_notifications_total", ("delivered",)] == 2)
            for connection in held:
                connection.close()
            events(watch, "resolved")
            over = until(lambda: len(webhook.got) == 2 and noted.read_text().count("\n") == 2)
            looks = scraped()["closewait_looks_total", ()]
            watch.terminate()
            watch.communicate(timeout=20)
    records = [one for told in collector.logs for more in told.resource_logs for one in more.scope_logs[0].log_records]

    assert (counted, paged, delivered, over) == (True, True, True, True)
    assert [(one["event"], one["finding"]["rule"]) for one in webhook.got] == [
        ("opened", "leaked-close-wait"), ("resolved", "leaked-close-wait"),
    ]  # fmt: skip
    assert noted.read_text() == "opened leaked-close-wait\nresolved leaked-close-wait\n"
    assert looks >= 3
    assert {record.event_name for record in records} >= {"closewait.finding.opened", "closewait.finding.resolved"}
    assert any(points(told).get(("closewait.sockets", "CLOSE_WAIT")) == LEAKED for told in collector.metrics)
