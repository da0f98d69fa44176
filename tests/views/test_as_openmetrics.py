"""The page that Prometheus scrapes, read back with prometheus-client's own reader, and by promtool."""

import subprocess

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from closewait import doctor
from closewait.diagnosis.gauges import MEASURES, Gauge, gauges_of, gauges_of_cost
from closewait.snapshot.host import Host
from closewait.tcp.states import STATE_NAMES
from closewait.testing import snapshot
from closewait.views.as_openmetrics import Page, as_prometheus, limit_name, metric_name
from closewait.views.visible import visible

LOOK = snapshot(
    """
    LISTEN         0.0.0.0:443  -                  pid=7 process=java queue=5/128
    200 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001  pid=7 process=java recvq=0 age=2h
    4 x TIME_WAIT  10.0.0.1:50001 10.0.0.2:5432
    """,
    processes="pid=7 process=java descriptors=970/1000 dead=2",
    taken_at_unix_s=1_800_000_000.0,
    host=Host(
        port_range=(50_000, 50_099), orphans=3, max_orphans=8192, tcp_mem_pages=(1, 2, 30), tcp_memory_pages=4,
        conntrack_flows=0, conntrack_limit=1024,
    ),
)  # fmt: skip
GAUGES = (
    *gauges_of(doctor.examine(lambda: LOOK)),
    *gauges_of_cost(
        look_s=0.2, looks=12, failed_looks=0, processor_s=3.5, memory_bytes=90_000_000,
        notifications={"delivered": 1, "failed": 0, "dropped": 0},
    ),
)  # fmt: skip

Series = dict[tuple[str, tuple[str, ...]], float]


def read(page: str) -> Series:
    """The values of a page by name and labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_every_measure_is_on_the_page_with_its_wall() -> None:
    """Under the name that the documentation tells."""
    names = {name for name, _ in read(as_prometheus(GAUGES))}
    walls = {name for measure in MEASURES if (name := limit_name(measure))}

    assert names == {metric_name(measure) for measure in MEASURES} | walls


def test_values_walls_and_states_without_sockets() -> None:
    """Zero as zero."""
    page = read(as_prometheus(GAUGES))

    assert page["closewait_sockets", ("CLOSE_WAIT",)] == 200
    assert [page["closewait_sockets", (state,)] for state in STATE_NAMES].count(0) == len(STATE_NAMES) - 3
    assert page["closewait_descriptors", ("7", "java")] == 970
    assert page["closewait_descriptors_limit", ("7", "java")] == 1000
    assert page["closewait_close_wait_age_seconds", ("1.0",)] == 7200
    assert page["closewait_findings", ("leaked-close-wait", "critical")] == 1
    assert page["closewait_findings", ("never-read", "critical")] == 0
    assert page["closewait_finding_sockets", ("leaked-close-wait",)] == 200
    assert page["closewait_look_timestamp_seconds", ()] == 1_800_000_000
    assert page["closewait_looks_total", ()] == 12


def test_openmetrics_is_the_same() -> None:
    """A scraper may ask for either."""
    page = generate_latest(Page(GAUGES)).decode()
    told = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in read_openmetrics(page)
        for sample in family.samples
    }

    assert told == read(as_prometheus(GAUGES))


def test_promtool_has_nothing_to_say() -> None:
    """Names, types, units, help: as Prometheus' own linter wants them."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=as_prometheus(GAUGES), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_name_gives_a_page_that_can_be_read(names: list[str]) -> None:
    """Names that look the same when they are made visible are one series, for a page with a double is refused."""
    gauges = [Gauge("descriptors", (str(pid), name), 1, 10) for pid, name in enumerate(names)]
    doubles = [Gauge("dead_descriptors", ("7", name), 1) for name in ("a\n", "a\\n", *names)]
    page = as_prometheus([*gauges, *doubles])
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    told = {(sample.name, *sample.labels.items()) for sample in samples}

    assert len(told) == len(samples)
    assert sum(sample.value for sample in samples if sample.name == "closewait_dead_descriptors") == len(doubles)
    assert [line for line in page.split("\n") if visible(line) != line] == []


def test_a_label_has_an_end() -> None:
    """However long a name in a dump is."""
    ((_, (_, name)),) = read(as_prometheus([Gauge("dead_descriptors", ("7", "x" * 10_000), 1)]))

    assert len(name) == 120
