import gzip
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks

ROW = "tcp        0      0 10.0.0.1:443            10.0.0.2:50123          ESTABLISHED 12/java\n"
GZIPPED = gzip.compress(ROW.encode(), mtime=0)  # without a date: every process that collects the tests names them alike
TITLE = "Active Internet connections (servers and established)\n"
HEADING = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n"
SS = "State      Recv-Q Send-Q Local Address:Port   Peer Address:Port\nESTAB 0 0 10.0.0.1:22 10.0.0.2:50124\n"
WINDOWS = "  TCP    10.0.0.1:445           10.0.0.2:50125         ESTABLISHED     4\n"


def found(text: str) -> list[tuple[str, int]]:
    """The format and the number of rows of each look in a text."""
    return [(look.format, look.sight.rows) for look in looks(text.encode(), "paste.txt")]


@pytest.mark.parametrize(
    ("text", "rows_per_look"),
    [
        (TITLE + HEADING + ROW * 3, [3]),
        (ROW * 3, [3]),
        (HEADING + ROW + HEADING + ROW * 2, [1, 2]),
        (f"$ netstat -antp\n{TITLE}{HEADING}{ROW}\n$ netstat -antp\n{TITLE}{HEADING}{ROW}{ROW}", [1, 2]),
        (f"# host-1\n# netstat -antp | grep 443\n{ROW}# host-2\n# netstat -antp | grep 443\n{ROW}", [1, 1]),
        (f"It hangs:\n```\n{ROW}{ROW}```\nlater\n```\n{ROW}```\n", [2, 1]),
        (f"netstat -antp\n```\n\n```response\n{HEADING}{ROW}```\n", [1]),
        (f"{ROW}\n\n{ROW}", [2]),
        (f"{ROW}... 300 more ...\n{ROW}", [2]),
        (f"> {ROW}> {ROW}", [2]),
        (HEADING, [0]),
        (f"{HEADING}\n{HEADING}{ROW}", [1]),
        (("prose " * 9 + "\n") * 100 + ROW, [1]),
    ],
    ids=lambda value: None if isinstance(value, list) else repr(value[:30]),
)
def test_moments_and_hosts_are_separate_looks(text: str, rows_per_look: list[int]) -> None:
    """A command, a title, a heading or a fence may begin a new dump; blank lines and remarks do not."""
    assert found(text) == [("netstat_linux", rows) for rows in rows_per_look]


def test_two_tools_in_one_paste_are_two_looks() -> None:
    """Each part is read by the format that knows most of its lines."""
    text = f"$ netstat -antp\n{HEADING}{ROW}\n$ ss -tan\n{SS}\nOn the other side:\nC:\\>netstat -ano\n{WINDOWS}"

    assert found(text) == [("netstat_linux", 1), ("ss_text", 1), ("netstat_windows", 1)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "x.bin is empty: a dump was expected."),
        (b" \n\t\n", "x.bin is empty: a dump was expected."),
        (b"Dear all, the server is slow today.\n", "x.bin is not a socket dump that closewait knows."),
        (GZIPPED, "x.bin is not a socket dump that closewait knows: it looks like a gzip file;"),
        (b"\xd4\xc3\xb2\xa1" + bytes(20), "x.bin is not a socket dump that closewait knows: it looks like a packet"),
    ],
)  # fmt: skip
def test_what_is_no_dump_is_one_clear_error(data: bytes, says: str) -> None:
    """The error names the file, what was expected, and what to do."""
    with pytest.raises(BadInput) as refusal:
        looks(data, "x.bin")

    assert str(refusal.value).startswith(says)
    assert "`netstat -an`" in str(refusal.value)
    assert refusal.value.exit_status == 4


PIECES = st.lists(
    st.sampled_from([ROW, TITLE, HEADING, SS, WINDOWS, "\n", "```\n", "> ", "# ", "$ ss\n", "tcp ", " [x]\n", "\\*"])
    | st.binary(max_size=20).map(lambda data: data.decode("latin-1"))
)  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(PIECES.map("".join), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_any_mixture_is_looks_or_bad_input(text: str, encoding: str) -> None:
    """No mixture of dumps, noise and encodings gives another exception, and every look's rows add up."""
    try:
        seen = looks(text.encode(encoding), "mixture")
    except BadInput:
        return

    assert all(look.sight.rows == look.sockets.height for look in seen)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
@example(b"\x00\x00\x00\x48\x14\x00")
@example(b'{"schema": "closewait/1", "looks": [{"sockets": [{}]}]}')
@example(b"tcp 0 0 :* :* LISTEN \xff/\xff")
def test_any_bytes_are_looks_or_bad_input(data: bytes) -> None:
    """Whatever the bytes are, there are looks or one clear error."""
    with suppress(BadInput):
        assert looks(data, "bytes")


def test_line_numbers_are_those_of_the_file() -> None:
    """What was not understood in a second dump is cited with its line in the whole file."""
    second = looks(f"{HEADING}{ROW}\n{HEADING}{ROW}tcp  0  0 cut:1\n".encode(), "x.txt")[1]

    assert [(line.line_no, line.text) for line in second.sight.lines_not_understood] == [(6, "tcp  0  0 cut:1")]
