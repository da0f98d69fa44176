"""OTLP over HTTP to a real receiver, which decodes what arrives."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from closewait.diagnosis.gauges import MEASURES, Gauge
from closewait.errors import BadUsage
from closewait.telling.otlp import Otlp
from tests.telling.test_notifications import AT_S, change, until
from tests.views.test_as_openmetrics import GAUGES

DEADLINE_S = 20.0


class Collector:
    """Keeps the requests; answers with the next of `answers`, the last again and again; None is silence."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.logs: list[ExportLogsServiceRequest] = []
        self.asked = 0
        self.over = threading.Event()
        collector = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.asked += 1
                answer = collector.answers.pop(0) if len(collector.answers) > 1 else collector.answers[0]
                if answer is None:
                    collector.over.wait(DEADLINE_S)
                    return
                assert self.headers["Content-Type"] == "application/x-protobuf"
                if answer == 200 and self.path == "/v1/metrics":
                    collector.metrics.append(ExportMetricsServiceRequest.FromString(body))
                elif answer == 200 and self.path == "/v1/logs":
                    collector.logs.append(ExportLogsServiceRequest.FromString(body))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Let go of whoever waits, and end."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def collecting(*answers: int | None) -> Iterator[Collector]:
    """A collector for the length of a test."""
    collector = Collector(*answers)
    try:
        yield collector
    finally:
        collector.close()


def attributes(told: Any) -> dict[str, Any]:
    """The attributes of a point, a record or a resource."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in told.attributes}


def points(request: ExportMetricsServiceRequest) -> dict[tuple[str, ...], float]:
    """The values of a request by name and labels."""
    return {
        (metric.name, *attributes(point).values()): point.as_double or point.as_int
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    }


def test_the_metrics_of_a_look() -> None:
    """All of them, with walls and zeroes, from this host."""
    with collecting(200) as collector:
        otlp = Otlp(collector.url, host="web1")
        otlp.show(GAUGES)
        otlp.close(DEADLINE_S)
        (request,) = collector.metrics
    told = points(request)
    names = {name.removesuffix(".limit") for name, *_ in told}
    (scope,) = request.resource_metrics[0].scope_metrics
    units = {metric.name: metric.unit for metric in scope.metrics}
    sums = {metric.name for metric in scope.metrics if metric.WhichOneof("data") == "sum" and metric.sum.is_monotonic}

    assert names == {f"closewait.{measure.name}" for measure in MEASURES}
    assert told["closewait.sockets", "CLOSE_WAIT"] == 200
    assert told["closewait.sockets", "CLOSING"] == 0
    assert told["closewait.descriptors.limit", "7", "java"] == 1000
    assert units["closewait.memory_bytes"] == "By"
    assert units["closewait.close_wait_age_seconds"] == "s"
    assert sums == {f"closewait.{measure.name}" for measure in MEASURES if measure.grows}
    assert attributes(request.resource_metrics[0].resource).items() >= {
        "service.name": "closewait", "host.name": "web1",
    }.items()  # fmt: skip


def test_what_changes_is_a_log_record() -> None:
    """With its severity, its sentence, and facts to search by."""
    with collecting(200) as collector:
        otlp = Otlp(collector.url)
        otlp.tell(change("opened", process="ja\nva"))
        otlp.tell(change("resolved"))
        otlp.close(DEADLINE_S)
        records = [
            record
            for request in collector.logs
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]
    opened, resolved = records

    assert (opened.event_name, opened.severity_text) == ("closewait.finding.opened", "WARN")
    assert (resolved.event_name, resolved.severity_text) == ("closewait.finding.resolved", "INFO")
    assert opened.time_unix_nano == AT_S * 1e9
    assert opened.body.string_value == r"ja\nva[4121] leaks."
    assert attributes(opened).items() >= {
        "closewait.rule": "leaked-close-wait", "closewait.severity": "warning", "closewait.sockets": 317,
        "closewait.owner.pid": 4121, "closewait.owner.process": r"ja\nva", "closewait.where": "10.0.0.1:443",
        "closewait.event": "opened", "closewait.lasted_s": 60.0,
    }.items()  # fmt: skip


def test_a_collector_that_hangs_blocks_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    """Looks go on, of metrics the latest waits, records are bounded, closing does not wait; nothing is printed."""
    with collecting(None) as collector:
        otlp = Otlp(collector.url, limit_s=DEADLINE_S, most_waiting=10)
        otlp.show(GAUGES)
        began = until(lambda: collector.asked)
        began_s = time.monotonic()
        for _ in range(100):
            otlp.show(GAUGES)
            otlp.tell(change())
        told_in_s = time.monotonic() - began_s
        otlp.close(0.1)
        closed_in_s = time.monotonic() - began_s

    assert began
    assert told_in_s < 1
    assert closed_in_s < 5
    assert otlp.dropped == 100
    assert capfd.readouterr() == ("", "")


def test_it_is_said_once_that_it_fails_and_that_it_works() -> None:
    """A refusal is not repeated for ever within one attempt; the records wait, the latest metrics come."""
    said: list[str] = []
    with collecting(400, 200) as collector:
        otlp = Otlp(collector.url, say=said.append)
        otlp.show([Gauge("looks", (), 1)])
        failed = until(lambda: said)
        otlp.tell(change())
        otlp.show([Gauge("looks", (), 2)])
        came = until(lambda: collector.logs)
        otlp.close(DEADLINE_S)

    assert failed
    assert came
    assert [points(request) for request in collector.metrics] == [{("closewait.looks",): 2}]
    assert len(said) == 2
    assert said[0].startswith("OpenTelemetry does not arrive: http://127.0.0.1: ")
    assert said[1] == "OpenTelemetry arrives again: http://127.0.0.1"


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "file:///etc/passwd", "http:///v1", "", "http://127.0.0.1:abc"])
def test_no_receiver(url: str) -> None:
    """Only HTTP, and a port is a number."""
    with pytest.raises(BadUsage):
        Otlp(url)
