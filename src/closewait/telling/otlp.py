"""OpenTelemetry over OTLP/HTTP: the metrics of each look, and what changes as log records.

A thread of its own exports, so that no watch waits for a collector. Of metrics only the latest wait, for they tell how
things stand; of records a bounded number, the oldest dropped first. The exporters take headers and certificates from
the environment (OTEL_EXPORTER_OTLP_HEADERS and others), as OpenTelemetry has it.
"""

import logging
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from importlib.metadata import version

from closewait.diagnosis.changes import Change
from closewait.diagnosis.gauges import Gauge
from closewait.telling.extra import needed
from closewait.telling.otlp_messages import log_record_of, metrics_of, resource_of
from closewait.telling.url import harmless_name, http_url
from closewait.views.visible import visible

MOST_WAITING = 1000
AGAIN_AFTER_S = 30.0  # where there is no look in between that would try it


class Otlp:
    """Exports to one collector until it is closed; `say` hears, from the thread, when that fails and works again."""

    def __init__(
        self,
        url: str,
        *,
        host: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        limit_s: float = 10.0,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        parts = http_url(url, "An OTLP receiver is an http:// or https:// URL such as http://127.0.0.1:4318")
        with needed("metrics"):
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        at = url.rstrip("/")
        self._metric_exporter = OTLPMetricExporter(f"{at}/v1/metrics", timeout=limit_s)
        self._log_exporter = OTLPLogExporter(f"{at}/v1/logs", timeout=limit_s)
        self._resource = resource_of(platform.node() if host is None else host, version("closewait"))
        self._where, self._say, self._most_waiting = harmless_name(parts), say, most_waiting
        self._began_unix_s = time.time()
        self._metrics: tuple[tuple[Gauge, ...], float] | None = None
        self._records: deque[Change] = deque()
        self._changed = threading.Condition()
        self._closing = self._fails = False
        self.dropped = 0
        self._why = _Complaints()
        self._thread = threading.Thread(target=self._work, name="otlp", daemon=True)
        self._thread.start()

    def show(self, gauges: Iterable[Gauge]) -> None:
        """Export these soon, instead of what was not exported yet. Returns at once."""
        with self._changed:
            self._metrics = tuple(gauges), time.time()
            self._changed.notify_all()

    def tell(self, change: Change) -> None:
        """Export this as a log record soon. Returns at once."""
        with self._changed:
            if len(self._records) >= self._most_waiting:
                self._records.popleft()
                self.dropped += 1
            self._records.append(change)
            self._changed.notify_all()

    def close(self, timeout_s: float) -> None:
        """Export what waits, but wait no longer than this; what is left is dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        with self._changed:
            self.dropped += len(self._records)
            self._records.clear()
            self._metrics = None
        self._metric_exporter.shutdown()  # which ends the wait between two attempts
        self._log_exporter.shutdown()  # type: ignore[no-untyped-call]  # it has no annotations
        self._why.close()

    def _work(self) -> None:
        """Export until closed; what could not be exported waits for the next time."""
        while self._something_waits():
            arrived = self._export_metrics() and self._export_records()
            self._note(arrived)
            with self._changed:
                if not arrived and not self._closing:
                    self._changed.wait(AGAIN_AFTER_S)

    def _something_waits(self) -> bool:
        """Wait for something to export; False when there will be nothing more."""
        with self._changed:
            while not (self._closing or self._metrics or self._records):
                self._changed.wait()
            return not self._closing or bool(self._metrics or self._records)

    def _export_metrics(self) -> bool:
        from opentelemetry.sdk.metrics.export import MetricExportResult

        with self._changed:
            latest, self._metrics = self._metrics, None
        if latest is None:
            return True
        gauges, at_unix_s = latest
        data = metrics_of(gauges, self._resource, began_unix_s=self._began_unix_s, at_unix_s=at_unix_s)
        return self._metric_exporter.export(data) is MetricExportResult.SUCCESS

    def _export_records(self) -> bool:
        """Export all that wait; they wait again, before those that came meanwhile, where that fails."""
        from opentelemetry.sdk._logs.export import LogRecordExportResult

        with self._changed:
            taken = list(self._records)
            self._records.clear()
        if not taken:
            return True
        records = [log_record_of(change, self._resource) for change in taken]
        if self._log_exporter.export(records) is LogRecordExportResult.SUCCESS:
            return True
        with self._changed:
            waiting = [*taken, *self._records]
            kept = [] if self._closing else waiting[-self._most_waiting :]
            self.dropped += len(waiting) - len(kept)
            self._records = deque(kept)
        return False

    def _note(self, arrived: bool) -> None:
        """Say it when it begins to fail, and when it works again."""
        if arrived is not self._fails:
            return
        self._fails = not arrived
        if arrived:
            self._say(f"OpenTelemetry arrives again: {visible(self._where)}")
        else:
            self._say(f"OpenTelemetry does not arrive: {visible(f'{self._where}: {self._why.last}')}")


class _Complaints(logging.Handler):
    """What the exporters log, kept instead of printed: they repeat it with each attempt."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = "no reason was told"
        self._logger = logging.getLogger("opentelemetry")
        self._propagated, self._logger.propagate = self._logger.propagate, False
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text."""
        self.last = record.getMessage()

    def close(self) -> None:
        """Let others hear again."""
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated
        super().close()
