from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name     Timer
"""


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


def test_a_listeners_queue_counts_connections() -> None:
    """Recv-Q is bytes, except on a listener; a limit of 0 is no limit told."""
    text = """\
tcp        2      0 192.0.2.1:8080          0.0.0.0:*               LISTEN
tcp        3    128 192.0.2.1:8081          0.0.0.0:*               LISTEN
tcp        1      7 192.0.2.1:8080          192.0.2.2:40001         CLOSE_WAIT
"""

    assert rows_of(
        text, "state", "accept_queue_conns", "accept_queue_limit", "recv_queue_bytes", "send_queue_bytes"
    ) == [("LISTEN", 2, None, None, None), ("LISTEN", 3, 128, None, None), ("CLOSE_WAIT", None, None, 1, 7)]


@pytest.mark.parametrize(
    ("owner", "pid", "process"),
    [
        ("4121/java", 4121, "java"),
        ("-", None, None),
        ("550/sshd: /usr/sbin", 550, "sshd: /usr/sbin"),
        ("760/sshd: admin [pr", 760, "sshd: admin [pr"),
        ("9420/Passenger Ruby", 9420, "Passenger Ruby"),
        ("1950/./lin_agent", 1950, "./lin_agent"),
        ("1056/avahi-daemon:", 1056, "avahi-daemon:"),
        ("31/(squid-1)", 31, "(squid-1)"),
        ("403/mysqld        *1*", 403, "mysqld"),
        ("3973/perl <- it's modbus server", 3973, "perl"),
        ("12/java        off (0.00/0/0)", 12, "java"),
        ("12/sshd: admin [priv off (0.00/0/0)", 12, "sshd: admin [priv"),
        ("0          93260417   21/sshd", 21, "sshd"),
        ("www-data   93260417   -", None, None),
    ],
)
def test_the_owner_is_the_word_with_the_slash(owner: str, pid: int | None, process: str | None) -> None:
    """Names hold blanks, slashes, colons and brackets; user, inode, timer and remarks stand around them."""
    row = f"tcp        0      0 10.0.0.1:443            10.0.0.2:50123          ESTABLISHED {owner}"

    assert rows_of(row, "pid", "process") == [(pid, process)]


@pytest.mark.parametrize(
    ("printed", "timer", "left_s", "unanswered"),
    [
        ("off (0.00/0/0)", "off", None, 0),
        ("on (0.27/3/0)", "retransmit", 0.27, 3),
        ("keepalive (6618.05/0/2)", "keepalive", 6618.05, 2),
        ("timewait (59.90/0/0)", "time_wait", 59.9, 0),
        ("probe (0.11/0/4)", "zero_window_probe", 0.11, 4),
        ("unkn-4 (12.30/0/1)", "zero_window_probe", 12.3, 1),
        ("ein (0,27/3/0)", "retransmit", 0.27, 3),
        ("保持连接 (6618.05/0/2)", "keepalive", 6618.05, 2),
        ("eikäi ((0.00/0/0)", "off", None, 0),
        ("desconh.-4 (12,30/0)", "zero_window_probe", 12.3, 0),
        ("unkn-9 (12.30/0/1)", None, None, None),
    ],
)
def test_the_timer_is_known_in_each_language(printed: str, timer: str, left_s: float, unanswered: int) -> None:
    """The word names the timer; what counts as unanswered depends on it."""
    row = f"tcp        0      0 10.0.0.1:443            10.0.0.2:50123          ESTABLISHED 4121/java  {printed}"

    assert rows_of(row, "timer", "timer_left_s", "timer_retransmits") == [(timer, left_s, unanswered)]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("LISTEN", "LISTEN"), ("SYN_RECV", "SYN_RECEIVED"), ("FIN_WAIT1", "FIN_WAIT_1"), ("CLOSE", "CLOSED"),
        ("VERBUNDEN", "ESTABLISHED"), ("ESCUCHAR", "LISTEN"), ("ESTABLECIDO", "ESTABLISHED"),
        ("ESPERANDO_FECHAR", "CLOSE_WAIT"), ("ÚLTIMO_ACK", "LAST_ACK"), ("POSLEDNÍ ACK", "LAST_ACK"),
    ],
)  # fmt: skip
def test_the_state_is_known_in_each_language(word: str, state: str) -> None:
    """net-tools translates some states in some languages, one of them into two words."""
    row = f"tcp        0      0 10.0.0.1:443            10.0.0.2:50123          {word} 12/java"

    assert rows_of(row, "state", "pid") == [(state, 12)]


def test_sockets_of_other_kinds_are_passed_over() -> None:
    """udp, raw and unix rows stand in the same output; they are no TCP sockets and no errors."""
    look = look_at("""\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp6       0      0 :::22                   :::*                    LISTEN
udp        0      0 127.0.0.1:5000          127.0.0.1:5001          ESTABLISHED
raw6       0      0 :::58                   :::*                    7
Active UNIX domain sockets (servers and established)
Proto RefCnt Flags       Type       State         I-Node   Path
unix  2      [ ACC ]     STREAM     LISTENING     34164277 /run/x
unix  3      [ ]         流         已连接        104770   7391/java
""")

    assert look.states == {"LISTEN": 1}
    assert look.sight.lines_not_understood == ()


def test_what_is_cut_is_cited() -> None:
    """A row without its beginning or its end gives no row, and is named with its line."""
    look = look_at("""\
          0.0.0.0:*               LISTEN
ED 15843/tor
tcp        0      0 10.0.0.1:22             10.0.0.2:50123          ESTABLISHED
Then we restarted it: tcp was fine, ESTABLISHED 12.
tcp        0      0 127.0.0.5
tcp
""")

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 2, 5, 6]


def test_user_and_inode_stand_before_the_owner() -> None:
    """-e tells a number or a name; a minisocket belongs to nobody, though 0 is printed for it."""
    text = """\
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      0          93260417   21/sshd
tcp        0      0 10.0.0.1:22             10.0.0.2:5001           ESTABLISHED www-data   93260418   22/sshd
tcp        6      0 10.0.0.1:22             10.0.0.2:5002           CLOSE_WAIT  0          0          -
tcp        0      0 10.0.0.1:22             10.0.0.2:5003           TIME_WAIT   0          0          -
"""

    assert rows_of(text, "uid", "user", "inode", "pid") == [
        (0, None, 93260417, 21),
        (None, "www-data", 93260418, 22),
        (0, None, 0, None),
        (None, None, 0, None),
    ]


ROOTS = """\
tcp        1      0 10.0.0.3:9527           0.0.0.0:*               LISTEN      23797/python3
tcp        1      0 10.0.0.3:9527           10.0.0.4:54788          CLOSE_WAIT  -
tcp        0      0 10.0.0.3:9527           10.0.0.4:54789          TIME_WAIT   -
"""
SOMEBODYS = ROOTS.replace("23797/python3", "-")
REMARK = "(Not all processes could be identified, non-owned process info\n will not be shown, …)\n"


@pytest.mark.parametrize(
    ("text", "owners_told", "owners_hidden"),
    [
        (ROOTS, True, 0),
        (SOMEBODYS, False, 1),
        (REMARK + HEADING + SOMEBODYS, False, 1),
        ("netstat: showing only processes with your user ID\n" + HEADING + SOMEBODYS, False, 1),
        ("(Es konnten nicht alle Prozesse identifiziert werden; …)\n" + HEADING + ROOTS, False, 0),
        ('(Pas d\'infos lues pour "-p": geteuid()=65534 mais vous devez être root.)\n' + HEADING + SOMEBODYS, False, 1),
        (ROOTS.replace("23797/python3", "").replace("-", ""), None, 0),
    ],
    ids=["root", "somebody", "remark", "busybox", "german", "french, nothing at all", "without -p"],
)
def test_hidden_owners_are_told_from_sockets_without_any(
    text: str, owners_told: bool | None, owners_hidden: int
) -> None:
    """`-` beside a connection that waits for accept() is nobody; beside a listener it is somebody we may not see."""
    sight = look_at(text).sight

    assert (sight.owners_told, sight.owners_hidden) == (owners_told, owners_hidden)
    assert bool(sight.caveats) is (owners_told is False)


def test_a_missing_table_is_a_caveat() -> None:
    """busybox says when it has no IPv6 sockets to show: their absence is no evidence."""
    look = look_at(ROOTS + "netstat: /proc/net/tcp6: No such file or directory\n")

    assert look.sight.caveats == ("netstat could not read /proc/net/tcp6, so those sockets are missing.",)


def test_rows_without_queues_are_rows() -> None:
    """Somebody took two columns out before posting."""
    assert rows_of("tcp6  :::80   :::*    LISTEN      417/apache2", "local_port", "pid", "accept_queue_conns") == [
        (80, 417, None)
    ]


PORTS = st.integers(1, 65535)
ADDRESSES = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
PIDS = st.integers(1, 4194304)
STATES = st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "FIN_WAIT1", "FIN_WAIT2", "LAST_ACK", "SYN_SENT"])
NAMES = st.from_regex(r"[a-z(][a-z0-9:/.)\]-]{0,9}( [a-z\[]{1,4}){0,2}", fullmatch=True)
SOCKETS = st.tuples(
    st.integers(0, 10**9), st.integers(0, 10**9), ADDRESSES, PORTS, ADDRESSES, PORTS, STATES, PIDS, NAMES
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=40), timer=st.sampled_from(["", " off (0.00/0/0)"]))
def test_reading_what_netstat_prints_gives_it_back(sockets: list[tuple[Any, ...]], timer: str) -> None:
    """Rows printed as net-tools prints them are read as the sockets they were printed from."""
    text = HEADING + "".join(
        f"{'tcp6' if ':' in local else 'tcp':<6}{recv:>6} {send:>6} {f'{local}:{lport}':<23} {f'{remote}:{rport}':<23} "
        f"{state:<11} {f'{pid}/{name}':<20}{timer}\n"
        for recv, send, local, lport, remote, rport, state, pid, name in sockets
    )
    wanted = [
        (*socket[:6], socket[6].replace("WAIT1", "WAIT_1").replace("WAIT2", "WAIT_2"), *socket[7:])
        for socket in sockets
    ]

    assert (
        rows_of(
            text, "recv_queue_bytes", "send_queue_bytes", "local_address", "local_port", "remote_address",
            "remote_port", "state", "pid", "process",
        )
        == wanted
    )  # fmt: skip
