"""A look as a list: counted by columns, in another order, its first rows only, and as rows for a file."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from closewait.records import record
from closewait.snapshot.columns import CHARGES, SOCKETS
from closewait.snapshot.files import LOOK, rows_of_looks
from closewait.snapshot.filters.matching import arranged
from closewait.snapshot.table import Snapshot, schema

COUNT = "sockets"


@record
class Order:
    """By which column, and whether the greatest comes first. What is not told comes last."""

    column: str
    descending: bool = False


def rows_of(look: Snapshot) -> pl.DataFrame:
    """The rows with every column of the schema: what was told, and role and owner where these were settled."""
    rows = look.sockets if look.charges is None else look.sockets.hstack(look.charges)
    missing = {name: kind for name, kind in schema((*SOCKETS, *CHARGES)).items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())


def counted(look: Snapshot, by: Sequence[str], order: Order | None = None, limit: int | None = None) -> pl.DataFrame:
    """How many rows share the values of the columns `by`: the most first, or in another order."""
    groups = rows_of(look).group_by(by).agg(pl.len().cast(pl.Int64).alias(COUNT))
    groups = groups.sort(COUNT, *by, descending=[True, *[False] * len(by)], nulls_last=True)
    if order is not None:
        groups = groups.sort(order.column, descending=order.descending, nulls_last=True, maintain_order=True)
    return groups if limit is None else groups.head(limit)


def listed(look: Snapshot, order: Order | None, limit: int | None) -> Snapshot:
    """The look in another order, and its first rows only; it still tells how many rows were in each state."""
    if order is not None:
        column = rows_of(look)[order.column]
        look = arranged(look, column.arg_sort(descending=order.descending, nulls_last=True))
    rows = look.sockets.height
    if limit is None or rows <= limit:
        return look
    shown = arranged(look, pl.int_range(limit, eager=True))
    caveat = f"{limit:,} of {rows:,} rows are shown."
    return replace(shown, told_states=look.states, sight=replace(shown.sight, caveats=(*look.sight.caveats, caveat)))


def rows_for_file(looks: Sequence[Snapshot], *, whole: bool) -> pl.DataFrame:
    """The rows of all looks: with `whole` every column of the schema, else those that any row tells."""
    rows = rows_of_looks(looks)
    if whole:
        return rows
    told = [name for name in rows.columns if rows[name].null_count() < rows.height]
    return rows.select(name for name in told if name != LOOK or len(looks) > 1)


def groups_for_file(groups: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The groups of all looks, with the number of the look where there are several."""
    if len(groups) == 1:
        return groups[0]
    return pl.concat([frame.insert_column(0, pl.lit(look).alias(LOOK)) for look, frame in enumerate(groups)])
