"""A log read in pieces gives the looks that it gives whole, whatever the pieces."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import FORMATS, looks_in_blocks, read
from closewait.formats.format import Reading, TextFormat
from closewait.formats.stream import streamed

TEXT_FORMATS = [format for format in FORMATS if isinstance(format, TextFormat)]
TITLE = "Active Internet connections (servers and established)\n"
HEADING = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n"
NETSTAT = TITLE + HEADING
SS = "State      Recv-Q Send-Q Local Address:Port   Peer Address:Port\n"
WINDOWS = "\n  Proto  Lokale Adresse         Remoteadresse          Status           PID\n"


def row(port: int) -> str:
    """A connection as netstat shows it."""
    return f"tcp        0      0 10.0.0.1:443            10.0.0.2:{port:<14} CLOSE_WAIT  12/java\n"


def dump(kind: str, rows: int, minute: int) -> str:
    """What a minute's entry of a log holds."""
    stamp = f"2026-11-22 10:{minute:02}:00\n"
    match kind:
        case "netstat":
            return stamp + NETSTAT + "".join(row(50000 + n) for n in range(rows))
        case "cut":
            return stamp + NETSTAT + "".join(row(50000 + n) for n in range(rows)) + "tcp        0      0 10.0.0.1:4\n"
        case "ss":
            return f"$ ss -tan\n{SS}" + "".join(f"ESTAB 0 0 10.0.0.1:22 10.0.0.2:{50000 + n}\n" for n in range(rows))
        case "windows":
            ends = (
                f"  TCP    10.0.0.1:445           10.0.0.2:{50000 + n}         ABHÖREN     4\n" for n in range(rows)
            )
            return stamp + WINDOWS + "".join(ends)
        case _:
            return f"{stamp}nothing to see\n"


KINDS = st.sampled_from(["netstat", "netstat", "ss", "cut", "windows", "noise"])
LOGS = st.lists(st.tuples(KINDS, st.integers(1, 20)), min_size=2, max_size=8).map(
    lambda entries: "".join(dump(kind, rows, minute) for minute, (kind, rows) in enumerate(entries))
)


def in_blocks(data: bytes, size: int) -> Iterator[bytes]:
    """Bytes in pieces of one size."""
    yield from (data[begin : begin + size] for begin in range(0, len(data), size))


def as_told(readings: "list[Reading]") -> list[tuple[Any, ...]]:
    """What a reading says, to be compared."""
    return [
        (
            reading.format,
            reading.taken_at_unix_s,
            reading.command,
            reading.lines_not_understood,
            reading.caveats,
            [[*column] for column in reading.columns.values()],
        )
        for reading in readings
    ]


@settings(max_examples=40, deadline=None)
@given(LOGS, st.sampled_from([1, 7, 100, 1000, 1 << 20]), st.sampled_from([1, 200, 3000]), st.booleans())
def test_pieces_of_any_size_give_the_same_looks(text: str, size: int, held: int, marked: bool) -> None:
    """In UTF-8 and in UTF-16, with line numbers of the whole log."""
    for encoding in ("utf-8-sig" if marked else "utf-8", "utf-16" if marked else "utf-16-le", "cp850"):
        data = text.replace("\n", "\r\n" if marked else "\n").encode(encoding)
        try:
            whole = read(data, name="log.txt")
        except BadInput:
            continue

        assert as_told(list(streamed(in_blocks(data, size), "log.txt", TEXT_FORMATS, held=held))) == as_told(whole)


def test_a_dump_larger_than_what_is_held_is_one_look() -> None:
    """It is waited for."""
    text = NETSTAT + "".join(row(port) for port in range(1024, 3024)) + NETSTAT + row(50000)
    found = streamed(in_blocks(text.encode(), 4096), "log.txt", TEXT_FORMATS, held=8192)

    assert [len(reading.columns["state"]) for reading in found] == [2000, 1]


def test_looks_are_given_before_all_is_read() -> None:
    """Two dumps in, the first is out."""
    given_out = 0

    def endless() -> Iterator[bytes]:
        nonlocal given_out
        while True:
            given_out += 1
            yield (NETSTAT + row(50000) * 100).encode()

    found = streamed(endless(), "log.txt", TEXT_FORMATS, held=20_000)
    next(found)

    assert given_out < 10


def test_noise_is_not_held() -> None:
    """A program's log before the dumps is let go, and the dump behind it found at its line."""
    noise = (b"nothing to see here\n" * 1000 for _ in range(20))
    cut = "tcp        0      0 10.0.0.1:4\n"
    *_, last = streamed([*noise, (NETSTAT + row(50000) + cut).encode()], "log.txt", TEXT_FORMATS, held=50_000)

    assert last.lines_not_understood[0].line_no == 20_004


@pytest.mark.parametrize("data", [b"", b"hello\n", b"hello\n" * 10_000, b"\xff\xfe" + "hello\n".encode("utf-16-le")])
def test_what_is_no_dump_gets_one_clear_error(data: bytes) -> None:
    """When all of it was read."""
    with pytest.raises(BadInput, match="is not a socket dump"):
        list(looks_in_blocks(in_blocks(data, 1000), "log.txt"))
