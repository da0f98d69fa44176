"""The numbers of a look that are worth remembering."""

import pytest

from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.gauges import MEASURES, MOST_OF_A_MEASURE, Gauge, gauges, gauges_of, most_series
from closewait.diagnosis.rules import RULES
from closewait.doctor import examine
from closewait.snapshot.host import Host
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.tcp.states import STATE_NAMES
from closewait.testing import snapshot

SERVER = """
    LISTEN          0.0.0.0:443   -                  pid=7 process=java queue=5/128
    3 x CLOSE_WAIT  10.0.0.1:443  203.0.113.9:50001  pid=7 process=java recvq=0 age=90s
    2 x ESTABLISHED 10.0.0.1:443  10.9.9.9:50001     pid=7 process=java
    4 x TIME_WAIT   10.0.0.1:50001 10.0.0.2:5432
"""


def gauges_in(*looks: Snapshot) -> tuple[Gauge, ...]:
    """The gauges of the last of these looks."""
    return gauges(Case(Timeline(looks)))


def told(measure: str, *looks: Snapshot) -> dict[tuple[str, ...], tuple[float, float | None]]:
    """The values and walls of one measure by their labels."""
    return {gauge.labels: (gauge.value, gauge.limit) for gauge in gauges_in(*looks) if gauge.measure == measure}


def test_every_state_is_told() -> None:
    """A state without sockets is a state with none, not an unknown one."""
    counts = {"LISTEN": 1, "CLOSE_WAIT": 3, "ESTABLISHED": 2, "TIME_WAIT": 4}

    assert told("sockets", snapshot(SERVER)) == {(state,): (counts.get(state, 0), None) for state in STATE_NAMES}


def test_sockets_are_counted_by_holder_place_and_listener() -> None:
    """What no program holds is the kernel's."""
    assert told("process_sockets", snapshot(SERVER))["7", "java", "CLOSE_WAIT"] == (3, None)
    assert told("process_sockets", snapshot(SERVER))["", "(kernel)", "TIME_WAIT"] == (4, None)
    assert told("destination_sockets", snapshot(SERVER)) == {
        ("public", "CLOSE_WAIT"): (3, None),
        ("private", "ESTABLISHED"): (2, None),
        ("private", "TIME_WAIT"): (4, None),
    }
    assert told("listener_sockets", snapshot(SERVER)) == {
        ("*:443", "CLOSE_WAIT"): (3, None),
        ("*:443", "ESTABLISHED"): (2, None),
    }


def test_walls_stand_beside_what_runs_into_them() -> None:
    """Queue, ports, descriptors, and what all programs of a host share."""
    host = Host(
        port_range=(50_000, 50_099), orphans=3, max_orphans=8192, tcp_mem_pages=(1, 2, 30), tcp_memory_pages=4,
        conntrack_flows=0, conntrack_limit=1024,
    )  # fmt: skip
    look = snapshot(SERVER, processes="pid=7 process=java descriptors=90/100 dead=2", host=host)

    assert told("accept_queue_connections", look) == {("*:443",): (5, 129)}
    assert told("destination_ports", look) == {("10.0.0.1", "10.0.0.2:5432"): (4, 100)}
    assert told("descriptors", look) == {("7", "java"): (90, 100)}
    assert told("dead_descriptors", look) == {("7", "java"): (2, None)}
    assert told("orphans", look) == {(): (3, 8192)}
    assert told("tcp_memory_pages", look) == {(): (4, 30)}
    assert told("conntrack_flows", look) == {(): (0, 1024)}


def test_a_backlog_of_zero_takes_one_connection() -> None:
    """The kernel drops when one more than the backlog wait (sk_acceptq_is_full() in include/net/sock.h)."""
    look = snapshot("LISTEN 0.0.0.0:443 - pid=7 process=java queue=1/0")

    assert told("accept_queue_connections", look) == {("*:443",): (1, 1)}


def test_no_wall_of_tracked_connections() -> None:
    """nf_conntrack_max = 0 is no wall at zero: __nf_conntrack_alloc() asks for none then."""
    look = snapshot(SERVER, host=Host(conntrack_flows=300, conntrack_limit=0))

    assert told("conntrack_flows", look) == {(): (300, None)}


def test_a_pile_has_its_ages() -> None:
    """The lower bounds, and how many persist."""
    assert told("persisting_close_wait", snapshot(SERVER)) == {("7", "java"): (3, None)}
    assert told("close_wait_age_seconds", snapshot(SERVER)) == {(q,): (90, None) for q in ("0.5", "0.9", "1.0")}


def test_what_is_not_told_has_no_gauge() -> None:
    """No limits, no queues, no ages, no descriptors: nothing is made up for them."""
    look = snapshot("2 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001")

    assert {gauge.measure for gauge in gauges_in(look)} == {
        "sockets", "process_sockets", "destination_sockets", "persisting_close_wait",
    }  # fmt: skip


def test_a_summary_has_its_states() -> None:
    """It shows no sockets."""
    look = Snapshot.of_columns({}, kind="counts", told_states={"TIME_WAIT": 12})

    assert {gauge.measure for gauge in gauges_in(look)} == {"sockets"}
    assert told("sockets", look)[("TIME_WAIT",)] == (12, None)


def test_a_crowd_of_processes_is_bounded() -> None:
    """The smallest are summed up."""
    look = snapshot("\n".join(f"ESTABLISHED 10.0.0.1:{n} 10.0.0.2:80 pid={n} process=p{n}" for n in range(1, 201)))
    counted = told("process_sockets", look)

    assert len(counted) == MOST_OF_A_MEASURE + 1
    for measure in MEASURES:
        assert len(told(measure.name, look)) <= most_series(measure)
    assert counted["", "(other)", "ESTABLISHED"] == (200 - MOST_OF_A_MEASURE, None)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.53", "loopback"), ("::1", "loopback"), ("169.254.1.1", "link-local"), ("fe80::1", "link-local"),
        ("FE80::1", "link-local"), ("172.16.0.1", "private"), ("172.32.0.1", "public"), ("100.64.0.1", "private"),
        ("100.128.0.1", "public"), ("fd00::1", "private"), ("fc", "public"), ("2001:db8::1", "public"),
        ("8.8.8.8", "public"), ("db.example", "public"),
    ],
)  # fmt: skip
def test_places(address: str, place: str) -> None:
    """By the ranges of the RFCs."""
    look = snapshot(f"ESTABLISHED 10.0.0.1:40000 {address if ':' not in address else f'[{address}]'}:443")

    assert told("destination_sockets", look) == {(place, "ESTABLISHED"): (1, None)}


def test_what_was_found_is_counted() -> None:
    """Every rule in every severity, zero as zero; the sockets of what matters."""
    report = examine(lambda: snapshot("200 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001 pid=7 process=java age=2h"))
    found = {(one.measure, *one.labels): one.value for one in gauges_of(report)}

    assert found["findings", "leaked-close-wait", "warning"] == 1
    assert found["finding_sockets", "leaked-close-wait"] == 200
    assert [key for key, value in found.items() if key[0] == "findings" and value] == [
        ("findings", "leaked-close-wait", "warning")
    ]
    assert sum(key[0] == "findings" for key in found) == len(RULES) * len(Severity)


def test_every_gauge_is_of_a_measure() -> None:
    """With as many labels; a wall only where the measure says what it is."""
    measures = {measure.name: measure for measure in MEASURES}
    told = gauges_in(snapshot(SERVER, processes="pid=7 process=java descriptors=90/100 dead=2"))

    assert len(measures) == len(MEASURES)
    assert {(gauge.measure, len(gauge.labels)) for gauge in told} <= {(m.name, len(m.labels)) for m in MEASURES}
    assert not [gauge for gauge in told if gauge.limit is not None and measures[gauge.measure].wall is None]
    assert len({(gauge.measure, gauge.labels) for gauge in told}) == len(told)
