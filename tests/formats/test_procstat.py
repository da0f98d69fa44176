from typing import Any

import pytest

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = "  PID COMM               FD T V FLAGS    REF  OFFSET PRO NAME\n"


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("row", "process", "pid", "fd", "received", "sent"),
    [
        (" 3561 tor   4 s - rw---n--   2       0 TCP 10.0.0.2:9050 10.0.0.1:22370", "tor", 3561, 4, None, None),
        (" 3561 tor   4 s - rw---n---   2       0 TCP 10.0.0.2:9050 10.0.0.1:22370", "tor", 3561, 4, None, None),
        (" 3561 tor   4 s - rw---n--   1       0 TCP 7 517 10.0.0.2:9050 10.0.0.1:22370", "tor", 3561, 4, 517, 7),
        (" 2210 Web Content 44 s - rw------ - - TCP 0 0 10.0.0.2:1 10.0.0.1:2", "Web Content", 2210, 44, 0, 0),
        (" 2210 sh 44 s rw---n-- rd,wr,sh TCP 10.0.0.2:1 10.0.0.1:2", "sh", 2210, 44, None, None),
    ],
)
def test_the_protocol_stands_behind_the_offset(
    row: str, process: str, pid: int, fd: int, received: int | None, sent: int | None
) -> None:
    """Flags of two widths, queues without a heading, names with blanks, capabilities in place of V to OFFSET."""
    assert rows_of(row, "process", "pid", "fd", "recv_queue_bytes", "send_queue_bytes") == [
        (process, pid, fd, received, sent)
    ]


@pytest.mark.parametrize(
    ("name", "protocol", "local", "remote", "state"),
    [
        ("10.0.0.2:9050 0.0.0.0:0", "tcp", ("10.0.0.2", 9050), ("0.0.0.0", None), "LISTEN"),
        ("::.9050 ::.0", "tcp6", ("::", 9050), ("::", None), "LISTEN"),
        ("2001:db8::2.33734 2001:db8::7.443", "tcp6", ("2001:db8::2", 33734), ("2001:db8::7", 443), None),
        ("::ffff:10.0.0.1.22 ::ffff:10.0.0.2.6", "tcp6", ("::ffff:10.0.0.1", 22), ("::ffff:10.0.0.2", 6), None),
    ],
)
def test_ipv6_has_a_dot_before_the_port(
    name: str, protocol: str, local: tuple[str, int], remote: tuple[str, int | None], state: str | None
) -> None:
    """No state is told; a foreign end of zeros listens."""
    row = f" 3561 tor  4 s - rw---n--   2       0 TCP {name}"

    assert rows_of(row, "protocol", "local_address", "local_port", "remote_address", "remote_port", "state") == [
        (protocol, *local, *remote, state)
    ]


def test_other_files_and_protocols_are_passed_over() -> None:
    """A file's path may say TCP."""
    look = look_at(
        HEADING
        + " 3561 tor              text v r r-------   -       - -   /usr/local/bin/TCP 10.0.0.1:1\n"
        + " 3561 tor                 0 v c rw------   3       0 -   /dev/null\n"
        + " 3561 tor                 3 k - rw------   1       0 -   -\n"
        + " 3561 tor                 7 s - rw---n--   2       0 UDP 10.0.0.2:53 0.0.0.0:0\n"
        + " 3561 tor                 8 s - rw---n--   2       0 TCP 10.0.0.2:9051 0.0.0.0:0\n"
    )

    assert look.sockets["fd"].to_list() == [8]
    assert look.sight.lines_not_understood == ()


def test_what_is_cut_is_cited() -> None:
    """A row without its foreign end gives no row."""
    row = " 3561 tor  8 s - rw---n--   2       0 TCP 10.0.0.2:9051 0.0.0.0:0\n"
    look = look_at(f"{HEADING}{row}{row[:-12]}\n{row[:42]}\n")

    assert look.sockets.height == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [3, 4]
