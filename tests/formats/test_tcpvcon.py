from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "endpoints.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("ends", "local", "remote"),
    [
        ("192.0.2.44,203.0.113.17", ("192.0.2.44", None), ("203.0.113.17", None)),
        ("192.0.2.44:8443,client:51022", ("192.0.2.44", 8443), ("client", 51022)),
        ("192.0.2.44,8443,203.0.113.17,51022", ("192.0.2.44", 8443), ("203.0.113.17", 51022)),
        (
            "[2001:db8:0:0:0:0:0:1],[2001:db8:0:0:0:0:0:2]",
            ("2001:db8:0:0:0:0:0:1", None),
            ("2001:db8:0:0:0:0:0:2", None),
        ),
        ("[2001:db8:0:0:0:0:0:1]:8443,[::]:0", ("2001:db8:0:0:0:0:0:1", 8443), ("::", None)),
    ],
)
def test_a_port_may_be_missing(ends: str, local: tuple[str, int | None], remote: tuple[str, int | None]) -> None:
    """Behind a colon, in a field of its own, or not told at all."""
    columns = ("local_address", "local_port", "remote_address", "remote_port")

    assert rows_of(f"TCP,java.exe,9120,CLOSE_WAIT,{ends}\n", *columns) == [(*local, *remote)]


def test_a_version_without_ports_says_so() -> None:
    """Sockets without ports cannot be told apart; the look tells a command that does better."""
    without, with_ports = (f"TCP,java.exe,9120,CLOSE_WAIT,192.0.2.44{p},203.0.113.17{p}\n" for p in ("", ":9"))

    assert "tells no ports" in look_at(without).sight.caveats[0]
    assert look_at(with_ports).sight.caveats == ()


def test_pid_0_is_nobody() -> None:
    """`[System Process]` stands for connections whose process is gone."""
    text = "TCP,[System Process],0,TIME_WAIT,192.0.2.44:50402,web:https\n[TCP] [System Process]\n\tPID:     0\n"
    text += "\tState:   TIME_WAIT\n\tLocal:   orders:50403\n\tRemote:  web:https\n"

    assert rows_of(text, "state", "pid", "process", "remote_port") == [("TIME_WAIT", None, None, 443)] * 2


def test_rows_inside_a_comment_are_read() -> None:
    """People keep such a listing in the comments of a script."""
    text = "    'the output of tcpvcon\n    'TCP,svchost.exe,924,LISTENING,0.0.0.0,0.0.0.0\n    '1 - Protocol\n"

    assert rows_of(text, "state", "pid", "process") == [("LISTEN", 924, "svchost.exe")]


def test_cut_endpoints_are_named() -> None:
    """A row of CSV and a paragraph that end too soon."""
    look = look_at(
        "TCP,java.exe,9120,CLOSE_WAIT,192.0.2.44,203.0.113.17\nTCP,java.exe,91\n[TCP] C:\\java.exe\n\tPID:     9120\n"
    )

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [2, 3]


STATES = st.sampled_from(["LISTENING", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT2", "LAST_ACK", "SYN_SENT"])
NAMES = st.sampled_from(["java.exe", "Orders Agent.exe", "System", "w3wp.exe"])
ADDRESSES = st.ip_addresses(v=4).map(str)
SOCKETS = st.tuples(
    NAMES, st.integers(4, 99996), STATES, ADDRESSES, st.integers(1, 65535), ADDRESSES, st.integers(1, 65535)
)


@settings(deadline=None, max_examples=60)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=30), as_csv=st.booleans())
def test_reading_what_tcpvcon_prints_gives_it_back(sockets: list[tuple[Any, ...]], as_csv: bool) -> None:
    """Every endpoint, in order, as CSV and as paragraphs."""
    one = (
        "TCP,{0},{1},{2},{3}:{4},{5}:{6}\nUDP,{0},{1},*,{3}:{4},*:*\n"
        if as_csv
        else "[TCP] C:\\Program Files\\{0}\n\tPID:     {1}\n\tState:   {2}\n\tLocal:   {3}:{4}\n\tRemote:  {5}:{6}\n"
    )
    columns = ("process", "pid", "local_address", "local_port", "remote_address", "remote_port")

    assert rows_of("".join(one.format(*socket) for socket in sockets), *columns) == [
        (*socket[:2], *socket[3:]) for socket in sockets
    ]
