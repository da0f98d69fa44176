"""Gauges and changes as OpenTelemetry's SDK wants them for export: metrics, and findings as log records.

The data are made directly, not measured through the SDK: its periodic threads start again in every forked child
(os.register_at_fork), and a watch forks.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from closewait.diagnosis.changes import Change
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.gauges import MEASURES, Gauge, Measure
from closewait.views.changes import change_as_dict
from closewait.views.visible import visible

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.metrics.export import Metric, MetricsData
    from opentelemetry.sdk.resources import Resource

NAMESPACE = "closewait"
NS = 1_000_000_000

#: UCUM, as OpenTelemetry asks for: by the end of a measure's name; others count things.
UNITS = {"_seconds": "s", "_bytes": "By"}


def resource_of(host: str, version: str) -> "Resource":
    """Who tells: closewait on this host."""
    from opentelemetry.sdk.resources import Resource

    return Resource.create({"service.name": NAMESPACE, "service.version": version, "host.name": host})


def metrics_of(
    gauges: Iterable[Gauge], resource: "Resource", *, began_unix_s: float, at_unix_s: float
) -> "MetricsData":
    """The gauges of a moment; what only grows is a sum since the watch began."""
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    by_measure: dict[str, list[Gauge]] = {}
    for gauge in gauges:
        by_measure.setdefault(gauge.measure, []).append(gauge)
    times = int(began_unix_s * NS), int(at_unix_s * NS)
    metrics: list[Metric] = []
    for measure in MEASURES:
        found = by_measure.get(measure.name, [])
        if found:
            values = [(gauge.labels, gauge.value) for gauge in found]
            metrics.append(_metric(measure, measure.name, measure.meaning, values, times))
        limits = [(gauge.labels, gauge.limit) for gauge in found if gauge.limit is not None]
        if limits:
            meaning = f"The limit of {NAMESPACE}.{measure.name}: {measure.wall}."
            metrics.append(_metric(measure, f"{measure.name}.limit", meaning, limits, times))
    scope = ScopeMetrics(scope=InstrumentationScope(NAMESPACE), metrics=metrics, schema_url="")
    return MetricsData([ResourceMetrics(resource=resource, scope_metrics=[scope], schema_url="")])


def log_record_of(change: Change, resource: "Resource") -> "ReadableLogRecord":
    """A change as a log record: the sentence as its body, everything else as attributes."""
    from opentelemetry._logs import LogRecord, SeverityNumber
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    severities = {
        Severity.BENIGN: SeverityNumber.INFO,
        Severity.WARNING: SeverityNumber.WARN,
        Severity.CRITICAL: SeverityNumber.ERROR,
    }
    finding = change.finding
    severity = SeverityNumber.INFO if change.kind == "resolved" else severities[finding.severity]
    record = LogRecord(
        timestamp=int(change.at_unix_s * NS),
        observed_timestamp=int(change.at_unix_s * NS),
        severity_number=severity,
        severity_text=severity.name,
        body=visible(finding.says),
        attributes=attributes_of(change),
        event_name=f"{NAMESPACE}.finding.{change.kind}",
    )
    return ReadableLogRecord(record, resource, InstrumentationScope(NAMESPACE))


def attributes_of(change: Change) -> dict[str, str | int | float | list[str]]:
    """What the JSON tells of a change, flat: `closewait.rule`, `closewait.owner.pid`; what is unknown is left out."""
    told = change_as_dict(change)
    finding = told.pop("finding")
    told.pop("schema")
    owner = finding.get("owner") or {}
    parts = {**told, **finding, **{f"owner.{name}": value for name, value in owner.items()}}
    return {f"{NAMESPACE}.{name}": flat for name, value in parts.items() if (flat := _flat(value)) is not None}


def _flat(value: object) -> str | int | float | list[str] | None:
    """What an attribute can have: a text, a number, a list of texts; None for what is unknown or has parts."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return [visible(one) for one in value]
    return value if isinstance(value, int | float) else None


def _metric(
    measure: Measure, name: str, meaning: str, values: list[tuple[tuple[str, ...], float]], times: tuple[int, int]
) -> "Metric":
    """One metric with a point for each set of labels."""
    from opentelemetry.sdk.metrics.export import AggregationTemporality, Metric, NumberDataPoint, Sum
    from opentelemetry.sdk.metrics.export import Gauge as Gauges

    began_ns, at_ns = times
    points = [
        NumberDataPoint(
            attributes=_attributes(measure, labels), start_time_unix_nano=began_ns, time_unix_nano=at_ns, value=value
        )
        for labels, value in values
    ]
    unit = next((unit for ending, unit in UNITS.items() if measure.name.endswith(ending)), "1")
    data = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True) if measure.grows else Gauges(points)
    return Metric(name=f"{NAMESPACE}.{name}", description=meaning, unit=unit, data=data)


def _attributes(measure: Measure, labels: tuple[str, ...]) -> Mapping[str, str]:
    return {name: visible(label) for name, label in zip(measure.labels, labels, strict=True)}
