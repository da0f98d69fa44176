"""Counts, in columns and once for all rules, the sockets that stand still in another way than in CLOSE_WAIT."""

from collections.abc import Iterable, Sequence
from dataclasses import fields

import polars as pl

from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.other_end import without_other_end
from closewait.diagnosis.stall import Stall
from closewait.diagnosis.thresholds import (
    BLOCKED_PASSING_S,
    BLOCKED_S,
    CLOSE_WAIT_PASSING_S,
    HALF_CLOSED_S,
    HALF_OPEN_SILENCE_S,
    IDLE_PASSING_S,
    IDLE_S,
    RESENT_OFTEN,
    SECOND_LOOK_S,
    STILL_FED_S,
)
from closewait.snapshot.change import before
from closewait.snapshot.timeline import Timeline

#: Data that came this much later than our own last data answers nothing: the peer sends by itself, after our FIN too.
FED_AFTER_MS = 1000

#: Of the frame's columns, those that each count of sockets fills.
COUNTED = tuple(field.name for field in fields(Stall))

NOT_KNOWN = pl.lit(None, dtype=pl.Float64)


def with_stalls(frame: pl.DataFrame, rows: pl.DataFrame, timeline: Timeline, key: Sequence[str]) -> pl.DataFrame:
    """`frame`, one row for each group, with a column for each kind of stall: a struct, or null where there is none."""
    for name, standing in _kinds(rows, timeline):
        counted = standing.group_by(key).agg(_counts()).select(*key, pl.struct(COUNTED).alias(name))
        frame = frame.join(counted, on=list(key), how="left", nulls_equal=True)
    return frame


def _kinds(rows: pl.DataFrame, timeline: Timeline) -> Iterable[tuple[str, pl.DataFrame]]:
    """Each kind by the name that `Group` gives it, with the rows that stand still in it."""
    states = set(rows["state"].unique())
    if "FIN_WAIT_2" in states:
        yield "half_closed", _half_closed(rows, timeline)
    if states & set(DYING):
        yield "dying", _dying(rows, timeline)
    if "ESTABLISHED" in states:
        yield "idle", _idle(rows, timeline)
        at_rest = _at_rest(rows, timeline)
        yield "silent", at_rest.filter(pl.col("timer") == "off", pl.col("stood_s") >= HALF_OPEN_SILENCE_S)
        yield "half_open", without_other_end(at_rest, timeline)
    if (rows["send_queue_bytes"] > 0).any():
        yield "blocked", _blocked(rows, timeline)


def _half_closed(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """FIN_WAIT_2 that a process holds, so that no timer of the kernel ends it, and on which nothing comes any more.

    Where data is unread the program here does not read: whether the peer would close cannot be seen.
    """
    held = (pl.col("owner_kind") == OwnerKind.HOLDER) | (
        (pl.col("owner_kind") == OwnerKind.HIDDEN) & (pl.col("inode") > 0)
    )
    fed = (pl.col("last_received_ms") < pl.col("last_sent_ms") - FED_AFTER_MS) & (
        pl.col("last_received_ms") < STILL_FED_S * 1000
    )
    unread = pl.col("recv_queue_bytes") > 0
    low_s = pl.col("age_low_s")
    young = (low_s < CLOSE_WAIT_PASSING_S) & ~_proves_it_stays(timeline)
    rows = rows.filter(
        pl.col("state") == "FIN_WAIT_2", held.fill_null(False), ~_told(fed), ~_told(unread), ~_told(young)
    )
    return rows.with_columns(
        stood_s=low_s,
        is_overdue=low_s >= HALF_CLOSED_S,
        is_resent=pl.lit(False),
        stood_before=_stayed(timeline),
    )


DYING = ("FIN_WAIT_1", "CLOSING", "LAST_ACK")


def _dying(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Closed by their program and not yet acknowledged by the peer: the kernel sends the rest again and again."""
    rows = rows.filter(
        pl.col("state").is_in(DYING),
        pl.col("owner_kind") != OwnerKind.HOLDER,
        ~_told(pl.col("send_queue_bytes") == 0),
    )
    shut = (pl.col("timer") == "zero_window_probe") & ~_told(pl.col("last_sent_ms") < BLOCKED_PASSING_S * 1000)
    resent = _told(pl.col("timer_retransmits") >= RESENT_OFTEN) | _told(shut)
    return rows.with_columns(stood_s=NOT_KNOWN, is_overdue=resent, is_resent=resent, stood_before=_stayed(timeline))


def _idle(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Connections that a client holds open and does not use: nothing is under way, and nothing was for a while.

    Where no clock is told, only that the same connection was there a look ago, also with nothing under way.
    """
    stood_s = pl.min_horizontal("last_sent_ms", "last_received_ms") / 1000
    busy = (pl.col("recv_queue_bytes") > 0) | (pl.col("send_queue_bytes") > 0)
    unused_since_s = SECOND_LOOK_S if timeline.span_s is None else timeline.span_s
    return rows.filter(
        pl.col("state") == "ESTABLISHED",
        pl.col("role") == "client",
        pl.col("owner_kind") == OwnerKind.HOLDER,
        ~_told(busy),
        ~_told(stood_s < IDLE_PASSING_S),
    ).with_columns(
        stood_s=stood_s,
        is_overdue=_told(stood_s >= IDLE_S),
        is_resent=pl.lit(False),
        stood_before=_stayed(timeline) & ~_told(stood_s < unused_since_s),
    )


def _at_rest(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Connections that a process holds and on which nothing is under way, since the last sign of life of the peer."""
    stood_s = pl.min_horizontal("last_sent_ms", "last_received_ms", "last_ack_ms") / 1000
    busy = (pl.col("recv_queue_bytes") > 0) | (pl.col("send_queue_bytes") > 0)
    return rows.filter(
        pl.col("state") == "ESTABLISHED",
        pl.col("owner_kind") != OwnerKind.LISTENER,
        ~_told(busy),
    ).with_columns(
        stood_s=stood_s,
        is_overdue=_told(stood_s >= HALF_OPEN_SILENCE_S),
        is_resent=pl.lit(False),
        stood_before=_stayed(timeline),
    )


def _blocked(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Something to send, on an open connection, and the peer takes none of it.

    The kernel probes for room (the peer's window is shut) since `last_sent`, or sends again without any answer since
    `last_ack`. Where neither clock nor timer is told, only a second look shows that nothing was acknowledged.
    """
    probing = pl.col("timer") == "zero_window_probe"
    resending = (pl.col("timer") == "retransmit") & (pl.col("timer_retransmits") >= RESENT_OFTEN)
    stood_s = pl.when(probing).then(pl.col("last_sent_ms")).when(resending).then(pl.col("last_ack_ms")) / 1000
    rows = rows.with_columns(stood_before=_nothing_acknowledged(timeline))
    return rows.filter(
        pl.col("state").is_in(["ESTABLISHED", "CLOSE_WAIT"]),
        pl.col("send_queue_bytes") > 0,
        pl.col("owner_kind") != OwnerKind.LISTENER,
        _told(probing) | _told(resending) | (pl.col("stood_before") & ~_told(pl.col("timer") == "retransmit")),
        ~_told(stood_s < BLOCKED_PASSING_S),
    ).with_columns(stood_s=stood_s, is_overdue=stood_s >= BLOCKED_S, is_resent=_told(probing) | _told(resending))


def _counts() -> list[pl.Expr]:
    """What is counted over the rows that stand still in one group."""
    low_s = pl.col("stood_s")
    return [
        pl.len().alias("sockets"),
        (pl.col("timer") == "off").sum().alias("untimed"),
        pl.col("is_resent").sum().alias("resent"),
        pl.col("is_overdue").sum().alias("overdue"),
        pl.col("remote_address").n_unique().alias("remotes"),
        pl.col("remote_address").drop_nulls().mode().min().alias("remote"),
        pl.when(pl.col("send_queue_bytes").is_not_null().any())
        .then(pl.col("send_queue_bytes").sum())
        .alias("send_queue_bytes"),
        low_s.min().alias("youngest_s"),
        low_s.median().alias("median_s"),
        low_s.max().alias("oldest_s"),
        pl.when(pl.col("stood_before").is_not_null().any()).then(pl.col("stood_before").sum()).alias("persisting"),
        pl.col("row").sort_by(low_s, descending=True, nulls_last=True).head(5).alias("rows"),
    ]


def _told(condition: pl.Expr) -> pl.Expr:
    """The condition where the source tells enough to know it, and false where it does not."""
    return condition.fill_null(False)


def _stayed(timeline: Timeline) -> pl.Expr:
    """Whether the same socket was in the same state a look ago; null with one look."""
    return pl.lit(None, dtype=pl.Boolean) if timeline.earlier is None else pl.col("stayed")


def _proves_it_stays(timeline: Timeline) -> pl.Expr:
    """In the same state in both looks, and these are far enough apart (or do not tell how far)."""
    if timeline.earlier is None or (timeline.span_s is not None and timeline.span_s < SECOND_LOOK_S):
        return pl.lit(False)
    return pl.col("stayed")


def _nothing_acknowledged(timeline: Timeline) -> pl.Series | pl.Expr:
    """Whether the peer took nothing between the looks; false where that is not told, null with one look.

    `bytes_acked` tells it. Without it only an unchanged queue does: that of a transfer moves, and is hardly ever the
    same to the byte.
    """
    if timeline.earlier is None:
        return pl.lit(None, dtype=pl.Boolean)
    look = timeline.latest
    earlier = before(timeline.earlier, look, ("send_queue_bytes", "bytes_acked"))
    queue, acked = look.sockets["send_queue_bytes"], look.sockets["bytes_acked"]
    same = (queue == earlier["send_queue_bytes"]) & (queue > 0)
    told = acked.is_not_null() & earlier["bytes_acked"].is_not_null()
    by_bytes = (acked == earlier["bytes_acked"]) & (earlier["send_queue_bytes"] > 0) & (queue > 0)
    return by_bytes.zip_with(told, same).fill_null(False)
