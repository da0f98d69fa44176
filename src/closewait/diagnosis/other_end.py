"""Connections of which the other end has nothing any more: both ends are seen, and only one has them.

The other end is seen where a dump of the other host lies beside ours, or where client and server are on one host. Only
its own address and port are looked for: behind a redirection the other half of the connection has another name.
"""

import polars as pl

from closewait.diagnosis.roles import LISTS_EVERY_LISTENER
from closewait.diagnosis.thresholds import HALF_OPEN_PASSING_S, TURNOVER_SHARE
from closewait.snapshot.timeline import Timeline

OUR_END, THEIR_END = ["local_address", "local_port"], ["remote_address", "remote_port"]


def without_other_end(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Those of `rows`, established and with nothing under way, whose other end is known not to be there.

    On one host only rows of a server count, with a kernel's whole list: a client may be led to another address (NAT),
    and a dump may have been filtered. They must be silent for a moment, for no list is made in one instant.
    """
    theirs = timeline.other_end
    if theirs is not None:
        return _missing(rows, theirs.sockets) if _shows_every_connection(theirs.sockets, rows) else rows.clear()
    look = timeline.latest
    if look.format not in LISTS_EVERY_LISTENER or look.charges is not None:
        return rows.clear()
    silent = pl.col("last_ack_ms") >= HALF_OPEN_PASSING_S * 1000
    return _missing(rows.filter(silent, pl.col("role") == "server"), look.sockets)


def _missing(rows: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """The rows whose remote end is on the host of `theirs`, and none of its sockets has it."""
    ends = _ends(theirs).unique()
    there = rows.filter(pl.col("remote_address").is_in(ends["local_address"].unique().to_list()))
    return there.join(ends, left_on=THEIR_END, right_on=OUR_END, how="anti", maintain_order="left")


def _shows_every_connection(theirs: pl.DataFrame, ours: pl.DataFrame) -> bool:
    """Whether the other host's list may be held against us: it shows connections, and we have what it says to have.

    Where both lists lack much of the other, connections come and go, or one of them was filtered.
    """
    standing = theirs.filter(pl.col("state") == "ESTABLISHED")
    if standing.is_empty():
        return False
    mirrored = [*THEIR_END, *OUR_END]
    to_us = standing.with_columns(pl.col(*OUR_END[:1], *THEIR_END[:1]).str.strip_prefix("::ffff:")).filter(
        pl.col("remote_address").is_in(ours["local_address"].unique().to_list())
    )
    unknown_here = to_us.join(ours, left_on=mirrored, right_on=[*OUR_END, *THEIR_END], how="anti")
    return len(unknown_here) <= TURNOVER_SHARE * len(_missing(ours, theirs))


def _ends(sockets: pl.DataFrame) -> pl.DataFrame:
    """The near ends of the connections among `sockets`."""
    return sockets.filter(pl.col("state") != "LISTEN", pl.col("local_port").is_not_null()).select(
        pl.col("local_address").str.strip_prefix("::ffff:"), "local_port"
    )
