from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "netscan.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("row", "pid", "process"),
    [
        ("0x3e6daa58  TCPv4  192.0.2.44:139  0.0.0.0:0  LISTENING  4  System", 4, "System"),
        ("0x3e6daa58  TCPv4  192.0.2.44:139  0.0.0.0:0  LISTENING  -1", None, None),
        ("0x3e6daa58  TCPv4  192.0.2.44:139  0.0.0.0:0  LISTENING  -1   2026-02-03 08:20:07 UTC+0000", None, None),
        (
            "0x3e6daa58  TCPv4  192.0.2.44:139  0.0.0.0:0  LISTENING  8  Orders Agent.e 2026-02-03 08:20:07 UTC+0000",
            8,
            "Orders Agent.e",
        ),
        ("0xa50a29071730\tTCPv4\t192.0.2.44\t139\t0.0.0.0\t0\tLISTENING\t-\t-\t-", None, None),
        ("0xa50a29071730\tTCPv4\t192.0.2.44\t139\t0.0.0.0\t0\tLISTENING\t4\tSystem\tN/A", 4, "System"),
        (
            "* | 0xa50a2907 | TCPv4 | 192.0.2.44 |  139 | 0.0.0.0 | 0 | LISTENING | 4 | Memory Com | 2025-04-01 22:13",
            4,
            "Memory Com",
        ),
        ("0,0xa50a29071730,TCPv4,192.0.2.44,139,0.0.0.0,0,LISTENING,4,System,2026-02-03 08:14:51+00:00", 4, "System"),
    ],
)
def test_every_form_of_a_row(row: str, pid: int | None, process: str | None) -> None:
    """Both versions, each of their renderers, and owners that could not be read."""
    columns = ("local_address", "local_port", "remote_address", "remote_port", "state", "pid", "process")

    assert rows_of(row + "\n", *columns) == [("192.0.2.44", 139, "0.0.0.0", None, "LISTEN", pid, process)]


def test_each_family_of_one_object_is_a_row() -> None:
    """A listener on both families stands there twice, with one offset; UDP is passed over."""
    text = """\
0x7e1f6010  UDPv4  0.0.0.0:5355   *:*                  1132  svchost.exe  2026-02-03 08:14:51 UTC+0000
0x7e1f6010  TCPv4  0.0.0.0:49154  0.0.0.0:0  LISTENING 904   svchost.exe
0x7e1f6010  TCPv6  :::49154       :::0       LISTENING 904   svchost.exe
"""

    assert rows_of(text, "protocol", "local_address", "local_port") == [
        ("tcp", "0.0.0.0", 49154),
        ("tcp6", "::", 49154),
    ]


def test_what_cannot_be_read_is_not_told() -> None:
    """An address of `-` is none; a closed connection may have lost its state's name as well."""
    columns = ("local_address", "local_port", "state")

    assert rows_of("0x7dc54e10  TCPv4  -:49226  203.0.113.80:443  CLOSED  2080  java.exe\n", *columns) == [
        (None, 49226, "CLOSED")
    ]


def test_rows_that_are_cut_or_overwritten_are_named() -> None:
    """A row without its offset, and one through which the progress report was printed."""
    look = look_at("""\
       TCPv4    0.0.0.0:49152     0.0.0.0:0            LISTENING        352      wininit.exe
0x3e6daa58      TCPv4    192.0.2.44:139    0.0.0.0:0   LISTENING        4        System
0xad818de4aa20.0TCPv4   10.0.85.2DB scan55462fin 203.0.113.24    80     CLOSED   5896
""")

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 3]


def test_an_image_is_of_windows_and_of_the_past() -> None:
    """The look says that it shows more than was open at one moment."""
    look = look_at("0x3e6daa58  TCPv4  192.0.2.44:139  0.0.0.0:0  LISTENING  4  System\n")

    assert look.system == "Windows"
    assert "had ended" in look.sight.caveats[0]


STATES = st.sampled_from(["LISTENING", "ESTABLISHED", "CLOSE_WAIT", "CLOSED", "FIN_WAIT2", "TIME_WAIT"])
ADDRESSES = st.ip_addresses().map(str)
PORTS = st.integers(1, 65535)
OWNERS = st.sampled_from(["java.exe", "System", "Orders Agent.e", "????"])
SOCKETS = st.tuples(ADDRESSES, PORTS, ADDRESSES, PORTS, STATES, st.integers(1, 99996), OWNERS)
FORMS = (
    "0x7e1f6010         TCPv{v}    {0}:{1}   {2}:{3}   {4}     {5}   {6} 2026-02-03 08:14:51 UTC+0000\n",
    "0x7e1f6010\tTCPv{v}\t{0}\t{1}\t{2}\t{3}\t{4}\t{5}\t{6}\t2026-02-03 08:14:51.000000 UTC\n",
    "0,0x7e1f6010,TCPv{v},{0},{1},{2},{3},{4},{5},{6},2026-02-03 08:14:51+00:00\n",
)


@settings(deadline=None, max_examples=60)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=30), form=st.sampled_from(FORMS))
def test_reading_what_volatility_prints_gives_it_back(sockets: list[tuple[Any, ...]], form: str) -> None:
    """Every endpoint, in order, in version 2 and in two renderings of version 3."""
    text = "".join(form.format(*socket, v=6 if ":" in socket[0] else 4) for socket in sockets)
    columns = ("local_address", "local_port", "remote_address", "remote_port", "pid", "process")

    assert rows_of(text, *columns) == [(*socket[:4], *socket[5:]) for socket in sockets]
