"""One row for each socket of a look, with all who hold it.

lsof tells a socket once for each process and descriptor that has it, and for each thread when asked; sockstat, procstat
and psutil do the same without threads. Counted as they are told, eight rows of two sockets are eight leaks.

Rows are of one socket where inode and state are the same. Where no inode is told, connections with the same two ends
and state are, if each row has a holder: without one, equal rows are as likely a listing pasted twice. Listeners without
an inode stay apart: several sockets may listen on one port (SO_REUSEPORT).
"""

from dataclasses import replace

import polars as pl

from closewait.snapshot.columns import HOLDERS
from closewait.snapshot.table import Snapshot, schema

BY_INODE = ("inode", "state")
BY_ENDS = (
    "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service", "state",
)  # fmt: skip
HELD_BY = ("pid", "process", "fd")

TOLD_SEVERAL_TIMES = (
    "{rows:,} rows tell of {sockets:,} sockets: a shared one has a row for each holder, descriptor or thread. "
    "Those are judged as one."
)


def each_socket_once(look: Snapshot) -> Snapshot:
    """`look` with one row for each socket, that of the holder with the lowest pid, and every holder in `holders`."""
    if look.kind != "sockets" or not repeats(look.sockets):
        return look
    rows = look.sockets.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    first = pl.col("row").min()
    rows = rows.with_columns(
        first_told=pl.when(has_inode())
        .then(first.over(BY_INODE))
        .when(has_ends())
        .then(first.over(*BY_ENDS, has_ends()))
        .otherwise("row")
    )
    shown = rows.sort("first_told", "pid", "row", nulls_last=True).unique(
        "first_told", keep="first", maintain_order=True
    )
    order = shown["row"]
    place = shown.select("first_told").with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    places = rows.select("row", "first_told").join(place, on="first_told", how="left", maintain_order="left")
    caveat = TOLD_SEVERAL_TIMES.format(rows=len(rows), sockets=len(shown))
    return replace(
        look,
        sockets=look.sockets[order],
        charges=None if look.charges is None else look.charges[order],
        holders=_holders(look, places),
        sight=replace(look.sight, caveats=(*look.sight.caveats, caveat)),
    )


def repeats(sockets: pl.DataFrame) -> bool:
    """Whether any socket is told twice. The kernel's own tables, which name each by a cookie, never do."""
    if sockets["cookie"].null_count() < sockets.height:
        return False
    for rows, key in ((sockets.filter(has_inode()), BY_INODE), (sockets.filter(has_ends()), BY_ENDS)):
        if rows.height > 1 and rows.select(pl.struct(key).n_unique()).item() < rows.height:
            return True
    return False


def has_inode() -> pl.Expr:
    """Whether the row's inode names a socket; 0 only says that nobody holds it."""
    return (pl.col("inode") != 0).fill_null(False)


def has_ends() -> pl.Expr:
    """Whether, without an inode, a holder and both ends name a connection."""

    def told(*names: str) -> pl.Expr:
        return pl.any_horizontal(pl.col(name).is_not_null() for name in names)

    connected = told("local_port", "local_service") & told("remote_port", "remote_service")
    listening = (pl.col("state") == "LISTEN").fill_null(False)
    return ~has_inode() & connected & ~listening & told("pid", "process")


def _holders(look: Snapshot, places: pl.DataFrame) -> pl.DataFrame:
    """Every holder of every socket at its new place: those told in the rows, and those told beside them."""
    beside = look.holders
    in_rows = (
        look.sockets.select(HELD_BY)
        .with_row_index("socket")
        .with_columns(pl.col("socket").cast(pl.Int64))
        .filter(pl.col("pid").is_not_null() | pl.col("process").is_not_null())
        .join(beside.select("socket").unique(), on="socket", how="anti", maintain_order="left")
    )
    held = pl.concat([in_rows, beside], how="vertical").join(
        places, left_on="socket", right_on="row", how="inner", maintain_order="left"
    )
    same_holder = ["place", "pid", "fd", pl.when(pl.col("pid").is_null()).then("process").alias("name")]
    return (
        held.with_columns(same_holder)
        .unique(["place", "pid", "fd", "name"], keep="first", maintain_order=True)
        .sort("place", maintain_order=True)
        .with_columns(socket="place")
        .select(list(schema(HOLDERS)))
    )
