"""Rows read together are the rows read one by one."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import (
    cisco_tcp_brief,
    netstat_bsd,
    netstat_linux,
    netstat_solaris,
    netstat_windows,
    proc_net_tcp,
    ss_text,
)
from closewait.formats.paste import Paste, command
from closewait.formats.rows import ENDPOINT, NUMBER, Layout, Part, Rows, read_rows

LAYOUT = Layout(
    "kind [count] from to [note]",
    {
        "kind": Part(r"a|b"),
        "count": Part(NUMBER),
        "from": Part(ENDPOINT),
        "to": Part(ENDPOINT),
        "note": Part(r"\S+(?: \S+)*"),
    },
    begins=r"a|b",
)

WORDS = st.sampled_from([
    "a", "b", "tcp", "tcp6", "TCP", "LISTEN", "ESTABLISHED", "CLOSE_WAIT", "ESTAB", "0", "1", "4121", "-", "12/java",
    "7/sshd: root", "sshd:", "off (0.00/0/0)", "keepalive (12.50/0/2)", "10.0.0.1:22", "[::1]:443", "*:*", ":::80",
    "0.0.0.0:0", "[my host]:9", "1:", "0100007F:0035", "0A", "x:http", "<-", "Ä:1", "InHost",
    'users:(("a b",pid=1,fd=2))', "tcp4", "*.*", "192.0.2.1.22", "::1.22", "a.b:1", "f1000e0000180bb8", "1/2/3",
])  # fmt: skip
LINES = st.lists(WORDS, max_size=9).flatmap(
    lambda words: st.lists(st.sampled_from([" ", "  "]), min_size=len(words), max_size=len(words)).map(
        lambda gaps: "".join(gap + word for gap, word in zip(gaps, words, strict=True))
    )
)


def told(rows: Rows) -> list[tuple[str | None, ...]]:
    """The text of each column of each row."""
    return [tuple(rows.coded(name)[row] for name in rows.columns) for row in range(len(rows))]


@pytest.mark.parametrize(
    "layout",
    [
        LAYOUT,
        netstat_linux.ROW,
        netstat_windows.ROW,
        netstat_bsd.ROW,
        netstat_bsd.QUEUE_ROW,
        netstat_solaris.ROW,
        cisco_tcp_brief.IOS,
        proc_net_tcp.ROWS,
        ss_text.WITH_STATE,
    ],
    ids=lambda layout: " ".join(layout.parts),
)
@settings(deadline=None, max_examples=60)
@given(lines=st.lists(LINES, min_size=1, max_size=6))
def test_reading_together_equals_reading_alone(layout: Layout, lines: list[str]) -> None:
    """Whatever the lines and their mixture, a line gives the same columns alone and among a hundred others."""
    alone = [told(read_rows(Paste.of(line), layout)) for line in lines]

    assert told(read_rows(Paste.of("\n".join(lines * 20)), layout)) == [row for rows in alone for row in rows] * 20


def test_rows_of_two_shapes_with_equally_many_words_are_both_read() -> None:
    """`12/a b` without a timer has as many words as `12/a` with one has: the columns decide, not their number."""
    row = "tcp 0 0 10.0.0.1:80 10.0.0.2:5000 ESTABLISHED "
    text = "\n".join([row + "12/a b", row + "12/a", row + "- off (0.00/0/0)", row + "12/a on (1.00/2/0)"] * 50)
    rows = read_rows(Paste.of(text), netstat_linux.ROW)

    assert [(rows.coded("owner")[row], rows.coded("timer")[row]) for row in range(4)] == [
        ("12/a b", None),
        ("12/a", None),
        ("-", "off (0.00/0/0)"),
        ("12/a", "on (1.00/2/0)"),
    ]
    assert len(rows) == 200


@pytest.mark.parametrize(
    "text",
    [
        "tcp 0 0 10.0.0.1:80 10.0.0.2:5000 CLOSE_WAIT 12/java\n" * 100_000,
        "tcp 0 0 " + ":" * 300_000,
        "tcp 0 0 a:1 b:2 CLOSE_WAIT 1/" + "x " * 300_000 + "(1.0/",
        "TCP " + "[" * 300_000,
        "TCP 1:1 1:1 " + "A " * 300_000,
        " [" + "a" * 300_000 + "](",
        "$" * 300_000 + "netstat",
        "> " * 300_000,
        "<" * 300_000,
        "\n".join("tcp " + "0 " * words for words in range(1000)),
        "".join(f"tcp {'0 ' * (line % 7)}a:{line} b:2 CLOSE_WAIT {line}/x\n" for line in range(50_000)),
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_long_input_takes_time_in_proportion(text: str) -> None:
    """No text makes a reader think for long: 100,000 lines, and lines of 600,000 characters, are read in seconds."""
    began = time.process_time()
    paste = Paste.of(text)
    for format in (netstat_linux.FORMAT, netstat_windows.FORMAT):
        format.recognises(paste[:10])
        format.read(paste)
    for line in paste[:10]:
        command(line)

    assert time.process_time() - began < 20
