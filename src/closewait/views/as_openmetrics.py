"""Gauges as Prometheus reads them: in the text format 0.0.4, and in OpenMetrics where a scraper asks for that.

Names follow Prometheus' conventions: what only grows ends in `_total`, a wall stands beside its measure with `_limit`.
A measure by quantiles is a summary without sum and count. prometheus-client writes the format; it comes with the extra
`[metrics]` and is loaded when it is needed (0.3 s).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from closewait.diagnosis.gauges import MEASURES, Gauge, Measure
from closewait.views.visible import visible

if TYPE_CHECKING:
    from prometheus_client import Metric

PREFIX = "closewait_"
LONGEST_LABEL = 120  # a name from a dump can have any length; those of Linux have 15 letters


def metric_name(measure: Measure) -> str:
    """What a measure is called in a query."""
    return PREFIX + measure.name + ("_total" if measure.grows else "")


def limit_name(measure: Measure) -> str | None:
    """What its wall is called in a query, or None where it has none."""
    return None if measure.wall is None else f"{PREFIX}{measure.name}_limit"


def kind_of(measure: Measure) -> str:
    """The type that a measure has for Prometheus."""
    return "counter" if measure.grows else "summary" if measure.labels == ("quantile",) else "gauge"


def families(gauges: Iterable[Gauge]) -> "list[Metric]":
    """The gauges as prometheus-client wants them, measure by measure; a measure without gauges is left out."""
    from prometheus_client import Metric

    by_measure: dict[str, list[Gauge]] = {}
    for gauge in gauges:
        by_measure.setdefault(gauge.measure, []).append(gauge)
    told = []
    for measure in MEASURES:
        found = by_measure.get(measure.name, [])
        values = _by_labels((gauge.labels, gauge.value) for gauge in found)
        limits = _by_labels((gauge.labels, gauge.limit) for gauge in found if gauge.limit is not None)
        if values:
            family = Metric(PREFIX + measure.name, measure.meaning, kind_of(measure))
            told.append(_filled(family, metric_name(measure), measure.labels, values))
        if limits and (name := limit_name(measure)) is not None:
            family = Metric(name, f"The limit of {metric_name(measure)}: {measure.wall}.", "gauge")
            told.append(_filled(family, name, measure.labels, limits))
    return told


def as_prometheus(gauges: Iterable[Gauge]) -> str:
    """The page in the text format 0.0.4, which node_exporter's textfile collector reads as well."""
    from prometheus_client.exposition import generate_latest

    return generate_latest(Page(gauges)).decode()


class Page:
    """A collector, as prometheus-client calls what has metrics to tell: these gauges."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> "list[Metric]":
        """What prometheus-client asks for at each scrape."""
        return families(self._gauges)


def _by_labels(told: Iterable[tuple[tuple[str, ...], float]]) -> dict[tuple[str, ...], float]:
    """Values by labels as they are shown. Two that look the same become one: a page with a double is refused whole."""
    values: dict[tuple[str, ...], float] = {}
    for labels, value in told:
        shown = tuple(_shortened(visible(label)) for label in labels)
        values[shown] = values.get(shown, 0) + value
    return values


def _filled(family: "Metric", name: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> "Metric":
    for told, value in values.items():
        family.add_sample(name, dict(zip(labels, told, strict=True)), value)
    return family


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
