"""`show tcp brief` and its relatives of Cisco's systems."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import cisco_sockets, cisco_tcp_brief, looks, read
from closewait.formats.paste import Paste
from closewait.snapshot.table import Snapshot


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ESTAB", "ESTABLISHED"), ("SYNSENT", "SYN_SENT"), ("SYNRCVD", "SYN_RECEIVED"), ("FINWAIT1", "FIN_WAIT_1"),
        ("FINWAIT2", "FIN_WAIT_2"), ("CLOSEWAIT", "CLOSE_WAIT"), ("LASTACK", "LAST_ACK"), ("TIMEWAIT", "TIME_WAIT"),
        ("CLOSED", "CLOSED"),
    ],
)  # fmt: skip
def test_ios_writes_states_without_underscores(word: str, state: str) -> None:
    """And the port behind a dot; the heading is narrower than the addresses of IOS XE."""
    text = f"""\
CSR2#show tcp brief numeric
TCB       Local Address               Foreign Address             (state)
7F71A7A76F48  192.0.2.1.646              198.51.100.4.52429          {word}
061DDCA8  192.0.2.9.23            l00151267.domain.31161 {word}
"""

    assert rows_of(text, "local_port", "remote_address", "remote_port", "state", "recv_queue_bytes") == [
        (646, "198.51.100.4", 52429, state, None),
        (23, "l00151267.domain", 31161, state, None),
    ]


@pytest.mark.parametrize(
    ("local", "remote", "told"),
    [
        ("*.22", "*.*", ("*", 22, "*", None)),
        ("0.0.0.0.179", "198.51.100.2.*", ("0.0.0.0", 179, "198.51.100.2", None)),
        ("::.179", "FE80::2.*", ("::", 179, "FE80::2", None)),
    ],
)
def test_a_listener_may_name_the_peer_it_accepts(local: str, remote: str, told: tuple[Any, ...]) -> None:
    """A router that speaks BGP listens for its neighbours only."""
    row = f"7FE474FC5E20  {local:26} {remote:27} LISTEN\n"

    assert rows_of(row, "local_address", "local_port", "remote_address", "remote_port") == [told]


def test_ios_xr_puts_a_colon_before_the_port() -> None:
    """It tells the queues as well, with a VRF or without."""
    text = """\
   PCB     VRF-ID     Recv-Q Send-Q Local Address       Foreign Address     State
0x80572a8 0x60000000      0      0  :::513              :::0                LISTEN
0x8057b60 0x60000000      7      3  192.0.2.8:23        198.51.100.1:1025   ESTAB
0x8057c90      0      0  192.0.2.8:179       192.0.2.9:35123     CLOSEWAIT
"""

    assert rows_of(
        text, "local_address", "local_port", "remote_port", "state", "recv_queue_bytes", "send_queue_bytes"
    ) == [
        ("::", 513, None, "LISTEN", None, None),
        ("192.0.2.8", 23, 1025, "ESTABLISHED", 7, 3),
        ("192.0.2.8", 179, 35123, "CLOSE_WAIT", 0, 0),
    ]


def test_the_open_ports_of_ios_name_their_service() -> None:
    """With eight letters for the state; rows of udp are passed over."""
    text = """\
Active internet connections (servers and established)
Prot        Local Address      Foreign Address                  Service    State
 tcp                 *:80                  *:0                HTTP CORE   LISTEN
 tcp                 *:22   198.51.100.4:50211               SSH-Server ESTABLIS
 udp                 *:67                  *:0            DHCPD Receive   LISTEN
"""

    assert rows_of(text, "local_port", "remote_port", "state", "process") == [
        (80, None, "LISTEN", "HTTP CORE"),
        (22, 50211, "ESTABLISHED", "SSH-Server"),
    ]


NX_OS = """\
nxosv# show sockets connection tcp

Total number of netstack tcp sockets: 3
Active connections (including servers)
        Protocol State/       Recv-Q/   Local Address(port)/
                 Context      Send-Q    Remote Address(port)
[host]: tcp(4/6) LISTEN       0         *(22)
                 Wildcard     0         *(*)
[host]: tcp      ESTABLISHED  7         192.0.2.112(22)
                 management   96        198.51.100.21(59879)
tcp6     CLOSE_WAIT   1         2001:db8::1(https)
         default      0         2001:db8::2(40021)
"""


def test_nx_os_tells_a_socket_on_two_lines() -> None:
    """With and without the process in brackets."""
    columns = "protocol", "local_address", "local_port", "remote_address", "remote_port", "state"

    assert rows_of(NX_OS, *columns, "recv_queue_bytes", "send_queue_bytes") == [
        ("tcp", "*", 22, "*", None, "LISTEN", None, None),
        ("tcp", "192.0.2.112", 22, "198.51.100.21", 59879, "ESTABLISHED", 7, 96),
        ("tcp6", "2001:db8::1", 443, "2001:db8::2", 40021, "CLOSE_WAIT", 1, 0),
    ]


@pytest.mark.parametrize(
    ("text", "line_no"),
    [
        ("061DDCA8  192.0.2.9.23   192.0.2.10.31161 ESTAB\n061DDCA9  192.0.2.9.23   192.0.2.10.3\n", 2),
        ("0x8057b60 7 3  192.0.2.8:23  198.51.100.1:1025  ESTAB\n0x8057b61 7 3  192.0.2.8:23  198.51\n", 2),
        (NX_OS.rsplit("\n", 2)[0], 11),
    ],
    ids=["ios", "ios xr", "nx-os"],
)
def test_what_is_cut_is_cited(text: str, line_no: int) -> None:
    """A row without its end, or its second line, gives no row."""
    assert [line.line_no for line in look_at(text).sight.lines_not_understood] == [line_no]


WORDS = st.sampled_from([
    "7F71A7A76F48", "0x8057b60", "192.0.2.1.22", "192.0.2.1:22", "*.*", "*:0", "0", "ESTAB", "LISTEN", "tcp",
    "HTTP CORE", "[host]:", "tcp(4/6)", "*(22)", "Wildcard", "TCB Local Address", "R1#show tcp brief", "é",
])  # fmt: skip
TEXTS = st.lists(st.lists(WORDS, max_size=7).map("  ".join), max_size=12).map("\n".join)


@settings(deadline=None, max_examples=100)
@given(text=st.one_of(TEXTS, st.lists(st.sampled_from(NX_OS.splitlines()), max_size=20).map("\n".join)))
def test_any_text_gives_rows_or_one_complaint(text: str) -> None:
    """Whatever stands in a file, it is read or refused, and every column has a value for each row."""
    found = [*cisco_tcp_brief.read(Paste.of(text)), *cisco_sockets.read(Paste.of(text))]
    with suppress(BadInput):
        found += read(text.encode(), name="dump.txt")

    for each in found:
        assert len({len(column) for column in each.columns.values()}) <= 1
