"""The last word about a socket: its tcp_info at its end, as the kernel tells it to whoever has joined a group for it.

The message is that of a dump (`inet_diag_handler_get_info()` in net/ipv4/inet_diag.c), the state always CLOSE. Here
tcp_info holds what it last was: in a dump a socket in CLOSE never had one, so `meaning.py` does not read it there.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from closewait.formats.sock_diag.meaning import UNKNOWN
from closewait.formats.sock_diag.replies import Replies, Told

# Groups of NETLINK_SOCK_DIAG, numbered from 1 (enum sknetlink_groups, include/uapi/linux/sock_diag.h): TCP's two.
SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY = 1, 3
GROUPS = 1 << (SKNLGRP_INET_TCP_DESTROY - 1) | 1 << (SKNLGRP_INET6_TCP_DESTROY - 1)

ENDS = ("local_address", "local_port", "remote_address", "remote_port")

#: What is told of a connection at its end; counts of bytes that were acknowledged include the SYN and the FIN.
FACTS = (
    "bytes_sent", "bytes_acked", "bytes_received", "segments_out", "segments_in", "retransmitted_segments", "rtt_us",
    "min_rtt_us",
)  # fmt: skip

Fact = int | None


class Ending(NamedTuple):
    """A socket that has ended: both ends, the kernel's cookie for it, and `FACTS`; None is not told."""

    local_address: str
    local_port: Fact
    remote_address: str
    remote_port: Fact
    cookie: int
    facts: tuple[Fact, ...]

    @property
    def told(self) -> dict[str, Fact]:
        """The facts by name."""
        return dict(zip(FACTS, self.facts, strict=True))


def endings(pieces: Iterable[bytes | memoryview]) -> Iterator[Ending]:
    """The endings that whole datagrams tell. Raises BadInput."""
    replies = Replies(frozenset({*ENDS, "state", "cookie", *FACTS}))
    for piece in pieces:
        replies.feed(piece)
    replies.finish()
    raw, texts = replies.raw(), replies.addresses.texts()
    columns: list[Iterable[Any]] = [
        map(texts.__getitem__, raw[name].numbers.tolist()) if name.endswith("address") else _plain(name, raw[name])
        for name in ENDS
    ]
    facts = zip(*(_plain(name, raw[name]) for name in FACTS), strict=True)
    return map(Ending._make, zip(*columns, raw["cookie"].numbers.tolist(), facts, strict=True))


def _plain(name: str, column: Told) -> list[Fact]:
    """A field's numbers, None where it is not told or tells the number that means so."""
    told = [True] * len(column.numbers) if column.told is None else column.told.tolist()
    unknown = UNKNOWN[name]
    return [n if is_told and n != unknown else None for n, is_told in zip(column.numbers.tolist(), told, strict=True)]
