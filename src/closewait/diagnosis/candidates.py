"""The sockets that a filter keeps, each with what must be known before anybody ends it, the most aged first."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.one_socket import Held, end_of
from closewait.diagnosis.selection import selected
from closewait.records import record
from closewait.snapshot.filters.condition import Condition
from closewait.snapshot.table import Snapshot

HERE, THERE = ["local_address", "local_port"], ["remote_address", "remote_port"]


@record
class Candidate:
    """One socket: its ends, its identity, its holders, and the state of its other end where that is in the look."""

    is_ipv6: bool
    local_address: str
    local_port: int | None
    remote_address: str
    remote_port: int | None
    interface: str | None
    here: str
    there: str
    state: str
    cookie: int | None
    inode: int | None
    age_low_s: float | None
    recv_queue_bytes: int | None
    holders: tuple[Held, ...]
    is_queued: bool
    peer_state: str | None

    @property
    def ends(self) -> tuple[str, int | None, str, int | None]:
        """Both ends, as a row of the other end would have them the other way round."""
        return (
            self.local_address.removeprefix("::ffff:"), self.local_port,
            self.remote_address.removeprefix("::ffff:"), self.remote_port,
        )  # fmt: skip


@record
class Candidates:
    """What was scanned, and what of it the filter keeps."""

    scanned: int
    sockets: tuple[Candidate, ...]


def candidates(look: Snapshot, condition: Condition) -> Candidates:
    """The sockets of a live look that meet `condition`."""
    part = selected(look, condition, shown=("owner_kind",))
    assert part.charges is not None, "a selection that shows the owner is charged"
    rows = part.sockets.hstack(part.charges.select("owner_kind")).with_row_index("row")
    rows = rows.with_columns(_bare("local_address", "here_bare"), _bare("remote_address", "there_bare")).join(
        _other_ends(look.sockets),
        left_on=["there_bare", "remote_port", "here_bare", "local_port"],
        right_on=["here_bare", "local_port", "there_bare", "remote_port"],
        how="left",
        maintain_order="left",
    )
    held: dict[int, list[Held]] = {}
    for row, *holder in part.holders.select("socket", "pid", "process", "fd").iter_rows():
        held.setdefault(row, []).append(Held(*holder))
    rows = rows.sort("age_low_s", descending=True, nulls_last=True, maintain_order=True)
    return Candidates(
        scanned=look.sockets.height,
        sockets=tuple(_candidate(row, tuple(held.get(row["row"], ()))) for row in rows.iter_rows(named=True)),
    )


def carriers(look: Snapshot, inodes: Collection[int], ends: Collection[tuple[str, int, str, int]]) -> frozenset[int]:
    """The processes that hold one of these connections, named by the inode or by both ends."""
    told = [
        _bare("local_address", "here"),
        pl.col("local_port"),
        _bare("remote_address", "there"),
        pl.col("remote_port"),
    ]
    named = [pl.all_horizontal(column == end for column, end in zip(told, each, strict=True)) for each in ends]
    wanted = pl.any_horizontal(pl.col("inode").is_in(list(inodes)), *named)
    rows = look.sockets.with_row_index("row").filter(wanted, pl.col("state") != "LISTEN")["row"]
    return frozenset(look.holders.filter(pl.col("socket").is_in(rows.to_list()))["pid"].drop_nulls().to_list())


@record
class SeenAgain:
    """A socket in a later look: its state, and its other end's; None where there is no such row."""

    state: str | None
    peer_state: str | None


def seen_again(look: Snapshot, sockets: Sequence[Candidate]) -> list[SeenAgain]:
    """Each of `sockets` in a later look: found by its cookie, its other end by the ends."""
    cookies = [socket.cookie for socket in sockets]
    found = look.sockets.filter(pl.col("cookie").is_in(cookies)).select("cookie", "state")
    states = dict(found.iter_rows())
    peers = {tuple(row[:4]): row[4] for row in _other_ends(look.sockets).iter_rows()}
    return [SeenAgain(states.get(one.cookie), peers.get((*one.ends[2:], *one.ends[:2]))) for one in sockets]


def _other_ends(sockets: pl.DataFrame) -> pl.DataFrame:
    """Every connection of the look, by its ends."""
    return (
        sockets.filter(pl.col("remote_port").is_not_null())
        .select(
            _bare("local_address", "here_bare"), "local_port", _bare("remote_address", "there_bare"), "remote_port",
            peer_state="state",
        )
        .unique(["here_bare", "local_port", "there_bare", "remote_port"], keep="first")
    )  # fmt: skip


def _bare(column: str, name: str) -> pl.Expr:
    return pl.col(column).str.strip_prefix("::ffff:").alias(name)


def _candidate(told: Mapping[str, Any], holders: tuple[Held, ...]) -> Candidate:
    return Candidate(
        is_ipv6=told["protocol"] == "tcp6",
        local_address=told["local_address"] or "",
        local_port=told["local_port"],
        remote_address=told["remote_address"] or "",
        remote_port=told["remote_port"],
        interface=told["interface"],
        here=end_of(told, "local"),
        there=end_of(told, "remote"),
        state=told["state"] or "",
        cookie=told["cookie"],
        inode=told["inode"] or None,
        age_low_s=told["age_low_s"],
        recv_queue_bytes=told["recv_queue_bytes"],
        holders=holders,
        is_queued=told["owner_kind"] == OwnerKind.LISTENER and told["state"] != "LISTEN",
        peer_state=told["peer_state"],
    )
