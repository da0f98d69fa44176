from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks, netstat_solaris, read
from closewait.formats.paste import Paste
from closewait.snapshot.table import Snapshot

HEADING = """\
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
"""
LISTENER = "      *.22                 *.*                0      0 128000      0 LISTEN\n"
CONNECTION = "192.0.2.1.22         198.51.100.7.50211   134664     51 128872      0 ESTABLISHED\n"


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


def test_send_q_stands_before_recv_q() -> None:
    """Each behind its window, which is no queue."""
    assert rows_of(HEADING + LISTENER + CONNECTION, "state", "recv_queue_bytes", "send_queue_bytes") == [
        ("LISTEN", None, None),
        ("ESTABLISHED", 0, 51),
    ]


def test_the_look_says_what_recv_q_is_not() -> None:
    """A receive queue of 0 would otherwise be taken for a program that reads."""
    (caveat,) = look_at(CONNECTION).sight.caveats

    assert "not what the program has not read" in caveat


@pytest.mark.parametrize(
    "row",
    [
        "192.0.2.1.22         198.51.100.7.50211   1049800     51 1048952      0 ESTABLISHED",
        "192.0.2.1.22 198.51.100.7.50211 1049800 51 1048952 0 ESTABLISHED",
        "    192.0.2.1.22         198.51.100.7.50211   134664     51  128872      0 ESTABLISHED net0",
        "192.0.2.1.22         198.51.100.7.50211   64240     51 64240      0 ESTABLISHED   <- me",
    ],
    ids=["overrun", "collapsed", "interface", "remark"],
)
def test_columns_may_be_pushed_aside(row: str) -> None:
    """Wide windows push the others; words are columns, not places."""
    assert rows_of(row, "local_port", "remote_port", "send_queue_bytes", "state") == [(22, 50211, 51, "ESTABLISHED")]


@pytest.mark.parametrize(
    ("owner", "user", "pid", "process"),
    [
        ("root        531 sshd           ", "root", 531, "sshd"),
        ("webservd   2048 node worker 3  ", "webservd", 2048, "node worker 3"),
        ("501          12 9p             ", "501", 12, "9p"),
        ("                               ", None, None, None),
    ],
)
def test_u_names_the_process(owner: str, user: str | None, pid: int | None, process: str | None) -> None:
    """Between the ends and the windows; blank where no process holds the socket."""
    row = f"192.0.2.1.22         198.51.100.7.50211   {owner} 134664     51  128872      0 TIME_WAIT"

    assert rows_of(f"{row}\n{row.replace(owner, 'root 1 init')}", "user", "pid", "process")[0] == (user, pid, process)


@pytest.mark.parametrize(("state", "told"), [("ESTABLISHED", False), ("TIME_WAIT", True)])
def test_a_connection_without_a_process_has_a_hidden_one(state: str, told: bool) -> None:
    """A TIME_WAIT has none."""
    text = f"*.22  *.*  root 531 sshd  0 0 128000 0 LISTEN\n192.0.2.1.22  198.51.100.7.50211  64240 0 64240 0 {state}\n"

    assert look_at(text).sight.owners_told is told


def test_the_title_tells_the_protocol() -> None:
    """Rows of udp and sctp stand under titles of their own and have other columns."""
    look = look_at(f"""\
UDP: IPv4
   Local Address        Remote Address      State
-------------------- -------------------- ----------
      *.111                               Idle
192.0.2.1.123        203.0.113.1.123      Connected

TCP: IPv4
{HEADING}{LISTENER}
TCP: IPv6
   Local Address                     Remote Address                 Swind Send-Q Rwind Recv-Q   State      If
--------------------------------- --------------------------------- ----- ------ ----- ------ ----------- -----
fe80::8:20ff:fe00:1.22            fe80::8:20ff:fe00:2.33001         49640      0 49640      0 CLOSE_WAIT  net0

SCTP:
        Local Address                   Remote Address          Swind  Send-Q Rwind  Recv-Q StrsI/O  State
------------------------------- ------------------------------- ------ ------ ------ ------ ------- -----------
192.0.2.1.5000                  192.0.2.2.5000                       0      0 102400      0  32/32  ESTABLISHED
""")

    assert look.sockets.select("protocol", "local_address", "local_port", "state", "interface").rows() == [
        ("tcp", "*", 22, "LISTEN", None),
        ("tcp6", "fe80::8:20ff:fe00:1", 22, "CLOSE_WAIT", "net0"),
    ]
    assert look.sight.lines_not_understood == ()


def test_two_runs_are_two_looks() -> None:
    """The sections of IPv4 and IPv6 are one run; what begins with IPv4 again is the next."""
    run = f"TCP: IPv4\n{HEADING}{CONNECTION}\nTCP: IPv6\n{HEADING}{LISTENER}\n"

    assert [look.sight.rows for look in looks((run + run).encode(), "two.txt")] == [2, 2]
    assert [look.sight.rows for look in looks(f"TCP: IPv6\n{HEADING}{LISTENER}".encode() * 2, "two.txt")] == [1, 1]


def test_v_tells_a_socket_on_two_lines() -> None:
    """The local end stands alone; a line that lost it is no row."""
    text = """\
TCP: IPv4
Local/Remote Address Swind  Snext     Suna   Rwind  Rnext     Rack    Rto   Mss     State
-------------------- ----- -------- -------- ----- -------- -------- ----- ----- -----------
192.0.2.1.22
198.51.100.7.50211   64128 5a01c3f2 5a01c3f2 49640 7f00d2b1 7f00d2b1   409  1448 CLOSE_WAIT  root  531 /lib/sshd -D

203.0.113.9.443      64128 5a01c3f2 5a01c3f2 49640 7f00d2b1 7f00d2b1   409  1448 ESTABLISHED
"""
    columns = "local_port", "remote_port", "state", "pid", "process", "send_mss_bytes", "recv_queue_bytes"

    assert rows_of(text, *columns) == [(22, 50211, "CLOSE_WAIT", 531, "sshd", 1448, None)]


@pytest.mark.parametrize("state", ["IDLE", "BOUND", "SYN_SENT", "SYN_RECEIVED", "CLOSED", "LAST_ACK"])
def test_states_before_a_connection_are_kept(state: str) -> None:
    """Solaris tells sockets that are not bound, and those that are and no more."""
    assert rows_of(f"      *.*    *.*    0   0 49152   0 {state}\n", "state", "local_port") == [(state, None)]


def test_what_is_cut_is_cited() -> None:
    """A row without its end gives no row; those of udp never had one."""
    look = look_at(f"{HEADING}{CONNECTION}192.0.2.1.22         198.51.100.7.50212   134664     51 1288\n")

    assert [line.line_no for line in look.sight.lines_not_understood] == [4]


PORTS = st.integers(1, 65535)
ADDRESSES = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
STATES = st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK", "SYN_SENT"])
BYTES = st.integers(0, 10_000_000)
SOCKETS = st.tuples(ADDRESSES, PORTS, ADDRESSES, PORTS, BYTES, BYTES, STATES)


@settings(deadline=None, max_examples=50)
@given(
    sockets=st.lists(SOCKETS, min_size=1, max_size=40), owner=st.sampled_from(["", "root        531 sshd           "])
)
def test_reading_what_netstat_prints_gives_it_back(sockets: list[tuple[Any, ...]], owner: str) -> None:
    """Rows printed as Solaris prints them are read as the sockets they were printed from."""
    text = HEADING + "".join(
        f"{f'{local}.{lport}':<20} {f'{remote}.{rport}':<20} {owner} 64240 {sent:6} 49640 {received:6} {state}\n"
        for local, lport, remote, rport, sent, received, state in sockets
    )
    ends = "local_address", "local_port", "remote_address", "remote_port"

    assert rows_of(text, *ends, "send_queue_bytes", "recv_queue_bytes", "state") == sockets


WORDS = st.sampled_from([
    "*.*", "*.22", "192.0.2.1.443", "::1.22", "0", "64240", "5a01c3f2", "LISTEN", "IDLE", "ESTABLISHED", "root", "531",
    "TCP: IPv4", "TCP: IPv6", "UDP: IPv4", HEADING.splitlines()[0], "net0", "node worker", "é.1", "a.",
])  # fmt: skip
TEXTS = st.lists(st.lists(WORDS, max_size=12).map("  ".join), max_size=12).map("\n".join)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS)
def test_any_text_gives_rows_or_one_complaint(text: str) -> None:
    """Whatever stands in a file, it is read or refused, and every column has a value for each row."""
    found = [*netstat_solaris.read(Paste.of(text))]
    with suppress(BadInput):
        found += read(text.encode(), name="dump.txt")

    for each in found:
        assert len({len(column) for column in each.columns.values()}) <= 1
