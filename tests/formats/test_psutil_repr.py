import socket
from collections import namedtuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

CLOSE_WAIT = (
    "sconn(fd=5, family=<AddressFamily.AF_INET: 2>, type=<SocketKind.SOCK_STREAM: 1>, "
    "laddr=addr(ip='10.0.0.1', port=443), raddr=addr(ip='10.0.0.2', port=50123), status='CLOSE_WAIT', pid=2138)"
)
COLUMNS = ("protocol", "local_address", "local_port", "remote_address", "remote_port", "state", "fd", "pid")
WANTED = ("tcp", "10.0.0.1", 443, "10.0.0.2", 50123, "CLOSE_WAIT", 5, 2138)


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    "text",
    [
        CLOSE_WAIT,
        CLOSE_WAIT.replace("addr(ip=", "(").replace("port=", ""),
        CLOSE_WAIT.replace("<AddressFamily.AF_INET: 2>", "2").replace("<SocketKind.SOCK_STREAM: 1>", "1"),
        CLOSE_WAIT.replace("<AddressFamily.AF_INET: 2>", "").replace("<SocketKind.SOCK_STREAM: 1>", ""),
        CLOSE_WAIT.replace("<", "&lt;").replace(">", "&gt;"),
        CLOSE_WAIT.replace("<AddressFamily.AF_INET: 2>", "AddressFamily.AF_INET").replace(
            "<SocketKind.SOCK_STREAM: 1>", "SocketKind.SOCK_STREAM"
        ),
        CLOSE_WAIT.replace("'CLOSE_WAIT'", "<ConnectionStatus.CONN_CLOSE_WAIT: 'CLOSE_WAIT'>"),
        CLOSE_WAIT.replace("sconn(", "connection(")
        .replace("laddr", "local_address")
        .replace("raddr", "remote_address"),
        CLOSE_WAIT.replace(", ", ",\n   "),
        f">>> psutil.net_connections()\n[{CLOSE_WAIT}, ...]",
    ],
    ids=["new", "tuples", "numbers", "stripped", "escaped", "names", "enumerated", "old", "wrapped", "at a prompt"],
)
def test_every_version_tells_the_same(text: str) -> None:
    """Versions, web pages and line breaks change the letters and not the connection."""
    assert rows_of(text, *COLUMNS) == [WANTED]


def test_all_may_stand_on_one_line() -> None:
    """A printed list is one line."""
    assert rows_of(f"[{CLOSE_WAIT}, {CLOSE_WAIT.replace('2138', '7')}]", "pid") == [(2138,), (7,)]


@pytest.mark.parametrize(
    "other",
    [
        CLOSE_WAIT.replace("STREAM: 1", "DGRAM: 2").replace("CLOSE_WAIT", "NONE"),
        "sconn(fd=9, family=<AddressFamily.AF_UNIX: 1>, type=<SocketKind.SOCK_STREAM: 1>, laddr='/run/x', raddr='', "
        "status='NONE', pid=1)",
        "sconn(fd=9, family=, type=, laddr=('10.0.0.1', 53), raddr=(), status='NONE', pid=1)",
    ],
    ids=["udp", "unix", "udp, stripped"],
)
def test_sockets_of_other_kinds_are_passed_over(other: str) -> None:
    """They stand in the same list, and have the status NONE."""
    look = look_at(f"[{other},\n {CLOSE_WAIT}]")

    assert look.sockets.height == 1
    assert look.sight.lines_not_understood == ()


def test_a_process_lists_its_own_without_a_pid() -> None:
    """Then nothing is told of holders, which is not the same as nobody."""
    look = look_at(CLOSE_WAIT.replace(", pid=2138", "").replace("sconn", "pconn"))

    assert look.sockets.select("pid", "fd").rows() == [(None, 5)]
    assert look.sight.owners_told is None


def test_an_open_connection_without_a_process_is_hidden() -> None:
    """TIME_WAIT has no process; an open connection does, and this user may not see it."""
    nobody = CLOSE_WAIT.replace("fd=5", "fd=-1").replace("pid=2138", "pid=None")

    assert look_at(f"{CLOSE_WAIT}\n{nobody.replace('CLOSE_WAIT', 'TIME_WAIT')}").sight.owners_told is True
    hidden = look_at(f"{CLOSE_WAIT}\n{nobody}")
    assert hidden.sight.owners_told is False
    assert hidden.sockets.select("pid", "fd").rows() == [(2138, 5), (None, None)]


def test_what_is_cut_is_cited() -> None:
    """A connection that ends in its middle gives no row."""
    look = look_at(f"{CLOSE_WAIT}\n{CLOSE_WAIT[:80]}")

    assert look.sockets.height == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [2]


addr = namedtuple("addr", ["ip", "port"])
sconn = namedtuple("sconn", ["fd", "family", "type", "laddr", "raddr", "status", "pid"])
ADDRESSES = st.builds(addr, st.ip_addresses().map(str), st.integers(1, 65535))
CONNECTIONS = st.builds(
    sconn,
    fd=st.integers(0, 10**6),
    family=st.sampled_from([socket.AF_INET]),
    type=st.just(socket.SOCK_STREAM),
    laddr=ADDRESSES,
    raddr=ADDRESSES,
    status=st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSING"]),
    pid=st.integers(1, 4194304),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(CONNECTIONS, min_size=1, max_size=20), st.booleans())
def test_reading_what_python_prints_gives_it_back(connections: list[Any], a_line_each: bool) -> None:
    """What the same named tuples print is read as what they hold."""
    text = "\n".join(map(repr, connections)) if a_line_each else repr(connections)

    assert rows_of(text, *COLUMNS[1:]) == [(*c.laddr, *c.raddr, c.status, c.fd, c.pid) for c in connections]
