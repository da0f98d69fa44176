"""The rows that meet a condition, and a look of those rows alone."""

from dataclasses import replace
from functools import reduce
from operator import and_, or_

import polars as pl

from closewait.snapshot.filters.condition import Among, Condition, Either, Every, Inside, Leaf, Not, Within
from closewait.snapshot.filters.texts import among, inside
from closewait.snapshot.table import Snapshot

#: What a queued connection tells under another name: whoever holds its listener answers for it.
ANSWERED_BY = {"pid": "owner_pid", "process": "owner_process"}

#: Columns that are told of a process where a source tells nothing of the socket: who holds it answers for it.
TOLD_OF_PROCESS = ("cgroup", "container")

#: Columns in which a socket's further holders are known too.
HELD = ("pid", "process", "fd")

UNTOLD = "No row here tells {columns}: a filter about it keeps nothing, and its opposite everything."


def matching(look: Snapshot, condition: Condition) -> pl.Series:
    """For each row of `look`: does it meet `condition`? A row is held by each of its holders."""
    rows = look.sockets if look.charges is None else look.sockets.hstack(look.charges)

    def met(condition: Condition) -> pl.Series:
        if isinstance(condition, Not):
            return ~met(condition.part)
        if isinstance(condition, Within | Among | Inside):
            return _met_leaf(rows, look, condition)
        conjunction = isinstance(condition, Every)
        none = pl.repeat(conjunction, rows.height, dtype=pl.Boolean(), eager=True)
        return reduce(and_ if conjunction else or_, map(met, condition.parts), none)

    return met(condition).alias("matching")


def untold(look: Snapshot, condition: Condition) -> tuple[str, ...]:
    """The columns that `condition` needs and no row of `look` tells; of alternatives one told is enough."""
    rows = look.sockets if look.charges is None else look.sockets.hstack(look.charges)

    def missing(condition: Condition) -> tuple[str, ...]:
        if isinstance(condition, Not):
            return missing(condition.part)
        if isinstance(condition, Every | Either):
            parts = [missing(part) for part in condition.parts]
            some_told = isinstance(condition, Either) and not all(parts)
            return () if some_told else tuple(name for part in parts for name in part)
        name = condition.column
        told_of = (rows, look.processes) if name in TOLD_OF_PROCESS else (rows,)
        return () if any(name in table.columns and table[name].count() for table in told_of) else (name,)

    return tuple(dict.fromkeys(missing(condition)))


def kept(look: Snapshot, keep: pl.Series) -> Snapshot:
    """The rows for which `keep` is true, with their holders and processes."""
    return arranged(look, keep.arg_true())


def arranged(look: Snapshot, order: pl.Series) -> Snapshot:
    """The rows with the numbers in `order`, in that order, with their holders and processes."""
    sockets = look.sockets[order]
    place = pl.DataFrame({"socket": order.cast(pl.Int64), "place": pl.int_range(len(order), eager=True)})
    holders = look.holders.join(place, on="socket", how="inner", maintain_order="left")
    charges = None if look.charges is None else look.charges[order]
    pids = pl.concat([sockets["pid"], holders["pid"], *([] if charges is None else [charges["owner_pid"]])])
    return replace(
        look,
        sockets=sockets,
        charges=charges,
        holders=holders.with_columns(socket=pl.col("place")).drop("place"),
        processes=look.processes.filter(pl.col("pid").is_in(pids.unique().to_list())),
        sight=replace(look.sight, rows=sockets.height),
    )


def _met_leaf(rows: pl.DataFrame, look: Snapshot, leaf: Leaf) -> pl.Series:
    """Which rows meet a condition about one column, by what stands beside them or by another of their holders."""
    met, holders = _met_values(rows, leaf.column, leaf), look.holders
    if leaf.column in TOLD_OF_PROCESS:
        pids = look.processes["pid"].filter(_met_values(look.processes, leaf.column, leaf)).to_list()
        met = met | _held_by(rows, holders, pids)
    if leaf.column in ANSWERED_BY:
        met = met | _met_values(rows, ANSWERED_BY[leaf.column], leaf)
    if leaf.column in HELD and not holders.is_empty():
        held = holders["socket"].filter(_met_values(holders, leaf.column, leaf)).unique()
        met = met | pl.int_range(rows.height, eager=True).is_in(held.to_list())
    return met


def _held_by(rows: pl.DataFrame, holders: pl.DataFrame, pids: list[int]) -> pl.Series:
    """Which rows one of these processes holds, or answers for."""
    sockets = holders["socket"].filter(holders["pid"].is_in(pids)).unique()
    held = rows["pid"].is_in(pids) | pl.int_range(rows.height, eager=True).is_in(sockets.to_list())
    answered = rows["owner_pid"].is_in(pids) if "owner_pid" in rows.columns else held
    return (held | answered).fill_null(False)


def _met_values(rows: pl.DataFrame, column: str, leaf: Leaf) -> pl.Series:
    """Which values of `column` meet the condition; none where there is no such column."""
    if column not in rows.columns:
        return pl.repeat(False, rows.height, dtype=pl.Boolean(), eager=True)
    values = rows[column]
    if isinstance(leaf, Within):
        told = pl.col(column)
        spans = [
            (told >= low if low is not None else told.is_not_null())
            & (told <= high if high is not None else told.is_not_null())
            for low, high in leaf.spans
        ]
        met = rows.select(reduce(or_, spans, pl.lit(False)).fill_null(False).alias(column))[column]
        return met.new_from_index(0, rows.height) if len(met) != rows.height else met
    meets = among(leaf.patterns) if isinstance(leaf, Among) else inside(leaf)
    different = values.unique().drop_nulls().to_list()
    return values.is_in([value for value in different if meets(value)]).fill_null(False)
