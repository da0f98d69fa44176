"""Sums all sockets once, in columns, into a frame of groups, and hands the groups out as records.

196,000 sockets times twenty rules must not become four million Python calls: nothing here loops over sockets.
"""

from dataclasses import fields
from typing import Any

import polars as pl

from closewait.diagnosis import roles
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.stall import NO_STALL, Stall
from closewait.diagnosis.stalling import with_stalls
from closewait.diagnosis.thresholds import (
    CLIENT_PATIENCE_S,
    CLOSE_WAIT_PASSING_S,
    GOODBYE_SIZES_BYTES,
    SECOND_LOOK_S,
    SERVER_PATIENCE_S,
)
from closewait.snapshot.change import stayed
from closewait.snapshot.timeline import Timeline

#: A holder with more remote addresses on one port, or more remote ports, than this is summed over them: the number of
#: groups stays small, and a crawler's thousand destinations are one place.
PLACES_APART = 64

OWNER = ["owner_kind", "owner_pid", "owner_process"]

#: The kernel counts the SYN of the side that connected as a byte acknowledged (measured: 1 before any data was sent).
SYN_BYTES = 1

#: A write this much later than the peer's last data is more than the reply that ended the conversation.
WRITE_AFTER_DATA_MS = 1000

#: The counts of `Group` that are a `Stall`.
STALLS = {field.name for field in fields(Group) if field.type is Stall}

KEY = ["owner_kind", "owner_pid", "owner_process", "owner_uid", "role", "place_address", "place_port", "place_service"]


def groups(timeline: Timeline, rows: pl.DataFrame) -> list[Group]:
    """Every group of the latest look, largest pile of CLOSE_WAIT first; `rows` are its charged sockets."""
    rows = _placed(rows)
    if timeline.earlier is not None:
        rows = rows.with_columns(stayed=stayed(timeline.earlier, timeline.latest))
    frame = (
        rows.group_by(KEY)
        .agg(_counts(timeline))
        .join(_of_close_wait(rows, timeline), on=KEY, how="left", nulls_equal=True)
    )
    if timeline.earlier is not None:
        frame = frame.join(_before(timeline), on=KEY, how="left", nulls_equal=True).with_columns(
            pl.col("before", "established_before", "persisting").fill_null(0)
        )
    frame = with_stalls(frame, rows, timeline, KEY)
    frame = frame.sort(["close_wait", "sockets", *KEY], descending=[True, True, *[False] * len(KEY)], nulls_last=True)
    return _records(frame, timeline.span_s)


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the place they belong to: the listening port of a server row, the remote end of a client row.

    A holder with very many remote addresses on one port is one place, and so is one with very many remote ports.
    """
    server = pl.col("role") == "server"
    address, port = pl.col("remote_address"), pl.col("remote_port")
    if rows["remote_address"].n_unique() > PLACES_APART:
        address = pl.when(address.n_unique().over([*OWNER, "remote_port"]) <= PLACES_APART).then(address)
    if rows["remote_port"].n_unique() > PLACES_APART:
        few_ports = port.n_unique().over([*OWNER, "role"]) <= PLACES_APART
        address, port = pl.when(few_ports).then(address), pl.when(few_ports).then(port)
    return rows.with_columns(
        owner_uid=pl.when(pl.col("owner_kind") == OwnerKind.HIDDEN).then(pl.col("uid")),
        place_port=pl.when(server).then(pl.col("local_port")).otherwise(port),
        place_service=pl.when(server).then(pl.col("local_service")).otherwise(pl.col("remote_service")),
        place_address=pl.when(server).then(None).otherwise(address),
    )


def _counts(timeline: Timeline) -> list[pl.Expr]:
    """What is counted over every row of a group."""
    state = pl.col("state")
    waiting = pl.col("owner_kind").eq(OwnerKind.LISTENER) & state.is_in(["ESTABLISHED", "CLOSE_WAIT"])
    still_waiting = [] if timeline.earlier is None else [(waiting & pl.col("stayed")).sum().alias("unaccepted_stayed")]
    return [
        *still_waiting,
        pl.len().alias("sockets"),
        pl.col("role_guessed").any(),
        (state == "ESTABLISHED").sum().alias("established"),
        (state == "CLOSE_WAIT").sum().alias("close_wait"),
        (state == "FIN_WAIT_2").sum().alias("fin_wait_2"),
        (state == "TIME_WAIT").sum().alias("time_wait"),
        pl.col("remote_address").n_unique().alias("destinations"),
        pl.col("local_address").filter(state != "LISTEN").n_unique().alias("local_addresses"),
        pl.col("local_address").filter(state != "LISTEN").first().alias("local_address"),
        pl.col("queue_conns").max(),
        pl.col("queue_limit").max(),
        waiting.sum().alias("unaccepted"),
        pl.col("last_ack_ms").filter(waiting).max().truediv(1000).alias("unaccepted_waiting_s"),
    ]


def _of_close_wait(rows: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """What is counted over the CLOSE_WAIT rows of each group."""
    look = timeline.latest
    held_twice = (
        look.holders.group_by("socket").agg(pl.col("pid").n_unique().alias("holders")).filter(pl.col("holders") > 1)
    )
    rows = rows.filter(pl.col("state") == "CLOSE_WAIT")
    if held_twice.is_empty():
        rows = rows.with_columns(holders=pl.lit(1))
    else:
        rows = rows.join(
            held_twice.with_columns(pl.col("socket").cast(pl.UInt32)), left_on="row", right_on="socket", how="left"
        )
    unread, low = _unread_with_fin(look.system), pl.col("age_low_s")
    patience_s = pl.when(pl.col("role") == "client").then(CLIENT_PATIENCE_S).otherwise(SERVER_PATIENCE_S)
    rows = rows.with_columns(
        is_passing=(pl.col("age_high_s") < CLOSE_WAIT_PASSING_S).fill_null(False),
        is_written=(_written_since_the_fin() & (pl.col("owner_kind") != OwnerKind.LISTENER)).fill_null(False),
        is_vague=(low < CLOSE_WAIT_PASSING_S).fill_null(False) & ~_stayed_long_enough(timeline),
        is_goodbye=unread.is_in(GOODBYE_SIZES_BYTES),
    )
    written = ~pl.col("is_passing") & pl.col("is_written")
    vague = ~pl.col("is_passing") & ~pl.col("is_written") & pl.col("is_vague")
    standing = ~pl.col("is_passing") & ~written & ~vague
    silence_s = _silence_before_the_fin_s().filter(standing)
    exprs = [
        pl.col("is_passing").sum().alias("passing"),
        written.sum().alias("still_written"),
        vague.sum().alias("vague"),
        (standing & (unread == 0)).sum().alias("read"),
        (standing & pl.col("is_goodbye")).sum().alias("unread_goodbye"),
        unread.filter(standing & pl.col("is_goodbye")).unique().sort().alias("goodbyes"),
        (standing & (unread > 0) & ~pl.col("is_goodbye")).sum().alias("unread_data"),
        (standing & unread.is_null()).sum().alias("queue_not_told"),
        (standing & (pl.col("holders") > 1)).sum().alias("shared"),
        (standing & ((pl.col("bytes_acked") > SYN_BYTES) | (pl.col("bytes_sent") > 0))).sum().alias("served"),
        (standing & (low >= patience_s)).sum().alias("patience_exceeded"),
        (standing & (unread == 0) & (low >= patience_s)).sum().alias("read_overdue"),
        pl.col("fd").filter(standing).max().alias("highest_fd"),
        low.min().alias("youngest_s"),
        low.median().alias("median_s"),
        low.max().alias("oldest_s"),
        silence_s.min().alias("silence_low_s"),
        silence_s.max().alias("silence_high_s"),
        pl.col("row").sort_by(low, descending=True, nulls_last=True).head(5).alias("rows"),
    ]
    if timeline.earlier is not None:
        exprs.append((~pl.col("is_written") & pl.col("stayed")).sum().alias("persisting"))
    return rows.group_by(KEY).agg(exprs)


def _unread_with_fin(system: str | None) -> pl.Expr:
    """Bytes unread in CLOSE_WAIT, the FIN counted as one; null where the queue does not tell whether the FIN was read.

    Only Linux counts the FIN in Recv-Q (measured). Elsewhere an empty queue says nothing about it, and behind unread
    data there is an unread FIN, for data is read before its end (not measured: no such system was at hand).
    """
    told = pl.col("recv_queue_bytes")
    return told if system == "Linux" else pl.when(told > 0).then(told + 1)


def _stayed_long_enough(timeline: Timeline) -> pl.Expr:
    """In CLOSE_WAIT in both looks, and these are far enough apart to prove something (or do not tell how far)."""
    if timeline.earlier is None or (timeline.span_s is not None and timeline.span_s < SECOND_LOOK_S):
        return pl.lit(False)
    return pl.col("stayed")


def _written_since_the_fin() -> pl.Expr:
    """The program uses the half that is still open.

    Either bytes are on their way out, or it wrote after the peer's last data and the last segment that came in answers
    that write (measured: every answer resets last_ack_ms, so the two times lie close together).
    """
    sent, received, acked = pl.col("last_sent_ms"), pl.col("last_received_ms"), pl.col("last_ack_ms")
    answered = (
        (sent < received - WRITE_AFTER_DATA_MS) & (sent < acked + WRITE_AFTER_DATA_MS) & (pl.col("bytes_sent") > 0)
    )
    return (pl.col("send_queue_bytes") > 0) | answered.fill_null(False)


def _silence_before_the_fin_s() -> pl.Expr:
    """From the last data in either direction to the FIN; null where the time since the FIN is known in bounds only."""
    exact = pl.col("age_low_s") == pl.col("age_high_s")
    return pl.when(exact).then(pl.min_horizontal("last_sent_ms", "last_received_ms") / 1000 - pl.col("age_low_s"))


def _before(timeline: Timeline) -> pl.DataFrame:
    """CLOSE_WAIT and ESTABLISHED of each group in the earlier look."""
    assert timeline.earlier is not None
    state = pl.col("state")
    return (
        _placed(roles.charged(timeline.earlier))
        .group_by(KEY)
        .agg(before=(state == "CLOSE_WAIT").sum(), established_before=(state == "ESTABLISHED").sum())
    )


def _records(frame: pl.DataFrame, seconds_between: float | None) -> list[Group]:
    """The frame as records; a server group's place is its one local address, or every address of its port."""
    one_address = (pl.col("role") == "server") & (pl.col("local_addresses") == 1)
    frame = frame.with_columns(
        place_address=pl.when(one_address).then(pl.col("local_address")).otherwise(pl.col("place_address"))
    )
    names = [field.name for field in fields(Group) if field.name in frame.columns]
    defaults = {field.name: field.default for field in fields(Group)}
    return [_record(row, defaults, seconds_between) for row in frame.select(names).iter_rows(named=True)]


def _record(row: dict[str, Any], defaults: dict[str, Any], seconds_between: float | None) -> Group:
    counted = {
        name: defaults[name] if value is None and isinstance(defaults[name], int) else value
        for name, value in row.items()
    }
    counted["owner_kind"] = OwnerKind(row["owner_kind"])
    counted["rows"], counted["goodbyes"] = tuple(row["rows"] or ()), tuple(row["goodbyes"] or ())
    for kind in STALLS & row.keys():
        counted[kind] = NO_STALL if row[kind] is None else Stall(**{**row[kind], "rows": tuple(row[kind]["rows"])})
    return Group(**counted, seconds_between=seconds_between)
