"""Pages of the kernel's ring buffer made by hand, from kernel/trace/ring_buffer.c and apart from the product's reader.

The descriptions are those of Linux 6.18 on x86-64, and of an older event whose protocol was one byte.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

PAGE_BYTES, ROOM = 4096, 4080
EVENT_ID = 2287

HEADER_PAGE = """\
\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
"""
EVENT = """\
name: inet_sock_set_state
ID: 2287
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
\tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;
\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;
\tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;
\tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;
\tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;
\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;
\tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;
\tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;
\tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;

print fmt: "family=%s protocol=%s", REC->family, REC->protocol
"""
OLDER_EVENT = (
    EVENT.replace("__u16 protocol;\toffset:30;\tsize:2", "__u8 protocol;\toffset:30;\tsize:1")
    .replace("saddr[4];\toffset:32", "saddr[4];\toffset:31")
    .replace("daddr[4];\toffset:36", "daddr[4];\toffset:35")
    .replace("saddr_v6[16];\toffset:40", "saddr_v6[16];\toffset:39")
    .replace("daddr_v6[16];\toffset:56", "daddr_v6[16];\toffset:55")
)

TCP, SCTP = 6, 132
AF_INET, AF_INET6 = 2, 10
MISSED_STORED, MISSED_EVENTS = 1 << 30, 1 << 31


class Told(NamedTuple):
    """One event as it is written."""

    delta_ns: int
    socket: int = 0xFFFF_8881_0000_0040
    before: int = 1
    after: int = 4
    sport: int = 50000
    dport: int = 443
    family: int = AF_INET
    protocol: int = TCP
    flags: int = 0
    pid: int = 4121
    local: bytes = bytes([10, 0, 0, 1])
    remote: bytes = bytes([203, 0, 113, 9])


def event(told: Told) -> bytes:
    """The 72 bytes of the event."""
    mapped = bytes(10) + b"\xff\xff"
    local4, remote4 = (told.local, told.remote) if told.family == AF_INET else (bytes(4), bytes(4))
    local6, remote6 = (mapped + told.local, mapped + told.remote) if told.family == AF_INET else told[-2:]
    return (
        struct.pack("=HBBi", EVENT_ID, told.flags, 0, told.pid)
        + struct.pack("=Qii", told.socket, told.before, told.after)
        + struct.pack("=HHHH", told.sport, told.dport, told.family, told.protocol)
        + local4 + remote4 + local6 + remote6
    )  # fmt: skip


def record(delta_ns: int, data: bytes) -> bytes:
    """A record of `data`, with a time extension before it where 27 bits are not enough."""
    extension = b""
    if delta_ns >> 27:
        extension = struct.pack("=II", 30 | (delta_ns & (1 << 27) - 1) << 5, delta_ns >> 27)
        delta_ns = 0
    words = len(data) // 4
    if words <= 28:
        return extension + struct.pack("=I", words | delta_ns << 5) + data
    return extension + struct.pack("=II", delta_ns << 5, 4 + len(data)) + data


def discarded(delta_ns: int, data_bytes: int) -> bytes:
    """A record that was taken back: its space stays."""
    return struct.pack("=II", 29 | delta_ns << 5, 4 + data_bytes) + bytes(data_bytes)


def absolute(time_ns: int) -> bytes:
    """A time stamp of 59 bits."""
    return struct.pack("=II", 31 | (time_ns & (1 << 27) - 1) << 5, time_ns >> 27 & 0xFFFFFFFF)


def page(stamp_ns: int, records: Iterable[bytes], *, lost: int | None = None, flags: int = 0) -> bytes:
    """A page that begins at `stamp_ns`; `lost` is written behind the records."""
    data = b"".join(records)
    assert len(data) <= ROOM
    if lost is not None:
        flags |= MISSED_EVENTS | MISSED_STORED
    tail = b"" if lost is None else struct.pack("=Q", lost)
    return (struct.pack("=QQ", stamp_ns, len(data) | flags) + data + tail).ljust(PAGE_BYTES, b"\0")


def pages(stamp_ns: int, events: Iterable[Told]) -> bytes:
    """Events in as many pages as they need, each page beginning at the time of the event before it."""
    made, room, begun_ns, time_ns = [], [], stamp_ns, stamp_ns
    for told in events:
        written = record(told.delta_ns, event(told))
        if sum(map(len, room)) + len(written) > ROOM:
            made.append(page(begun_ns, room))
            room, begun_ns = [], time_ns
        room.append(written)
        time_ns += told.delta_ns
    return b"".join([*made, *([page(begun_ns, room)] if room else [])])
