from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks, macos_columns, netstat_bsd, read
from closewait.formats.macos_columns import Use
from closewait.formats.paste import Paste
from closewait.snapshot.table import Snapshot

TITLE = "Active Internet connections (including servers)\n"
HEADING = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("printed", "address", "port", "service", "interface"),
    [
        ("192.0.2.1.443", "192.0.2.1", 443, None, None),
        ("*.22", "*", 22, None, None),
        ("*.*", "*", None, None, None),
        ("::1.8021", "::1", 8021, None, None),
        ("fe80::1%lo0.8021", "fe80::1", 8021, None, "lo0"),
        ("2001:db8:cdb4:4.51737", "2001:db8:cdb4:4", 51737, None, None),
        ("2001:db8:5bdf::.443", "2001:db8:5bdf::", 443, None, None),
        ("::ffff:192.0.2.1.80", "::ffff:192.0.2.1", 80, None, None),
        ("macbookpro.lan.56583", "macbookpro.lan", 56583, None, None),
        ("localhost.ipp", "localhost", 631, "ipp", None),
        ("host1s07-in-f13..https", "host1s07-in-f13.", 443, "https", None),
        ("170.x.x.x.https", "170.x.x.x", 443, "https", None),
        ("a.very.long.name.xmpp-", "a.very.long.name", None, "xmpp-", None),
    ],
)
def test_the_last_dot_stands_before_the_port(
    printed: str, address: str, port: int | None, service: str | None, interface: str | None
) -> None:
    """Whatever was cut from the address in front of it, and however many dots that has."""
    row = f"tcp4       0      0  {printed:22} 198.51.100.7.443       ESTABLISHED\n"
    columns = "local_address", "local_port", "local_service", "interface", "remote_port"

    assert rows_of(row, *columns) == [(address, port, service, interface, 443)]


@pytest.mark.parametrize(
    ("protocol", "ours"),
    [("tcp4", "tcp"), ("tcp6", "tcp6"), ("tcp46", "tcp6"), ("tcp", "tcp"), ("TCP", "tcp"), ("toe4", "tcp")],
)
def test_a_socket_of_both_families_is_one_of_ipv6(protocol: str, ours: str) -> None:
    """macOS and FreeBSD name both families; OpenBSD, NetBSD and HP-UX only IPv6."""
    assert rows_of(f"{protocol:6}     0      0  *.8080   *.*    LISTEN\n", "protocol", "state") == [(ours, "LISTEN")]


def test_queues_count_bytes() -> None:
    """A listener has no bytes, and what waits for accept() is told by -L alone."""
    text = (
        TITLE
        + HEADING
        + (
            "tcp4     129    517  192.0.2.1.62542        198.51.100.7.443       CLOSE_WAIT\n"
            "tcp4       0      0  *.8080                 *.*                    LISTEN\n"
        )
    )

    assert rows_of(text, "state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns") == [
        ("CLOSE_WAIT", 129, 517, None),
        ("LISTEN", None, None, None),
    ]


@pytest.mark.parametrize(
    ("row", "local_port", "state"),
    [
        ("f8bfb1a9d2c5b8a1 tcp4  0  0  192.0.2.1.22  198.51.100.7.5000  CLOSE_WAIT", 22, "CLOSE_WAIT"),
        ("f8bfb1a9d2c5b8a1 825843c1 tcp4  0  0  192.0.2.1.22  198.51.100.7.5000  CLOSE_WAIT", 22, "CLOSE_WAIT"),
        ("               0        0 tcp4  0  0  192.0.2.1.22  198.51.100.7.5000  TIME_WAIT", 22, "TIME_WAIT"),
        ("0xffff800000c3e2a8 tcp  0  0  192.0.2.1.22  198.51.100.7.5000  ESTABLISHED", 22, "ESTABLISHED"),
        ("c2f3a3a0 tcp  1  0 192.0.2.1.993  198.51.100.7.5000  CLWAIT", 993, "CLOSE_WAIT"),
        ("75059a0  TCP  0  0  192.0.2.1.1538  198.51.100.7.58497  TIME_WAIT", 1538, "TIME_WAIT"),
        ("tcp4  0  0 192.0.2.1.22  198.51.100.7.5000  ESTABLISHED*", 22, "ESTABLISHED"),
        ("tcp4  0  0 192.0.2.1.22  198.51.100.7.5000  ESTABLISHED  <- the proxy", 22, "ESTABLISHED"),
    ],
    ids=["macos", "macos, flow", "macos, none", "openbsd", "netbsd", "vxworks", "freebsd, t/tcp", "remark"],
)
def test_kernel_addresses_and_remarks_are_no_columns(row: str, local_port: int, state: str) -> None:
    """-A puts one or two numbers in front of the row; a `*` or a remark may stand behind its state."""
    assert rows_of(row, "local_port", "state") == [(local_port, state)]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("131072 132432    704      0", Use(704)),
        ("131072 131072    512      0  0x0080 0x00000106", Use(512)),
        ("0 0 1048576 1048576    501      0 00000 00000006 0000000000e1c2d3 00000000", Use(501, None, 0, 0)),
        ("5577 1776 131072 131072    0      0 02131 00000008", Use(None, None, 5577, 1776)),
        ("131072 131072    704      0 12102 00000008", Use(704)),
        ("1022 0  407872  146988             node:46708  00102 00000104", Use(46708, "node", 1022, 0)),
        ("131072  131072         rapportd:612    00100 00000006", Use(612, "rapportd")),
        ("0 0 131072  131072 Code Helper (Plu:21891  00100 00000106", Use(21891, "Code Helper (Plu", 0, 0)),
        ("0 0 131072  131072 Antigravity IDE :2086   00102", Use(2086, "Antigravity IDE", 0, 0)),
        ("0 0 131072  131072 a:b:12  00102", Use(12, "a:b", 0, 0)),
        ("0 0 131072  131072 1Password:77  00102", Use(77, "1Password", 0, 0)),
        ("5577 1776", Use()),
        ("cubic 14480 1073725440 1448 off", Use()),
        ("<- ticket:12 of 3", Use()),
        ("", Use()),
    ],
)
def test_macos_tells_who_used_a_socket_last(more: str, told: Use) -> None:
    """The columns changed from release to release, and a filtered dump has lost its heading."""
    assert macos_columns.use(more) == told


def test_two_numbers_alone_are_bytes_where_the_heading_says_so() -> None:
    """-b tells bytes; OpenBSD's -B tells windows at the same place."""
    row = "tcp4       0      0  192.0.2.1.56830        198.51.100.7.443       ESTABLISHED       5577       1776\n"
    heading = HEADING.rstrip() + "        rxbytes    txbytes\n"

    assert rows_of(heading + row, "bytes_received", "bytes_sent") == [(5577, 1776)]
    assert rows_of(HEADING + row, "bytes_received", "bytes_sent") == [(None, None)]


def test_the_listen_queues_of_l_are_connections() -> None:
    """Those that wait for accept(), and the limit; FreeBSD tells the protocol and Unix sockets too."""
    text = """\
Current listen queue sizes (qlen/incqlen/maxqlen)
Proto Listen                           Local Address
tcp4  193/2/128                        *.8080
tcp6  0/0/10                           ::1.25
unix  0/0/4                            /var/run/devd.pipe
"""
    columns = "protocol", "local_port", "state", "accept_queue_conns", "accept_queue_limit"

    assert rows_of(text, *columns) == [("tcp", 8080, "LISTEN", 193, 128), ("tcp6", 25, "LISTEN", 0, 10)]
    assert rows_of("1/0/128        *.8900\n", *columns) == [("tcp", 8900, "LISTEN", 1, 128)]


@pytest.mark.parametrize("text", ["22/11/2026 10.30", "22/11/2026 10.30 tcp", "1/2/3 notes.txt"])
def test_a_date_is_no_listen_queue(text: str) -> None:
    """A log begins its lines so."""
    with pytest.raises(BadInput):
        read(text.encode(), name="log.txt")


def test_without_a_state_a_socket_without_a_peer_listens() -> None:
    """FreeBSD's -T tells counters in place of queues and state."""
    text = """\
Proto Rexmit OOORcv 0-win  Local Address          Foreign Address
tcp4       0      0      0 *.22                   *.*
tcp4      12      3      1 192.0.2.1.22           198.51.100.7.50211
tcp4       0      0      0 *.*                    *.*
"""

    assert rows_of(text, "state", "recv_queue_bytes", "send_queue_bytes", "retransmitted_segments") == [
        ("LISTEN", None, None, 0),
        (None, None, None, 12),
        (None, None, None, 0),
    ]


SECTIONS = f"""\
{TITLE}Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State
tcp          0      0  192.0.2.1.22           198.51.100.7.50211     ESTABLISHED
{TITLE}Proto   Recv-Q Send-Q  Local Address          Foreign Address
udp          0      0  *.514                  *.*
{TITLE}Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State
tcp6         0      0  ::1.25                 *.*                    LISTEN
{TITLE}Proto   Recv-Q Send-Q  Local Address          Foreign Address
udp6         0      0  *.514                  *.*
"""


def test_the_sections_of_one_run_are_one_look() -> None:
    """OpenBSD prints a title and a heading for each protocol; two runs are two looks all the same."""
    assert [look.sight.rows for look in looks(SECTIONS.encode(), "one.txt")] == [2]
    assert [look.sight.rows for look in looks((SECTIONS + SECTIONS).encode(), "two.txt")] == [2, 2]
    assert [
        look.sight.rows for look in looks(f"$ netstat -an\n{SECTIONS}$ netstat -an\n{SECTIONS}".encode(), "two")
    ] == [2, 2]


def test_a_command_between_sections_parts_them() -> None:
    """`netstat -f inet` and `netstat -f inet6` were not run at one moment."""
    text = f"""\
{TITLE}{HEADING}tcp        0      0  192.0.2.1.22           198.51.100.7.50211     ESTABLISHED
router# netstat -an -f inet6
{TITLE}{HEADING}tcp6       0      0  ::1.25                 *.*                    LISTEN
"""

    assert [look.sight.rows for look in looks(text.encode(), "two.txt")] == [1, 1]


def test_what_is_cut_is_cited() -> None:
    """A row without its end, or without its beginning, gives no row; prose about netstat is no row."""
    look = look_at(f"""\
{TITLE}{HEADING}tcp4       0      0  192.0.2.1.62566        198.51.100.7.443       SYN_SENT
tcp4       0      0  192.0.2.1.62529        198.51.100.7.
tcp4       0      0  192.0.2.1.62528        198.51.100.7.443       ESTABL
tcp4       0
   192.0.2.1.62527   198.51.100.7.443       ESTABLISHED
tcp is what counts here
""")

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [4, 5, 6, 7]


def test_other_sockets_are_passed_over() -> None:
    """udp, icmp, Unix and kernel sockets stand in the same output."""
    look = look_at(f"""\
{TITLE}{HEADING}tcp46      0      0  *.8888                 *.*                    LISTEN
udp4       0      0  *.5353                 *.*
icm4       0      0  *.*                    *.*
Active LOCAL (UNIX) domain sockets
Address          Type   Recv-Q Send-Q            Inode             Conn             Refs          Nextref Addr
d2c5b8a1f4b0a8c9 stream      0      0 d2c5b8a1f4b0a8d1                0                0                0 /var/run/x
Registered kernel control modules
id       flags    pcbcount rcvbuf   sndbuf   name
       1        9        0   131072   131072 com.apple.flow-divert
""")

    assert (look.format, look.states) == ("netstat_bsd", {"LISTEN": 1})
    assert look.sight.lines_not_understood == ()


@pytest.mark.parametrize(
    ("row", "format"),
    [
        ("tcp        0      0  192.0.2.1.22      198.51.100.7.5000  ESTABLISHED", "netstat_bsd"),
        ("tcp        0      0  192.0.2.1:22      198.51.100.7:5000  ESTABLISHED", "netstat_linux"),
        ("tcp6       0      0  ::1.22            2001:db8::7.5000   ESTABLISHED", "netstat_bsd"),
        ("tcp6       0      0  ::1:22            2001:db8::7:5000   ESTABLISHED", "netstat_linux"),
        ("tcp6       0      0  ::ffff:192.0.2.1:22 ::ffff:192.0.2.7:5000 ESTABLISHED", "netstat_linux"),
        ("tcp        0      0  host.example.com:ssh  peer.example.com:5000 ESTABLISHED", "netstat_linux"),
        ("tcp        0      0  host.example.com.ssh  peer.example.com.5000 ESTABLISHED", "netstat_bsd"),
        ("  TCP    192.0.2.1:22   198.51.100.7:5000   ESTABLISHED", "netstat_windows"),
        ("192.0.2.1.22   198.51.100.7.5000   64128 0 128872 0 ESTABLISHED", "netstat_solaris"),
        ("7F71A7A76F48  192.0.2.1.22   198.51.100.7.5000   ESTAB", "cisco_tcp_brief"),
        ("f1000e0000180bb8 tcp4       0      0  *.1334             *.*                LISTEN", "netstat_bsd"),
    ],
)
def test_a_row_alone_is_known_by_its_ends(row: str, format: str) -> None:
    """A dot before the port, or a colon, and what else the row has; no title or heading is needed."""
    assert [look.format for look in looks(row.encode(), "row.txt")] == [format]


PORTS = st.integers(1, 65535)
ADDRESSES = st.one_of(st.just("*"), st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
STATES = st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK", "CLOSED"])
NAMES = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd", "Zs"]), min_size=1, max_size=16).filter(
    lambda name: name[0].isalpha() and name == name.strip()
)
SOCKETS = st.tuples(ADDRESSES, PORTS, ADDRESSES, PORTS, STATES, NAMES, st.integers(1, 99999))


@settings(deadline=None, max_examples=50)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=40))
def test_reading_what_netstat_prints_gives_it_back(sockets: list[tuple[Any, ...]]) -> None:
    """Rows printed as macOS prints them with -anvW are read as the sockets they were printed from."""
    text = (
        TITLE
        + HEADING
        + "".join(
            f"tcp4       0      0  {f'{local}.{lport}':<22} {f'{remote}.{rport}':<22} {state:<11} "
            f"{0:12} {0:12}  131072  131072 {name:>16}:{pid:<6} 00102 00000008\n"
            for local, lport, remote, rport, state, name, pid in sockets
        )
    )
    columns = "local_address", "local_port", "remote_address", "remote_port", "state", "process", "pid"

    assert rows_of(text, *columns) == sockets


WORDS = st.sampled_from([
    "tcp4", "tcp", "udp4", "TCP", "0", "131072", "*.*", "*.22", "192.0.2.1.443", "::1.22", "a.b", "1/2/3",
    "f1000e0000180bb8", "825843c1", "LISTEN", "ESTABLISHED", "ESTABL", "CLOSE_WAIT*", "node:12", "Proto", "Recv-Q",
    "(state)", "rxbytes", TITLE.strip(), HEADING.strip(), "$ netstat -an", "198.51.100.7.", "\x1b[0m", "é.1",
])  # fmt: skip
TEXTS = st.lists(st.lists(WORDS, max_size=9).map("  ".join), max_size=12).map("\n".join)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS)
def test_any_text_gives_rows_or_one_complaint(text: str) -> None:
    """Whatever stands in a file, it is read or refused, and every column has a value for each row."""
    found = [*netstat_bsd.read(Paste.of(text))]
    with suppress(BadInput):
        found += read(text.encode(), name="dump.txt")

    for each in found:
        assert len({len(column) for column in each.columns.values()}) <= 1
