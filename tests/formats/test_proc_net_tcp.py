"""The kernel's table in hexadecimal, as people save and paste it. Tables of this kernel are in golden/proc_net_tcp."""

from typing import Any

import pytest

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode      \n"
HEADING6 = HEADING.replace("rem_address ", " remote_address           ")
HEADING_UDP = HEADING.rstrip() + " ref pointer drops\n"
CLOSE_WAIT = (
    "   4: 010200C0:1F90 020200C0:9C42 08 00000000:000000C9 00:00000000 00000000    33        0 9047 "
    "1 000000009735eac7 20 4 28 10 -1\n"
)
LISTEN6 = (
    "   0: 00000000000000000000000000000000:20FB 00000000000000000000000000000000:0000 0A 00000000:00000003 "
    "00:00000000 00000000     0        0 9054 1 000000001460f2e4 100 0 0 10 0\n"
)
UDP = (
    " 268: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 139165 "
    "2 0000000000000000 0\n"
)


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


ENDS = ("local_address", "local_port", "remote_address", "remote_port", "state")
AS_READ = ("192.0.2.1", 8080, "192.0.2.2", 40002, "CLOSE_WAIT")


@pytest.mark.parametrize(
    "text",
    [
        HEADING + CLOSE_WAIT,
        CLOSE_WAIT,
        "\t\t#" + HEADING + "\t\t#" + CLOSE_WAIT,
        "// " + CLOSE_WAIT,
        CLOSE_WAIT.partition(": ")[2],
        CLOSE_WAIT.rpartition(" 1 ")[0] + "\n",
        CLOSE_WAIT.partition(" 1 0000")[0] + "\n",
        CLOSE_WAIT.replace("   4:", "123456:"),
        CLOSE_WAIT.replace("C0:9C42", "c0:9c42"),
        "$ cat /proc/net/tcp\n" + HEADING + CLOSE_WAIT + "$ \n",
    ],
    ids=["heading", "bare", "comment", "comment, no heading", "no number", "cut behind the inode", "cut at the inode",
         "long number", "small digits", "command"],
)  # fmt: skip
def test_a_row_is_read_however_it_is_pasted(text: str) -> None:
    """Without heading, without its number, in a comment, cut behind the inode, or below a command."""
    assert rows_of(text, *ENDS, "recv_queue_bytes", "send_queue_bytes", "uid", "inode") == [
        (*AS_READ, 201, 0, 33, 9047)
    ]


def test_an_address_has_the_byte_order_of_the_host() -> None:
    """A little-endian host prints 127.0.0.1 as 0100007F, a big-endian one as it is."""
    row = "0: {}:0035 {}:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5 1 0\n"
    little = row.format("0100007F", "00000000") + row.format("0100000A", "00000000")
    big = row.format("7F000001", "00000000") + row.format("0A000001", "00000000")

    assert rows_of(little, "local_address") == [("127.0.0.1",), ("10.0.0.1",)]
    assert rows_of(big, "local_address") == [("127.0.0.1",), ("10.0.0.1",)]


@pytest.mark.parametrize(
    ("digits", "address"),
    [
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("B80D0120000000000000000002000000", "2001:db8::2"),
        ("0000000000000000FFFF0000010200C0", "::ffff:192.0.2.1"),
        ("000080FE00000000FF005452A2BDD3FE", "fe80::5254:ff:fed3:bda2"),
    ],
)
def test_ipv6_is_four_numbers(digits: str, address: str) -> None:
    """Each group of eight digits has its bytes backwards."""
    assert rows_of(LISTEN6.replace("0" * 32 + ":20FB", digits + ":20FB"), "protocol", "local_address") == [
        ("tcp6", address)
    ]


def test_the_receive_queue_of_a_listener_counts_connections() -> None:
    """How many may wait is not told; tx_queue is 0 there whatever the limit."""
    columns = ("accept_queue_conns", "accept_queue_limit", "recv_queue_bytes", "send_queue_bytes", "remote_port")

    assert rows_of(LISTEN6, *columns) == [(3, None, None, None, None)]


@pytest.mark.parametrize(
    ("told", "timer", "left_s", "retransmits", "in_row", "probes"),
    [
        ("00:00000000 00000000     0        0", "off", None, 0, 0, 0),
        ("01:00000014 00000003     0        0", "retransmit", 0.2, 3, 3, 0),
        ("02:000110E4 00000000     0        2", "keepalive", 698.6, 2, 0, 2),
        ("04:00000027 00000000     0        7", "zero_window_probe", 0.39, 7, 0, 7),
        ("09:00000027 00000000     0        0", None, 0.39, 0, 0, 0),
    ],
)
def test_a_timer_is_told_in_hundredths_of_a_second(
    told: str, timer: str | None, left_s: float | None, retransmits: int, in_row: int, probes: int
) -> None:
    """The retransmissions stand under `retrnsmt`, the unanswered probes under `timeout`."""
    row = CLOSE_WAIT.replace("00:00000000 00000000    33        0", told)
    columns = ("timer", "timer_left_s", "timer_retransmits", "unanswered_retransmits", "unanswered_probes")

    assert rows_of(row, *columns) == [(timer, left_s, retransmits, in_row, probes)]


def test_a_minisocket_belongs_to_nobody() -> None:
    """TIME_WAIT and the orphan's FIN_WAIT_2 have timer 3, and the kernel writes 0 for their user."""
    row = "{}: 020200C0:9C42 010200C0:1F90 {} 00000000:00000000 {} 00000000     0        0 0 3 0000000049bddeda\n"
    text = row.format(1, "06", "03:000016E9") + row.format(2, "05", "03:000016E9") + row.format(3, "05", "00:00000000")

    assert rows_of(text, "state", "uid", "inode", "timer_left_s", "unanswered_probes") == [
        ("TIME_WAIT", None, 0, 58.65, None),
        ("FIN_WAIT_2", None, 0, 58.65, None),
        ("FIN_WAIT_2", 0, 0, None, 0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        HEADING + CLOSE_WAIT + HEADING_UDP + UDP,
        "Sample from /proc/net/tcp:\n" + HEADING + CLOSE_WAIT + "\nSample from /proc/net/udp:\n" + HEADING_UDP + UDP,
        "==> /proc/net/udp <==\n" + HEADING_UDP + UDP + "\n==> /proc/net/tcp <==\n" + HEADING + CLOSE_WAIT,
        CLOSE_WAIT + UDP,
        CLOSE_WAIT + UDP.rpartition(" 0")[0] + "\n",
    ],
    ids=["heading", "names", "udp first", "no heading", "no heading, old kernel"],
)
def test_the_tables_of_udp_are_passed_over(text: str) -> None:
    """Their state 07 is no closed connection."""
    found = looks(text.encode(), "dump.txt")

    assert [look.states for look in found if look.sockets.height] == [{"CLOSE_WAIT": 1}]


@pytest.mark.parametrize(
    "text",
    [
        HEADING + CLOSE_WAIT + HEADING6 + LISTEN6,
        "==> /proc/net/tcp <==\n" + HEADING + CLOSE_WAIT + "\n==> /proc/net/tcp6 <==\n" + HEADING6 + LISTEN6,
        CLOSE_WAIT + "IPv6:\n" + LISTEN6,
        "$ cat /proc/net/tcp\n" + HEADING + CLOSE_WAIT + "$ cat /proc/net/tcp6\n" + HEADING6 + LISTEN6,
    ],
)
def test_tcp_and_tcp6_are_one_look(text: str) -> None:
    """They are two files of one moment."""
    assert rows_of(text, "protocol", "state") == [("tcp", "CLOSE_WAIT"), ("tcp6", "LISTEN")]


def test_two_tables_of_tcp_are_two_looks() -> None:
    """The same file twice is two moments."""
    first, second = looks((HEADING + CLOSE_WAIT + HEADING + CLOSE_WAIT * 2).encode(), "dump.txt")

    assert (first.sockets.height, second.sockets.height) == (1, 2)


@pytest.mark.parametrize(
    "cut",
    [
        "      0 15734 1 ffff9f55b1421800 100 0 0 10 0\n",
        "   5: 010200C0:1F90 020200C0:9C43 08 00000000:000000C9 00:0000\n",
        "   5: 010200C0:1F90 0202\n",
        "   5: 010200C0:1F90 020200C0:9C43 99 00000000:000000C9 00:00000000 00000000    33        0 9047\n",
    ],
)
def test_cut_rows_are_reported_and_give_no_row(cut: str) -> None:
    """Cut on either side, or with a state that no kernel has."""
    look = look_at(HEADING + cut + CLOSE_WAIT)

    assert look.sockets.height == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [2]
