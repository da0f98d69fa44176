"""The queues of each listening end: connections that wait for accept(), and handshakes that are not finished.

A listener has two queues. SYN_RECEIVED rows are half open: the third segment of their handshake has not come. Complete
connections wait in the accept queue, whose length and limit the LISTEN row tells; it is full at one more than the limit
(measured on Linux 6.18).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import polars as pl

from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.roles import ANY_ADDRESS, LOCAL_END
from closewait.records import record
from closewait.snapshot.timeline import Timeline

END = ["local_address", *LOCAL_END]


@record
class Listener:
    """One listening end and what waits there. Counts are connections; None is "the source does not tell"."""

    address: str | None
    port: int | None
    service: str | None
    pid: int | None = None
    process: str | None = None
    queue_conns: int | None = None
    queue_limit: int | None = None
    queue_conns_before: int | None = None  # in the earlier look; None with one look
    waiting: int = 0  # complete, and not accepted
    waiting_s: float | None = None  # the longest any of them has certainly waited
    half_open: int = 0  # SYN_RECEIVED
    half_open_unanswered: int | None = None  # of them: our answer was sent again, for nothing came back
    half_open_sources: int = 0  # the most different remote addresses on one local address
    established: int = 0  # at this end, accepted or not
    time_wait: int = 0  # at this end: their handshakes were finished, too

    @property
    def where(self) -> str:
        """`10.0.0.1:443`, `*:443` where it listens on every address."""
        address = "*" if self.address is None or self.address in ANY_ADDRESS else self.address
        port = self.port if self.port is not None else self.service
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    @property
    def is_full(self) -> bool:
        """The kernel takes no more connections for this listener."""
        return self.fill is not None and self.fill > 0

    @property
    def was_full(self) -> bool:
        """The same in the earlier look."""
        return (
            self.queue_conns_before is not None
            and self.queue_limit is not None
            and self.queue_conns_before > self.queue_limit
        )

    @property
    def fill(self) -> int | None:
        """How far the queue is above its limit: 1 when it is full, below that there is room."""
        return None if self.queue_conns is None or self.queue_limit is None else self.queue_conns - self.queue_limit

    def joined_by(self, other: "Listener") -> "Listener":
        """This listener with what waits at `other`, which stands for some of its connections."""
        told = [n for n in (self.half_open_unanswered, other.half_open_unanswered) if n is not None]
        waits_s = [s for s in (self.waiting_s, other.waiting_s) if s is not None]
        return replace(
            self,
            waiting=self.waiting + other.waiting,
            waiting_s=max(waits_s, default=None),
            half_open=self.half_open + other.half_open,
            half_open_unanswered=sum(told) if told else None,
            half_open_sources=max(self.half_open_sources, other.half_open_sources),
            established=self.established + other.established,
            time_wait=self.time_wait + other.time_wait,
        )


def listeners(timeline: Timeline, rows: pl.DataFrame) -> list[Listener]:
    """The listening ends at which something waits, fullest queue first; `rows` are the charged sockets."""
    listening = rows.filter(pl.col("state") == "LISTEN")
    half_open = rows.filter(pl.col("state") == "SYN_RECEIVED")
    if half_open.is_empty() and not listening["accept_queue_conns"].sum():
        return []
    found = {_end(row): Listener(**row) for row in fullest(listening).iter_rows(named=True)}
    if timeline.earlier is not None:
        before = timeline.earlier.sockets.filter(pl.col("state") == "LISTEN").with_columns(
            pl.col("local_address").str.strip_prefix("::ffff:")
        )
        for row in fullest(before).iter_rows(named=True):
            if _end(row) in found:
                found[_end(row)] = replace(found[_end(row)], queue_conns_before=row["queue_conns"])
    for row in _connections(rows).iter_rows(named=True):
        here = Listener(**row)
        home = _home(here, found)
        found[home] = found[home].joined_by(here) if home in found else here
    return sorted(
        (one for one in found.values() if one.queue_conns or one.half_open),
        key=lambda one: (-(one.fill if one.fill is not None else -(1 << 31)), -one.half_open, one.where),
    )


def fullest(listening: pl.DataFrame) -> pl.DataFrame:
    """One row for each end; where several sockets listen there (SO_REUSEPORT), the one whose queue is fullest."""
    fill = pl.col("accept_queue_conns") - pl.col("accept_queue_limit")
    fullest = pl.struct("pid", "process", "accept_queue_conns", "accept_queue_limit")
    return (
        listening.group_by(END)
        .agg(fullest.sort_by(fill, "pid", descending=[True, False], nulls_last=True).first().alias("fullest"))
        .unnest("fullest")
        .rename({
            "local_address": "address", "local_port": "port", "local_service": "service",
            "accept_queue_conns": "queue_conns", "accept_queue_limit": "queue_limit",
        })
    )  # fmt: skip


def _connections(rows: pl.DataFrame) -> pl.DataFrame:
    """What waits at each local end, and how many connections are established there, or were within a minute."""
    state = pl.col("state")
    queued = (pl.col("owner_kind") == OwnerKind.LISTENER) & state.is_in(["ESTABLISHED", "CLOSE_WAIT"])
    half_open, resent = state == "SYN_RECEIVED", pl.col("timer_retransmits")
    return (
        rows.filter((pl.col("role") == "server") & (half_open | queued | state.is_in(["ESTABLISHED", "TIME_WAIT"])))
        .group_by(END)
        .agg(
            waiting=queued.sum(),
            waiting_s=pl.col("last_ack_ms").filter(queued).max().truediv(1000),
            half_open=half_open.sum(),
            half_open_unanswered=pl.when(resent.filter(half_open).is_not_null().any()).then(
                (resent > 0).filter(half_open).sum()
            ),
            half_open_sources=pl.col("remote_address").filter(half_open).n_unique(),
            established=(state == "ESTABLISHED").sum(),
            time_wait=(state == "TIME_WAIT").sum(),
        )
        .rename({"local_address": "address", "local_port": "port", "local_service": "service"})
    )


def _end(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["address"], row["port"], row["service"]


def _home(here: Listener, found: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The listener that takes the connections `here`: on exactly this address, or on every one; else none told."""
    exact = (here.address, here.port, here.service)
    any_of_family = "::" if here.address and ":" in here.address else "0.0.0.0"
    addresses = (here.address, any_of_family, *ANY_ADDRESS)
    return next((end for end in ((address, *exact[1:]) for address in addresses) if end in found), exact)
