from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = "USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS      \n"


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("row", "user", "process", "pid", "fd"),
    [
        ("root     sshd       1570  4  tcp4   *:22                  *:*", "root", "sshd", 1570, 4),
        ("root     sshd       1570  4  tcp4   *:22                  *:*                  ", "root", "sshd", 1570, 4),
        ("mila     Web Conten 2210  44 tcp4   10.0.0.1:5  10.0.0.2:6", "mila", "Web Conten", 2210, 44),
        ("mila     a 1 2      2210  44 tcp46  10.0.0.1:5  10.0.0.2:6", "mila", "a 1 2", 2210, 44),
        ("averylongname java 3951 123tcp46 *:4243 *:*", "averylongname", "java", 3951, 123),
        ("user01   tor                  15843    tcp4   127.0.0.1:9050   *:*   LISTEN", "user01", "tor", 15843, None),
        ("?        ?          ?     ?  tcp4   10.0.0.1:22  10.0.0.2:6", None, None, None, None),
        ("??   ??            ?? ?? tcp4  10.0.0.1:22 10.0.0.2:6", None, None, None, None),
    ],
)
def test_the_holder_stands_before_the_protocol(
    row: str, user: str | None, process: str | None, pid: int | None, fd: int | None
) -> None:
    """Names hold blanks and push the columns; question marks are nobody; the program for Linux has no descriptor."""
    assert rows_of(row, "user", "process", "pid", "fd") == [(user, process, pid, fd)]


def test_users_may_be_numbers() -> None:
    """With -n the user is a number."""
    assert rows_of("1001 sshd 1570 4 tcp4 *:22 *:*", "uid", "user") == [(1001, None)]


@pytest.mark.parametrize(
    ("ends", "local", "remote"),
    [
        ("10.0.0.1:22 10.0.0.2:53226", ("10.0.0.1", 22), ("10.0.0.2", 53226)),
        ("*:22 *:*", ("*", 22), ("*", None)),
        ("::1:853 2001:db8::2:40010", ("::1", 853), ("2001:db8::2", 40010)),
        ("::ffff:10.0.0.1:22 ::ffff:10.0.0.2:6", ("::ffff:10.0.0.1", 22), ("::ffff:10.0.0.2", 6)),
        ("fe80::1%em0.7:22 fe80::2%em0.7:6", ("fe80::1", 22), ("fe80::2", 6)),
        ("127.0.0.1.25 *.*", ("127.0.0.1", 25), ("*", None)),
        ("::1.65532 2001:db8::9.22", ("::1", 65532), ("2001:db8::9", 22)),
    ],
)
def test_the_port_stands_behind_a_colon_or_a_dot(
    ends: str, local: tuple[str, int], remote: tuple[str, int | None]
) -> None:
    """FreeBSD writes a colon behind addresses without brackets, NetBSD a dot."""
    row = f"root sshd 1570 4 tcp6 {ends}"

    assert rows_of(row, "local_address", "local_port", "remote_address", "remote_port") == [(*local, *remote)]


@pytest.mark.parametrize(
    ("more", "remote", "state"),
    [
        ("", "10.0.0.2:6", None),
        ("", "*:*", "LISTEN"),
        ("                   CLOSE_WAIT", "10.0.0.2:6", "CLOSE_WAIT"),
        (" ?? FIN_WAIT_2  freebsd cubic", "10.0.0.2:6", "FIN_WAIT_2"),
        (" 0 7711 SYN_RCVD", "10.0.0.2:6", "SYN_RECEIVED"),
        (" ?? CLOSED freebsd cubic", "*:*", "CLOSED"),
    ],
)
def test_a_state_is_told_with_s_only(more: str, remote: str, state: str | None) -> None:
    """Without one, only a socket that any end may connect to is known to listen."""
    assert rows_of(f"root sshd 1570 4 tcp4 10.0.0.1:22 {remote}{more}", "state") == [(state,)]


def test_sockets_of_other_kinds_are_passed_over() -> None:
    """udp, sctp and unix rows stand in the same output."""
    look = look_at(
        HEADING
        + "root     syslogd    1305  7  udp4   *:514                 *:*\n"
        + "root     devd       900   4  stream /var/run/devd.pipe\n"
        + "root     devd       900   5  stream -> /var/run/x\n"
        + "root     sshd       1570  4  tcp4   *:22                  *:*\n"
    )

    assert look.sockets["process"].to_list() == ["sshd"]
    assert look.sight.lines_not_understood == ()


def test_what_is_cut_is_cited() -> None:
    """A row whose foreign address is cut off gives no row."""
    look = look_at(
        f"{HEADING}root sshd 1 4 tcp4 *:22 *:*\nroot sshd 2 4 tcp4 10.0.0.1:22\nroot sshd 3 4 tcp4 10.0.0.1:2 10\n"
    )

    assert look.sockets["pid"].to_list() == [1]
    assert [line.line_no for line in look.sight.lines_not_understood] == [3, 4]


def test_a_listener_without_a_holder_is_hidden() -> None:
    """Nobody may see other users' processes where the system forbids it."""
    look = look_at(f"{HEADING}? ? ? ? tcp4 *:22 *:*\nroot sshd 1 4 tcp4 *:23 *:*\n")

    assert look.sight.owners_told is False
    assert look.sight.owners_hidden == 1


PORTS = st.integers(1, 65535)
USERS = st.from_regex(r"[a-z_][a-z0-9_-]{0,16}", fullmatch=True)
COMMANDS = st.from_regex(r"[A-Za-z(][A-Za-z0-9:/.-]{0,5}( [A-Za-z]{1,3})?", fullmatch=True)
SOCKETS = st.tuples(
    USERS, COMMANDS, st.integers(1, 99999), st.integers(0, 9999), st.ip_addresses().map(str), PORTS,
    st.ip_addresses().map(str), PORTS,
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=30), state=st.sampled_from(["", "CLOSE_WAIT", "ESTABLISHED"]))
def test_reading_what_sockstat_prints_gives_it_back(sockets: list[tuple[Any, ...]], state: str) -> None:
    """Rows printed as FreeBSD prints them, each column at least at its place, are read as what they were made of."""

    def printed(user: str, command: str, pid: int, fd: int, *ends: Any) -> str:
        row = ""
        for at, column in ((9, user), (20, command), (26, f"{pid:5}")):
            row = f"{row}{column} ".ljust(at)
        row = f"{row}{fd:<3}".ljust(30) + "tcp4 "
        return f"{row.ljust(37)}{ends[0]}:{ends[1]}".ljust(59) + f" {ends[2]}:{ends[3]}".ljust(22) + f" {state}"

    text = HEADING + "".join(f"{printed(*socket)}\n" for socket in sockets)

    assert rows_of(
        text, "user", "process", "pid", "fd", "local_address", "local_port", "remote_address", "remote_port", "state"
    ) == [(*socket, state or None) for socket in sockets]
