"""The page of the metrics: what history keeps, Prometheus scrapes, OpenTelemetry gets and `closewait check` watches."""

from closewait.diagnosis.gauges import MEASURES_OF_A_LOOK, MEASURES_OF_A_WATCH, MOST_OF_A_MEASURE, Measure, most_series
from closewait.views.as_openmetrics import LONGEST_LABEL, kind_of, limit_name, metric_name
from pages.markdown import page, section, table

PAGE = "metrics.md"


def pages() -> dict[str, str]:
    """`metrics.md`."""
    return {PAGE: metrics_page()}


def metrics_page() -> str:
    """Every measure with its metric, its labels, its wall and how many series it can have."""
    told = [*MEASURES_OF_A_LOOK, *MEASURES_OF_A_WATCH]
    most = sum(most_series(measure) * (1 if measure.wall is None else 2) for measure in told)
    return page(
        "The metrics",
        sources="src/closewait/diagnosis/gauges.py",
        parts=[
            "A measure is told to Prometheus as the metric beside it, and to OpenTelemetry as `closewait.` and its "
            "name; `closewait check --warn NAME=RANGE` watches those of a look by that name. "
            "What a look does not tell has no sample: unknown is not zero. A state and a rule without sockets have "
            "one, of zero. Where a measure has a wall, the metric with `_limit` has it under the same labels.",
            section("Of every look", listed(MEASURES_OF_A_LOOK)),
            section("Of a watch", listed(MEASURES_OF_A_WATCH)),
            section(
                "How many series there can be",
                f"Of processes, listeners and destinations the {MOST_OF_A_MEASURE} closest to their wall, or largest, "
                f"are told; other labels have a fixed set of values. So a page has at most {most:,} series, whatever "
                "runs on the host; most hosts have some hundred. Over time a process that is started anew has new "
                "series, because its `pid` is another. A label is cut at "
                f"{LONGEST_LABEL} letters, and what is invisible in it is written out.",
            ),
        ],
    )


def listed(measures: tuple[Measure, ...]) -> str:
    """Measures as a table."""
    return table(
        ["measure", "metric", "type", "labels", "meaning", "wall", "series at most"],
        [
            (
                f"`{one.name}`",
                f"`{metric_name(one)}`",
                kind_of(one),
                ", ".join(f"`{label}`" for label in one.labels),
                one.meaning,
                one.wall and f"`{limit_name(one)}`: {one.wall}",
                f"{most_series(one):,}",
            )
            for one in measures
        ],
    )
