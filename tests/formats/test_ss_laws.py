"""Laws of reading `ss` and /proc/net/tcp: what is printed is read back, whole, in pieces, and in any order."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks, proc_net_tcp, ss_text
from closewait.formats.format import Reading
from closewait.formats.paste import Paste
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import frame
from closewait.tcp.spellings import canonical

RECORDED = [
    file.read_text()
    for name in ("ss_text", "proc_net_tcp")
    for file in sorted(Path(__file__).parent.glob(f"golden/{name}/*.txt"))
]

PORTS = st.integers(1, 65535)
NAMES = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters='"\x7f\x85\xa0\xad'),
    min_size=1,
    max_size=15,
)
COUNTS = st.integers(0, 2**31)


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket with what ss may print of it."""

    state: str
    received: int
    sent: int
    local: str
    local_port: int
    remote: str
    remote_port: int
    holders: tuple[tuple[int, str, int], ...]
    inode: int
    uid: int
    cookie: int
    last_ack_ms: int
    rtt_us: int

    def printed(self, details: bool, info: str) -> str:
        """The row as iproute2 prints it, with -p, and with -e and -i where asked; `info` stands before the tcp_info."""
        local, remote = (f"[{address}]" if ":" in address else address for address in (self.local, self.remote))
        row = f"{self.state:<10} {self.received:<6} {self.sent:<6} "
        row += f"{local:>20}:{self.local_port:<5} {remote:>20}:{self.remote_port}"
        if self.holders:
            row += " users:(" + ",".join(f'("{name}",pid={pid},fd={fd})' for pid, name, fd in self.holders) + ")"
        if details:
            row += f"{f' uid:{self.uid}' if self.uid else ''} ino:{self.inode} sk:{self.cookie:x} <->"
        if info:
            lastack = f" lastack:{self.last_ack_ms}" if self.last_ack_ms else ""
            row += f"{info} cubic rto:204 rtt:{self.rtt_us / 1000:g}/1 mss:1448 cwnd:10{lastack} rcv_space:14480"
        return row


SOCKET = st.builds(
    Socket,
    state=st.sampled_from(["ESTAB", "CLOSE-WAIT", "FIN-WAIT-1", "LAST-ACK", "CLOSING"]),
    received=COUNTS,
    sent=COUNTS,
    local=st.ip_addresses().map(str),
    local_port=PORTS,
    remote=st.ip_addresses().map(str),
    remote_port=PORTS,
    holders=st.lists(st.tuples(st.integers(1, 4194304), NAMES, st.integers(0, 10**6)), max_size=3).map(
        lambda holders: tuple(
            sorted({(pid, fd): (pid, name, fd) for pid, name, fd in holders}.values(), key=lambda h: (h[0], h[2]))
        )
    ),
    inode=st.integers(1, 2**32 - 1),
    uid=st.integers(0, 2**32 - 1),
    cookie=st.integers(0, 2**63 - 1),
    last_ack_ms=st.integers(0, 2**32 - 1),
    rtt_us=st.integers(1, 999_999),
)


def rows_of(readings: Sequence[Reading], *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all readings, one after another."""
    return [row for reading in readings for row in frame(SOCKETS, reading.columns).select(columns).rows()]


ENDS = ("recv_queue_bytes", "send_queue_bytes", "local_address", "local_port", "remote_address", "remote_port")


@settings(deadline=None, max_examples=60)
@given(
    sockets=st.lists(SOCKET, min_size=1, max_size=40), details=st.booleans(), info=st.sampled_from(["", " ", "\n\t"])
)
def test_reading_what_ss_prints_gives_it_back(sockets: list[Socket], details: bool, info: str) -> None:
    """Every column of every row, and every holder, however many lines a row takes."""
    (reading,) = ss_text.read(Paste.of("".join(f"{socket.printed(details, info)}\n" for socket in sockets)))

    assert rows_of([reading], "state", *ENDS) == [
        (canonical(s.state), s.received, s.sent, s.local, s.local_port, s.remote, s.remote_port) for s in sockets
    ]
    assert rows_of([reading], "pid", "process", "fd") == [
        (s.holders[0][0], s.holders[0][1], s.holders[0][2]) if s.holders else (None, None, None) for s in sockets
    ]
    if reading.holders is not None:
        held = [(row, *holder) for row, socket in enumerate(sockets) for holder in socket.holders]
        columns = (reading.holders.socket, reading.holders.pid, reading.holders.process, reading.holders.fd)
        assert list(zip(*columns, strict=True)) == held
    else:
        assert all(len(socket.holders) < 2 for socket in sockets)
    if details:
        assert rows_of([reading], "inode", "uid", "cookie") == [(s.inode, s.uid, s.cookie) for s in sockets]
    if info:
        none_told = not any(socket.last_ack_ms for socket in sockets)
        assert rows_of([reading], "rtt_us", "last_ack_ms") == [
            (s.rtt_us, None if none_told else s.last_ack_ms) for s in sockets
        ]


@settings(deadline=None, max_examples=10)
@given(sockets=st.lists(SOCKET, min_size=17, max_size=30), info=st.sampled_from(["", " ", "\n\t"]))
def test_rows_read_together_are_rows_read_one_by_one(sockets: list[Socket], info: str) -> None:
    """Many alike rows take another way than single ones, to the same place."""
    columns = ("state", *ENDS, "pid", "process", "fd", "inode", "rtt_us")
    texts = [f"{socket.printed(True, info)}\n" for socket in sockets]
    alone = [reading for text in texts for reading in ss_text.read(Paste.of(text))]

    assert rows_of(ss_text.read(Paste.of("".join(texts))), *columns) == rows_of(alone, *columns)


@settings(deadline=None, max_examples=40)
@given(sockets=st.lists(SOCKET, min_size=1, max_size=20), order=st.randoms(use_true_random=False))
def test_rows_are_deaf_to_their_order(sockets: list[Socket], order: random.Random) -> None:
    """Whose holders are hidden, and what each row says, does not depend on what stands above it."""
    shuffled = order.sample(sockets, len(sockets))
    readings = [
        ss_text.read(Paste.of("".join(f"{s.printed(True, '')}\n" for s in some)))[0] for some in (sockets, shuffled)
    ]
    columns = [column.name for column in SOCKETS]

    assert sorted(map(str, rows_of(readings[:1], *columns))) == sorted(map(str, rows_of(readings[1:], *columns)))
    assert readings[0].owners_told == readings[1].owners_told


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2**32 - 1), PORTS, st.integers(0, 2**32 - 1), COUNTS, COUNTS), min_size=1, max_size=40
    )
)
def test_reading_what_the_kernel_prints_gives_it_back(rows: list[tuple[int, int, int, int, int]]) -> None:
    """The addresses of a little-endian host, ports, queues and inodes of /proc/net/tcp."""
    text = "".join(
        f"{sl:4}: {address:08X}:{port:04X} 0100007F:0035 08 {sent:08X}:{received:08X} 00:00000000 00000000  1000 "
        f"       0 {inode} 1 0000000000000000 20 4 30 10 -1\n"
        for sl, (address, port, inode, sent, received) in enumerate(rows)
    )

    assert rows_of(
        proc_net_tcp.read(Paste.of(text)),
        "local_address",
        "local_port",
        "inode",
        "send_queue_bytes",
        "recv_queue_bytes",
    ) == [(".".join(map(str, a.to_bytes(4, "little"))), *rest) for a, *rest in rows]


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A recorded dump with some of its lines cut, glued, doubled, swapped or overwritten."""
    lines = draw(st.sampled_from(RECORDED)).split("\n")
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[at])))
        change = draw(st.sampled_from(["cut", "cut left", "break", "glue", "double", "insert", "drop"]))
        if change == "cut":
            lines[at] = lines[at][:cut]
        elif change == "cut left":
            lines[at] = lines[at][cut:]
        elif change == "break":
            lines[at : at + 1] = [lines[at][:cut], lines[at][cut:]]
        elif change == "glue":
            lines[at : at + 2] = ["".join(lines[at : at + 2])]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "insert":
            lines[at] = lines[at][:cut] + draw(st.text(max_size=6)) + lines[at][cut:]
        elif len(lines) > 1:
            del lines[at]
    return "\n".join(lines)


@settings(deadline=None, max_examples=80)
@given(mangled())
def test_a_mangled_dump_gives_rows_or_one_clear_error(text: str) -> None:
    """Never another exception, and every row that is read has both its ends and a known state."""
    with suppress(BadInput):
        for look in looks(text.encode(), "mangled"):
            rows = look.sockets

            assert rows["local_address"].null_count() == rows["remote_address"].null_count() == 0
            assert rows.filter(
                pl.col("local_port").is_not_null() & ~pl.col("local_port").is_between(1, 65535)
            ).is_empty()
