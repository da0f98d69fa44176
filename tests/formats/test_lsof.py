from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot
from closewait.tcp.spellings import canonical

HEADING = "COMMAND     PID   USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME\n"
HOLDER = ("process", "pid", "fd", "inode", "user", "uid")
ENDS = ("local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service")


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("row", "process", "pid", "fd", "inode", "user", "uid"),
    [
        ("java 12 root 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 5921, "root", None),
        ("gvfsd-htt 12 mila 9r IPv4 5921 0t0 TCP *:80 (LISTEN)", "gvfsd-htt", 12, 9, 5921, "mila", None),
        ("java 12 root 7uW IPv6 5921 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 5921, "root", None),
        ("java 12 34 GC#1 root 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 5921, "root", None),
        ("java 12 10 9 0 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 5921, None, 0),
        ("Google Ch 12 mila 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "Google Ch", 12, 7, 5921, "mila", None),
        ("java 12 root 7u IPv4 RW,CX 5921 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 5921, "root", None),
        ("java 12 root 7u IPv4 5921 TCP *:80 (LISTEN)", "java", 12, 7, 5921, "root", None),
        ("java 12 root *321u IPv4 5921 0t0 TCP *:80 (LISTEN)", "java", 12, None, 5921, "root", None),
        ("java 12 root 7u IPv4 0x3ab0a0 0t0 TCP *:80 (LISTEN)", "java", 12, 7, 0x3AB0A0, "root", None),
        ("java 12 root 7u IPv4 0xffffff8012345678 0t0 TCP *:80 (LISTEN)", "java", 12, 7, None, "root", None),
        ("tcpserver 12 root 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "tcpserver", 12, 7, 5921, "root", None),
    ],
)
def test_columns_are_found_whatever_options_add(
    row: str, process: str, pid: int, fd: int | None, inode: int | None, user: str | None, uid: int | None
) -> None:
    """Threads, parents, file flags, missing sizes, kernel addresses and names with blanks stand in no reader's way."""
    assert rows_of(row, *HOLDER) == [(process, pid, fd, inode, user, uid)]


@pytest.mark.parametrize(
    ("name", "ends", "state"),
    [
        ("10.0.0.1:443->10.0.0.2:50123 (CLOSE_WAIT)", ("10.0.0.1", 443, None, "10.0.0.2", 50123, None), "CLOSE_WAIT"),
        ("[::1]:631->[::1]:40000 (FIN_WAIT2)", ("::1", 631, None, "::1", 40000, None), "FIN_WAIT_2"),
        ("*:http (LISTEN)", ("*", 80, "http", None, None, None), "LISTEN"),
        ("*:* (CLOSED)", ("*", None, None, None, None, None), "CLOSED"),
        ("*:sunrpc[portmapper] (LISTEN)", ("*", 111, "sunrpc", None, None, None), "LISTEN"),
        ("web-1.lan:http-alt->db:postgresql (SYN_RCVD)",
         ("web-1.lan", 8080, "http-alt", "db", 5432, "postgresql"), "SYN_RECEIVED"),
        ("[fe80::1%en0]:80->[fe80::2%en0]:81 (SYN_SENT)", ("fe80::1", 80, None, "fe80::2", 81, None), "SYN_SENT"),
        ("no PCB, CANTSENDMORE", (None, None, None, None, None, None), None),
    ],
)  # fmt: skip
def test_the_name_tells_both_ends_and_the_state(name: str, ends: tuple[Any, ...], state: str | None) -> None:
    """A listener has one end; registered programs, zones and host names are told apart from ports."""
    assert rows_of(f"java 12 root 7u IPv4 5921 0t0 TCP {name}", *ENDS, "state") == [(*ends, state)]


def test_a_listeners_queue_counts_connections() -> None:
    """With -Tqs, QR is bytes, except on a listener; lsof tells no limit."""
    text = (
        "java 12 root 6u IPv4 1 0t0 TCP *:80 (LISTEN QR=2 QS=0)\n"
        "java 12 root 7u IPv4 2 0t0 TCP 10.0.0.1:80->10.0.0.2:50 (CLOSE_WAIT QR=201 QS=5)\n"
    )

    assert rows_of(text, "accept_queue_conns", "accept_queue_limit", "recv_queue_bytes", "send_queue_bytes") == [
        (2, None, None, None),
        (None, None, 201, 5),
    ]


def test_ipv6_is_told_by_the_type() -> None:
    """An IPv4 connection of an IPv6 socket is shown with plain IPv4 addresses."""
    text = "java 12 root 7u IPv6 1 0t0 TCP 10.0.0.1:80->10.0.0.2:50 (ESTABLISHED)"

    assert rows_of(text, "protocol", "local_address") == [("tcp6", "10.0.0.1")]


@pytest.mark.parametrize(
    ("row", "system"),
    [
        ("java 12 root 7u IPv4 5921 0t0 TCP *:80 (LISTEN)", "Linux"),
        ("java 12 root 7u sock 0,9 0t0 5921 protocol: TCP", "Linux"),
        ("java 12 root 7u IPv4 0x3ab0a0 0t0 TCP *:80 (LISTEN)", None),
    ],
)
def test_an_inode_tells_the_system(row: str, system: str | None) -> None:
    """Only Linux has the inode where others have an address of the kernel's."""
    assert look_at(row).system == system


def test_other_files_and_protocols_are_passed_over() -> None:
    """A path may say TCP and end with a parenthesis; UDP may have two ends."""
    look = look_at(
        HEADING
        + "java 12 root cwd DIR 8,1 4096 2 /srv/TCP (deleted)\n"
        + "java 12 root 3u IPv4 7 0t0 UDP 127.0.0.1:39624->127.0.0.1:53\n"
        + "java 12 root 4u unix 0xffff880221f98c00 0t0 10974 /run/x type=STREAM\n"
        + "java 12 root 5u sock 0,9 0t0 10975 protocol: UDP\n"
    )

    assert look.sockets.is_empty()
    assert look.sight.lines_not_understood == ()


def test_a_socket_in_no_table_is_a_row_without_ends() -> None:
    """`protocol: TCP` is a TCP socket whose connection is gone, or never was: only its holder is told."""
    text = "java 12 root 7u sock 0,9 0t0 3578382 protocol: TCP\njava 12 root 8u sock 0,9 0t0 3578383 protocol: TCPv6\n"

    assert rows_of(text, "protocol", "fd", "inode", "state", "local_address") == [
        ("tcp", 7, 3578382, None, None),
        ("tcp6", 8, 3578383, None, None),
    ]


def test_sockets_of_unknown_kind_are_counted_by_process() -> None:
    """Old systems cannot say what such a socket is: it is no row, and not forgotten either."""
    rows = "".join(f"java 12 root {fd}u sock 0,6 0t0 {fd} can't identify protocol\n" for fd in range(4, 9))
    look = look_at(f"{rows}nginx 30 www 9u sock 0,6 0t0 99 can't identify protocol\n")

    assert look.sockets.is_empty()
    assert look.sight.caveats[0].startswith("Of 6 sockets lsof could not tell the protocol (java[12] 5, nginx[30] 1)")


def test_dead_descriptors_are_counted_once_for_each_process() -> None:
    """Without a protocol, without a table, or CLOSED; with -K a descriptor is told for each thread."""
    look = look_at(
        "java 12 root 4u sock 0,9 0t0 100 protocol: TCP\n"
        "java 12 root 4u sock 0,9 0t0 100 protocol: TCP\n"
        "java 12 root 5u sock 0,9 0t0 101 can't identify protocol\n"
        "java 12 root 6u sock 0,9 0t0 102 protocol: UDP\n"
        "java 12 root 7u IPv4 2 0t0 TCP 10.0.0.1:80->10.0.0.2:50 (CLOSE_WAIT)\n"
        "ruby 30 www 9u IPv4 0x6d1f5a0b 0t0 TCP 10.0.0.1:81->10.0.0.2:50 (CLOSED)\n"
    )

    assert look.processes.select("pid", "process", "dead_descriptors").rows() == [(12, "java", 2), (30, "ruby", 1)]


def test_a_repeated_listing_is_a_look_each_time() -> None:
    """In repeat mode a line of = parts the moments, with or without the time in it."""
    row = "java 12 root 7u IPv4 2 0t0 TCP 10.0.0.1:80->10.0.0.2:50 (CLOSE_WAIT)\n"
    seen = looks(f"{HEADING}{row}=======\n{row}{row}====13:20:08====\n".encode(), "dump.txt")

    assert [look.sockets.height for look in seen] == [1, 2]


def test_what_is_cut_is_cited() -> None:
    """A row without its end or its beginning gives no row, and no wrong port."""
    look = look_at(
        "Pv4 0x3ab0a036b898b4bf 0t0 TCP 10.0.0.1:49380->10.0.0.2:993 (ESTABLISHED)\n"
        "Mail 2414 mila 58u IPv4 0x3ab0a036b897325f 0t0 TCP 10.0.0.1:49382->10.0.0.2:993 (ESTABLISHED)\n"
        "Mail 2414 mila 60u IPv4 0x3ab0a036b8973\n"
        "Mail 2414 mila 62u IPv4 0x3ab0a036b897325f 0t0 TCP 10.0.0.1:49382->10.0.0.2:9\n"
    )

    assert look.sockets["fd"].to_list() == [58]
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 3, 4]


def test_lsof_says_what_it_does_not_list() -> None:
    """A dump of lsof can never show a connection that nobody has accepted."""
    look = look_at("java 12 root 7u IPv4 5921 0t0 TCP *:80 (LISTEN)")

    assert look.sight.owners_told is True
    assert "accept queue" in look.sight.caveats[0]


PORTS = st.integers(1, 65535)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.+-]{0,8}", fullmatch=True)
SOCKETS = st.tuples(
    WORDS, st.integers(1, 4194304), WORDS, st.integers(0, 65535), st.integers(1, 2**40), st.ip_addresses().map(str),
    PORTS, st.ip_addresses().map(str), PORTS, st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "LAST_ACK"]),
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=30), heading=st.sampled_from(["", HEADING]))
def test_reading_what_lsof_prints_gives_it_back(sockets: list[tuple[Any, ...]], heading: str) -> None:
    """Rows printed as lsof prints them are read as the sockets they were printed from, repetitions and all."""

    def end(address: str, port: int) -> str:
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    text = heading + "".join(
        f"{process:<9} {pid:>7} {user:>8} {f'{fd}u':>6}  IPv4 {inode:>8}      0t0  TCP "
        f"{end(local, lport)}->{end(remote, rport)} ({state})\n"
        for process, pid, user, fd, inode, local, lport, remote, rport, state in sockets
    )

    assert rows_of(
        text, "process", "pid", "user", "fd", "inode", "local_address", "local_port", "remote_address", "remote_port",
        "state",
    ) == [(*socket[:-1], canonical(socket[-1])) for socket in sockets]  # fmt: skip
