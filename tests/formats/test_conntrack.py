import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

STAGE = Path(__file__).with_name("sockets_in_every_state.py")
LISTED = "tcp 6 79 TIME_WAIT src=192.0.2.7 dst=198.51.100.9 sport=51014 dport=8000 "
ANSWERS = "src=198.51.100.9 dst=192.0.2.1 sport=8000 dport=56734 [ASSURED] use=1\n"
EVENT = "tcp      6 {timer} {state} src=192.0.2.7 dst=192.0.2.8 sport=34518 dport=6443 {remark}\n"


def looks_at(text: str) -> list[Snapshot]:
    """Every look in a text."""
    return looks(text.encode(), "flows.txt")


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    (look,) = looks_at(text)
    return look.sockets.select(columns).rows()


def test_the_first_tuple_is_local_and_remote() -> None:
    """Behind it stand the addresses that answers come from; NAT makes them different."""
    columns = ("local_address", "local_port", "remote_address", "remote_port", "state", "timer_left_s")

    assert rows_of(LISTED + ANSWERS, *columns) == [("192.0.2.7", 51014, "198.51.100.9", 8000, "TIME_WAIT", 79.0)]


def test_flows_are_no_sockets() -> None:
    """The look has a kind of its own, and says what its rows are."""
    (look,) = looks_at(LISTED + ANSWERS)

    assert look.kind == "flows"
    assert "not of sockets" in look.sight.caveats[0]


@pytest.mark.parametrize(
    ("row", "state", "timer_left_s"),
    [
        ("ipv4     2 tcp      6 431999 ESTABLISHED {ends} src=… [ASSURED] mark=0 zone=0 use=2", "ESTABLISHED", 431999),
        ("09:14:29    tcp  6 55 CLOSE_WAIT {ends} [ASSURED] mark=0 use=1", "CLOSE_WAIT", 55),
        ("tcp  6 54(expire seconds) CLOSE_WAIT {ends} [ASSURED] mark=0 use=1", "CLOSE_WAIT", 54),
        ("tcp      6 249 CLOSE_WAIT {ends} [UNREPLIED] src=… use=1", "CLOSE_WAIT", 249),
        ("tcp      6 119 FIN_WAIT {ends} src=… use=1", "FIN_WAIT_1", 119),
        ("tcp      6 60 SYN_RECV {ends} src=… use=1", "SYN_RECEIVED", 60),
        ("tcp      6 10 CLOSE {ends} src=… use=1", "CLOSED", 10),
        ("tcp      6 300 NONE {ends} src=… use=1", None, 300),
        ("tcp      6 {ends} src=… [OFFLOAD] mark=0 use=2", None, None),
        ("> tcp      6 119 SYN_SENT2 {ends} src=… use=1", "SYN_SENT", 119),
        ("tcp      6 86 LAST_ACK {ends} packets=3 bytes=164 src=… packets=3 bytes=164 use=1", "LAST_ACK", 86),
    ],
)
def test_every_form_of_a_row(row: str, state: str | None, timer_left_s: int | None) -> None:
    """With and without family, timer, state and answers, with counters, and with what people wrote beside it."""
    ends = "src=192.0.2.7 dst=198.51.100.9 sport=51014 dport=8000"

    assert rows_of(row.format(ends=ends), "local_port", "remote_port", "state", "timer_left_s") == [
        (51014, 8000, state, timer_left_s)
    ]


def test_other_protocols_are_passed_over() -> None:
    """UDP and ICMP are tracked in the same table."""
    text = (
        "udp      17 29 src=192.0.2.7 dst=192.0.2.53 sport=5353 dport=53 src=… use=1\n"
        "icmp     1 29 src=192.0.2.7 dst=192.0.2.53 type=8 code=0 id=7 src=… use=1\n"
    )

    assert rows_of(text + LISTED + ANSWERS, "local_port") == [(51014,)]
    assert rows_of(text, "local_port") == []


def test_two_nodes_are_two_looks() -> None:
    """A command before the rows begins a look; so does the line with which conntrack counts what it showed."""
    nodes = f"# node-1\n# conntrack -L | grep 8000\n{LISTED}{ANSWERS}# node-2\n# conntrack -L | grep 8000\n{LISTED}\n"
    counted = "conntrack v1.4.5 (conntrack-tools): 1 flow entries have been shown.\n"

    assert [look.sight.rows for look in looks_at(nodes)] == [1, 1]
    assert [look.sight.rows for look in looks_at((counted + LISTED + ANSWERS) * 2)] == [1, 1]


def test_events_are_the_history_of_one_flow() -> None:
    """Six events of one flow are one flow, as the last of them left it."""
    text = "".join(
        f"[{event}] " + EVENT.format(timer=timer, state=state, remark=remark)
        for event, timer, state, remark in [
            ("NEW", 120, "SYN_SENT", "[UNREPLIED]"),
            ("UPDATE", 60, "SYN_RECV", ""),
            ("UPDATE", 86400, "ESTABLISHED", "[ASSURED]"),
            ("UPDATE", 120, "FIN_WAIT", "[ASSURED]"),
            ("UPDATE", 300, "CLOSE_WAIT", "[ASSURED]"),
        ]
    )
    (look,) = looks_at(text)
    (commented,) = looks_at("conntrack -E\n" + "".join(f"# {line}\n" for line in text.splitlines()))

    assert look.sockets["state"].to_list() == commented.sockets["state"].to_list() == ["CLOSE_WAIT"]
    assert "5 events tell the history of 1 flow;" in look.sight.caveats[1]


def test_a_destroyed_flow_is_gone() -> None:
    """What ended is not listed; a new flow between the same ends is."""
    new = "[NEW] " + EVENT.format(timer=120, state="SYN_SENT", remark="[UNREPLIED]")
    end = "[DESTROY] " + EVENT.format(timer=119, state="TIME_WAIT", remark="[ASSURED]")
    old_end = "[DESTROY] tcp      6 src=192.0.2.7 dst=192.0.2.8 sport=34518 dport=6443 src=… [ASSURED]\n"

    assert rows_of(new + end, "state") == rows_of(new + old_end, "state") == []
    assert rows_of(new + end + new, "state") == [("SYN_SENT",)]


def test_events_with_times_date_the_look() -> None:
    """-o timestamp: the look is as old as its last event."""
    event = EVENT.format(timer=60, state="SYN_RECV", remark="")
    (look,) = looks_at(f"[1795354719.757771]\t    [NEW] {event}[1795354719.757857]\t [UPDATE] {event}")

    assert look.taken_at_unix_s == 1795354719.757857
    assert look.sight.rows == 1


def test_cut_rows_are_named() -> None:
    """A row without both ends, and the rest of one whose beginning is missing, give no row and are not dropped."""
    (look,) = looks_at(
        f"dst=192.0.2.9 sport=1 dport=2 [ASSURED] use=1\n{LISTED}{ANSWERS}tcp 6 79 TIME_WAIT src=192.0.2.7\n"
    )

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 3]


def test_conntrack_and_the_kernels_table_tell_the_same_flows() -> None:
    """Both are read alike, flow by flow, though they write IPv6 addresses differently and list in no order.

    A flow may go on to its next state between the two: those are left out that the same command tells otherwise before
    and after.
    """
    listing = "echo '$ conntrack -L'; conntrack -L 2>/dev/null"
    commands = [listing, "echo '$ cat /proc/net/nf_conntrack'; cat /proc/net/nf_conntrack", listing]
    printed = subprocess.run([sys.executable, str(STAGE), *commands], capture_output=True, check=True, timeout=60)
    columns = ("protocol", "local_port", "remote_port", "state")
    before, of_the_kernel, after = (
        set(look.sockets.select(columns).rows()) for look in looks(printed.stdout, "flows.txt")
    )
    at_rest = before & after

    assert len(at_rest) >= 12
    assert at_rest <= of_the_kernel
    assert {flow[:3] for flow in before} == {flow[:3] for flow in of_the_kernel}


STATES = st.sampled_from(["SYN_SENT", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"])
ADDRESSES = st.ip_addresses().map(str)
PORTS = st.integers(1, 65535)
FLOWS = st.tuples(STATES, ADDRESSES, ADDRESSES, PORTS, PORTS, st.integers(0, 432000))


@settings(deadline=None, max_examples=60)
@given(flows=st.lists(FLOWS, min_size=1, max_size=30), of_the_kernel=st.booleans())
def test_reading_what_conntrack_prints_gives_it_back(flows: list[tuple[Any, ...]], of_the_kernel: bool) -> None:
    """Every flow, in order, as conntrack and as /proc/net/nf_conntrack print it."""
    text = "".join(
        ("ipv4     2 " if of_the_kernel else "")
        + f"tcp      6 {timer_s} {state} src={source} dst={destination} sport={sport} dport={dport} "
        + f"src={destination} dst={source} sport={dport} dport={sport} [ASSURED] mark=0 use=1\n"
        for state, source, destination, sport, dport, timer_s in flows
    )

    assert rows_of(text, "local_address", "remote_address", "local_port", "remote_port", "timer_left_s") == [
        flow[1:] for flow in flows
    ]
