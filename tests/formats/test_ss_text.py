"""What `ss` prints in its many forms. Rows that it prints here are in golden/ss_text; these are the other forms."""

from typing import Any

import pytest

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = "State      Recv-Q Send-Q       Local Address:Port        Peer Address:Port Process\n"
ROW = "CLOSE-WAIT 1      0                10.0.0.1:443            10.0.0.2:50123 "


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


ENDS = ("local_address", "local_port", "remote_address", "remote_port")


@pytest.mark.parametrize(
    "row",
    [
        "CLOSE-WAIT 1      0                10.0.0.1:443            10.0.0.2:50123",
        "tcp    CLOSE-WAIT 1      0         10.0.0.1:443            10.0.0.2:50123",
        "CLOSE-WAIT 1 0 10.0.0.1:https 10.0.0.2:50123",
        "CLOSE-WAIT 1      0         ::ffff:10.0.0.1:443     ::ffff:10.0.0.2:50123",
        "CLOSE-WAIT 1      0       [::ffff:10.0.0.1]:443   [::ffff:10.0.0.2]:50123",
        "CLOSE-WAIT 1      0         10.0.0.1%eth0:443            10.0.0.2:50123",
    ],
)
def test_a_row_is_read_with_and_without_netid_heading_brackets_and_interface(row: str) -> None:
    """Versions differ in what they print around the same socket."""
    ((state, received, *ends),) = rows_of(row, "state", "recv_queue_bytes", *ENDS)

    assert (state, received) == ("CLOSE_WAIT", 1)
    assert [str(end).removeprefix("::ffff:") for end in ends] == ["10.0.0.1", "443", "10.0.0.2", "50123"]


def test_the_interface_is_told_apart_from_the_address() -> None:
    """ss writes the device a socket is bound to behind the address, with or without brackets."""
    text = """\
LISTEN 0      5             127.0.0.1%lo:631              0.0.0.0:*
LISTEN 0      5      [fe80::1]%eth0:546                 [::]:*
LISTEN 0      5          *%eth0:68                         *:*
"""

    assert rows_of(text, "local_address", "interface", "local_port", "remote_address", "remote_port") == [
        ("127.0.0.1", "lo", 631, "0.0.0.0", None),
        ("fe80::1", "eth0", 546, "::", None),
        ("*", "eth0", 68, "*", None),
    ]


def test_ipv6_without_brackets_is_split_at_the_last_colon() -> None:
    """iproute2 before 4.14 printed `:::*` and `::1:25`."""
    text = """\
LISTEN     0      100               ::1:25                             :::*
LISTEN     0      128                :::22                             :::*
"""

    assert rows_of(text, "local_address", "local_port", "remote_address") == [("::1", 25, "::"), ("::", 22, "::")]


def test_a_listeners_queues_count_connections() -> None:
    """Of a listener Recv-Q is the accept queue and Send-Q its limit; a limit of 0 is one, too."""
    text = """\
LISTEN     2      0                192.0.2.1:8080             0.0.0.0:*
ESTAB      7      9                192.0.2.1:8080           192.0.2.2:40001
"""

    assert rows_of(text, "accept_queue_conns", "accept_queue_limit", "recv_queue_bytes", "send_queue_bytes") == [
        (2, 0, None, None),
        (None, None, 7, 9),
    ]


@pytest.mark.parametrize(
    ("users", "holder"),
    [
        ('users:(("nginx",1234,5))', (1234, "nginx", 5)),
        ('users:(("nginx",pid=1234,fd=5))', (1234, "nginx", 5)),
        ('users:(("Web Content",pid=1234,fd=5))', (1234, "Web Content", 5)),
        ('users:(("(sd-pam",pid=1234,fd=5))', (1234, "(sd-pam", 5)),
        ('users:(("a",b",pid=1234,fd=5))', (1234, 'a",b', 5)),
        ('users:(("x",pid=1234,fd=5),("x",pid=77,fd=6))', (77, "x", 6)),
        ('users:(("thread",pid=1234,tid=1250,fd=5),("main",pid=1234,tid=1234,fd=5))', (1234, "main", 5)),
        ('users:(("sshd",pid=1234,proc_ctx=system_u:system_r:sshd_t:s0-s0:c0,c9,fd=5))', (1234, "sshd", 5)),
        ('users:(("nginx",pid=1234,f', (1234, "nginx", None)),
        ('users:(("nginx",pid=12', (None, None, None)),
    ],
)
def test_the_holder_with_the_lowest_pid_stands_in_the_row(users: str, holder: tuple[Any, ...]) -> None:
    """Old and new versions write holders differently, names hold anything, and pastes are cut."""
    assert rows_of(HEADING + ROW + users, "pid", "process", "fd") == [holder]


def test_every_holder_is_told() -> None:
    """A socket shared by processes has a line for each in the table of holders, and so has every other held socket."""
    text = (
        HEADING
        + f'{ROW}users:(("nginx",pid=9,fd=5),("nginx",pid=7,fd=5),("nginx",pid=7,fd=6))\n'
        + "TIME-WAIT  0      0                10.0.0.1:443            10.0.0.2:50124\n"
        + 'ESTAB      0      0                10.0.0.1:443            10.0.0.2:50125 users:(("java",pid=3,fd=4))\n'
    )

    assert look_at(text).holders.rows() == [
        (0, 7, "nginx", 5),
        (0, 7, "nginx", 6),
        (0, 9, "nginx", 5),
        (2, 3, "java", 4),
    ]


@pytest.mark.parametrize(
    ("word", "timer", "left_s", "count"),
    [
        ("timer:(keepalive,12min,0)", "keepalive", 720.0, 0),
        ("timer:(keepalive,1min58sec,2)", "keepalive", 118.0, 2),
        ("timer:(keepalive,1.595ms,0)", "keepalive", 1.595, 0),
        ("timer:(on,200ms,3)", "retransmit", 0.2, 3),
        ("timer:(on,052ms,3)", "retransmit", 0.052, 3),
        ("timer:(on,,1)", "retransmit", 0.0, 1),
        ("timer:(timewait,59sec,0)", "time_wait", 59.0, 0),
        ("timer:(persist,9.012ms,7)", "zero_window_probe", 9.012, 7),
        ("timer:(unknown,1sec,0)", None, 1.0, 0),
    ],
)
def test_a_timer_is_told_in_seconds(word: str, timer: str | None, left_s: float, count: int) -> None:
    """`1.595ms` is a second and 595 milliseconds: ss puts a point between the two and the unit of the second behind."""
    assert rows_of(HEADING + ROW + word, "timer", "timer_left_s", "timer_retransmits") == [(timer, left_s, count)]


def test_a_row_without_a_timer_has_none_running_where_other_rows_tell_theirs() -> None:
    """ss -o prints no word for a timer that is off; without -o it prints none at all, and then nothing is known."""
    with_timers = HEADING + ROW + "timer:(keepalive,12min,0)\n" + ROW

    assert rows_of(with_timers, "timer") == [("keepalive",), ("off",)]
    assert rows_of(HEADING + ROW, "timer") == [(None,)]


def test_a_timer_that_was_asked_for_and_is_not_printed_is_off() -> None:
    """A dump in which no timer runs shows no trace of -o but in its command."""
    assert rows_of(f"$ ss -tano\n{HEADING}{ROW}", "timer", "timer_left_s") == [("off", None)]


def test_an_arrow_that_somebody_drew_is_a_remark() -> None:
    """ss prints its own behind the inode and the cookie only; and a dashed line continues no row."""
    assert rows_of(f"{HEADING}{ROW} <-- this one\n---\n", "shutdown", "process") == [(None, None)]


@pytest.mark.parametrize(("arrow", "shutdown"), [("<->", "none"), ("-->", "receive"), ("<--", "send"), ("---", "both")])
def test_an_arrow_tells_the_closed_directions(arrow: str, shutdown: str) -> None:
    """The head that is missing is the direction that is shut down."""
    assert rows_of(f"{HEADING}{ROW}ino:7 sk:1f {arrow}", "shutdown", "inode", "cookie") == [(shutdown, 7, 31)]


def test_a_missing_uid_is_roots_but_minisockets_belong_to_nobody() -> None:
    """ss -e prints no uid for root; for TIME_WAIT the kernel has none to tell."""
    text = """\
ESTAB      0      0                10.0.0.1:443            10.0.0.2:50123 ino:7 sk:1 <->
ESTAB      0      0                10.0.0.1:443            10.0.0.2:50124 uid:33 ino:8 sk:2 <->
TIME-WAIT  0      0                10.0.0.1:443            10.0.0.2:50125 ino:0 sk:3
ESTAB      0      0                10.0.0.1:443            10.0.0.2:50126
"""

    assert rows_of(text, "uid") == [(0,), (33,), (None,), (None,)]


def test_a_kernel_pointer_is_no_cookie() -> None:
    """Old versions print the socket's address after `sk:`."""
    assert rows_of(f"{HEADING}{ROW}ino:7 sk:ffff88003a3d8000", "cookie") == [(None,)]


@pytest.mark.parametrize(
    ("word", "columns"),
    [
        ("cgroup:/system.slice/nginx.service", ("/system.slice/nginx.service", None)),
        ("cgroup:unreachable:1f", (None, 31)),
    ],
)
def test_a_control_group_is_a_path_or_a_number(word: str, columns: tuple[Any, ...]) -> None:
    """ss prints the number where it cannot find the path, as in another mount namespace."""
    assert rows_of(HEADING + ROW + word, "cgroup", "cgroup_id") == [columns]


INFO = (
    "\t skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d0) ts sack cubic wscale:9,7 rto:212 backoff:1 rtt:9.204/1.843 "
    "ato:40 mss:1448 cwnd:10 bytes_acked:142546 bytes_received:404119 segs_out:359 segs_in:513 send 12.6Mbps "
    "lastsnd:370012 lastrcv:369996 lastack:369872 pacing_rate 25.2Mbps unacked:2 retrans:1/4 lost:1 rcv_space:28960 "
    "notsent:5 minrtt:8.1\n"
)


@pytest.mark.parametrize("between", ["\n", " ", "\n\n"])
def test_tcp_info_stands_on_the_next_line_or_on_the_rows_own(between: str) -> None:
    """ss -i breaks the line, ss -iO does not, and a paste doubles the newlines."""
    text = HEADING + ROW + between + INFO

    (row,) = look_at(text).sockets.to_dicts()

    assert {name: value for name, value in row.items() if value is not None and name not in ENDS} == {
        "protocol": "tcp", "state": "CLOSE_WAIT", "recv_queue_bytes": 1, "send_queue_bytes": 0,
        "age_low_s": row["age_low_s"], "age_high_s": row["age_high_s"],
        "send_window_scale": 9, "receive_window_scale": 7, "rto_us": 212000, "backoff": 1, "rtt_us": 9204,
        "rtt_variation_us": 1843, "send_mss_bytes": 1448, "congestion_window_segments": 10, "bytes_acked": 142546,
        "bytes_received": 404119, "segments_out": 359, "segments_in": 513, "last_sent_ms": 370012,
        "last_received_ms": 369996, "last_ack_ms": 369872, "unacked_segments": 2, "retransmitted_segments": 4,
        "lost_segments": 1, "bytes_not_sent": 5, "min_rtt_us": 8100,
    }  # fmt: skip


def test_a_counter_left_out_is_zero_where_this_version_knows_it() -> None:
    """ss prints no zero: `lost:` is missing on the second row, which has a tcp_info, and never seen is `delivered`."""
    text = HEADING + ROW + "\n" + INFO + ROW + "\n\t cubic rto:212 rtt:9/1 mss:1448 cwnd:10\n"

    assert rows_of(text, "lost_segments", "last_ack_ms", "bytes_sent") == [(1, 369872, None), (0, 0, None)]


def test_the_tcp_info_of_a_listener_says_nothing_of_a_connection() -> None:
    """`unacked` is its accept queue there; and the clocks of a socket still connecting count from boot."""
    text = """\
LISTEN     2      8                192.0.2.1:8080             0.0.0.0:*
\t cubic cwnd:10 unacked:2
SYN-SENT   0      1                192.0.2.2:40014          192.0.2.1:7777
\t cubic rto:1000 mss:524 cwnd:10 segs_out:1 lastsnd:832192 lastrcv:832192 lastack:832192 unacked:1
"""

    assert rows_of(text, "unacked_segments", "congestion_window_segments", "last_sent_ms", "segments_out") == [
        (None, None, None, None),
        (1, 10, None, 1),
    ]


def test_a_row_wrapped_before_its_peer_is_one_row() -> None:
    """Old versions broke the table between two columns when it was too wide, the heading as well."""
    text = """\
State     Recv-Q Send-Q Local Address:Port
                        Peer Address:Port
LISTEN     0     128    127.0.0.1:5939
                        *:*
CLOSE-WAIT 1     0      192.168.100.5:47352
                        198.51.100.95:https
                        users:(("firefox",pid=20586,
fd=118))
"""

    assert rows_of(text, "state", "remote_address", "remote_port", "process", "fd") == [
        ("LISTEN", "*", None, None, None),
        ("CLOSE_WAIT", "198.51.100.95", 443, "firefox", 118),
    ]


@pytest.mark.parametrize(
    "command", ["$ ss -tn state close-wait", "# ss -o state close-wait '( sport = :https )'", "ss state close-wait -t"]
)
def test_a_state_that_was_asked_for_is_only_in_the_command(command: str) -> None:
    """ss prints no State column when there is one state only."""
    text = f"""\
{command}
Recv-Q Send-Q      Local Address:Port       Peer Address:Port Process
6      0               192.0.2.1:443           192.0.2.2:40013
"""

    assert rows_of(text, "state", "recv_queue_bytes") == [("CLOSE_WAIT", 6)]


def test_without_the_command_a_listener_is_known_by_its_peer() -> None:
    """Other rows without State have a state nobody told."""
    text = """\
Netid Recv-Q Send-Q Local Address:Port     Peer Address:PortProcess
tcp   2      8          192.0.2.1:http-alt      0.0.0.0:*
tcp   0      0          192.0.2.1:http-alt    192.0.2.2:50123 timer:(keepalive,1min,0)
"""

    assert rows_of(text, "state", "accept_queue_conns", "recv_queue_bytes") == [("LISTEN", 2, None), (None, None, 0)]


OTHER_FAMILIES = """\
nl    UNCONN     0      0                     rtnl:kernel                     *               \tskmem:(r0,rb212992,t0)
u_str ESTAB      0      0      /run/systemd/journal/stdout 20141            * 20140 users:(("systemd",pid=1,fd=9))
p_raw UNCONN     0      0                        *:eth0                       *
udp   UNCONN     0      0                127.0.0.1:5353             0.0.0.0:*
udp   ESTAB      0      0                192.0.2.1:41207          192.0.2.1:53
mptcp ESTAB      0      0                192.0.2.1:41208          192.0.2.1:53
???   UNCONN     0      0                    *:ipv6-icmp                *:*
sctp  LISTEN     0      128              192.0.2.1:3868               *:*
       `- ESTAB  0      0           192.0.2.1%lo:3868         192.0.2.2:3868
"""


def test_other_families_are_passed_over_in_silence() -> None:
    """Their ESTAB and LISTEN are no TCP states, and their rows no faults."""
    heading = "Netid State      Recv-Q Send-Q       Local Address:Port        Peer Address:Port Process\n"
    look = look_at(heading + OTHER_FAMILIES + "tcp   " + ROW + "\n")

    assert look.states == {"CLOSE_WAIT": 1}
    assert look.sight.lines_not_understood == ()


@pytest.mark.parametrize(
    "text",
    [
        HEADING
        + "UNCONN 0      0          127.0.0.1:5353       0.0.0.0:*\nESTAB  0      0  192.0.2.1:4  192.0.2.1:53\n",
        "$ ss -un\n" + HEADING + "ESTAB  0      0          192.0.2.1:45281    192.0.2.1:53\n",
    ],
)
def test_a_table_of_udp_without_netid_has_no_tcp_rows(text: str) -> None:
    """Only the states in it, or the command above it, tell."""
    assert look_at(text).sockets.height == 0


def test_a_tcp_socket_listed_as_unconn_has_only_a_port() -> None:
    """`ss -B` (iproute2 6.8) lists sockets that are bound and no more; the kernel calls their state CLOSE."""
    text = (
        "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp   UNCONN 0 0 192.0.2.1:9999 0.0.0.0:*\n"
    )

    assert rows_of(text, "state", "local_port") == [("BOUND", 9999)]


def test_two_headings_are_two_looks() -> None:
    """Two moments of one host are never added up."""
    first, second = looks((HEADING + ROW + "\n" + HEADING + ROW + "\n" + ROW + "\n").encode(), "dump.txt")

    assert (first.sockets.height, second.sockets.height) == (1, 2)


def test_cut_rows_are_reported_and_give_no_row() -> None:
    """With the number of their line in the paste and what is wrong with them."""
    text = HEADING + "9.0.2:5432\n" + ROW + "\n" + "CLOSE-WAIT 1      0       10.0.0.1:443\n"
    look = look_at(text)

    assert look.sockets.height == 1
    assert [(line.line_no, line.text.strip()) for line in look.sight.lines_not_understood] == [
        (2, "9.0.2:5432"),
        (4, "CLOSE-WAIT 1      0       10.0.0.1:443"),
    ]


def test_a_prompt_behind_a_cut_row_is_not_its_peer() -> None:
    """`user@host:~/src$` has a colon, but is no end of a connection."""
    look = look_at(HEADING + ROW + "\nCLOSE-WAIT 1      0       10.0.0.1:443\nuser12@laptop:~/git/proj1$ \n")

    assert look.states == {"CLOSE_WAIT": 1}


def test_a_heading_without_rows_is_a_look_at_nothing() -> None:
    """`ss -tn state close-wait` on a healthy host prints just this."""
    assert look_at(HEADING).sockets.height == 0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([f'{ROW}users:(("java",pid=3,fd=4))'], True),
        ([f'{ROW}users:(("java",pid=3,fd=4))', "TIME-WAIT 0 0 10.0.0.1:443 10.0.0.2:1"], True),
        ([f'{ROW}users:(("java",pid=3,fd=4))', "ESTAB 0 0 10.0.0.1:22 10.0.0.2:1"], False),
        ([f'{ROW}users:(("java",pid=3,fd=4))', "ESTAB 0 0 10.0.0.1:22 10.0.0.2:1 ino:0 sk:1"], True),
        ([f'{ROW}users:(("java",pid=3,fd=4))', "ESTAB 0 0 10.0.0.1:22 10.0.0.2:1 ino:7 sk:1"], False),
        (['LISTEN 1 8 *:22 *:* users:(("sshd",pid=3,fd=4))', "ESTAB 0 0 10.0.0.1:22 10.0.0.2:1"], True),
        (['LISTEN 0 8 *:22 *:* users:(("sshd",pid=3,fd=4))', "ESTAB 0 0 10.0.0.1:22 10.0.0.2:1"], False),
        ([ROW], None),
    ],
)
def test_a_holder_that_is_not_shown_is_told_from_one_that_does_not_exist(rows: list[str], told: bool | None) -> None:
    """TIME_WAIT has none, an accept queue explains some, an inode of 0 others; what is left is hidden."""
    sight = look_at(HEADING + "\n".join(rows)).sight

    assert sight.owners_told is told
    assert bool(sight.caveats) is (told is False)


@pytest.mark.parametrize(
    ("command", "told"), [("$ ss -tanp", False), ("[root@web1 ~]# ss -tanp", True), ("$ sudo ss -tanp", True)]
)
def test_the_command_line_says_whether_holders_could_be_seen(command: str, told: bool) -> None:
    """A dump by root in which nobody holds a socket says so; a user's dump says nothing."""
    assert look_at(f"{command}\n{HEADING}{ROW}\n").sight.owners_told is told
