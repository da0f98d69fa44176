"""A look as four tables that SQL can be asked of: sockets, holders, processes, listeners."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from closewait.errors import BadUsage
from closewait.snapshot.columns import CHARGES, HOLDERS, PROCESSES, SOCKETS, Column
from closewait.snapshot.listing import rows_of
from closewait.snapshot.table import Snapshot, schema

SOCKET = Column("socket", "integer", "row number", "The row's number in its look, by which `holders` names it.")
LOOK = Column("look", "integer", "number", "The look the row belongs to, counted from 0; a dump may hold several.")

LISTENERS = tuple(c for c in SOCKETS if c.name in {
    "protocol", "local_address", "local_port", "local_service", "accept_queue_conns", "accept_queue_limit", "pid",
    "process", "fd", "inode", "uid", "interface",
})  # fmt: skip

LONGEST_REASON = 160  # characters of what polars says; it may go on with the whole schema

#: Every table with its columns.
TABLES: Mapping[str, tuple[Column, ...]] = {
    "sockets": (LOOK, SOCKET, *SOCKETS, *CHARGES),
    "holders": (LOOK, *HOLDERS),
    "processes": (LOOK, *PROCESSES),
    "listeners": (LOOK, *LISTENERS),
}


def tables(looks: Sequence[Snapshot]) -> dict[str, pl.DataFrame]:
    """The tables of some looks, one behind the other."""
    sockets = _joined("sockets", [rows_of(look).with_row_index(SOCKET.name) for look in looks])
    listening = sockets.filter(pl.col("state") == "LISTEN")
    return {
        "sockets": sockets,
        "holders": _joined("holders", [every_holder(look) for look in looks]),
        "processes": _joined("processes", [look.processes for look in looks]),
        "listeners": listening.select(column.name for column in TABLES["listeners"]),
    }


def every_holder(look: Snapshot) -> pl.DataFrame:
    """The holders of a look, with those that stand beside their socket only: most dumps show one and no more."""
    beside = look.sockets.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("socket"),
        *(
            pl.col(name) if name in look.sockets.columns else pl.lit(None).alias(name)
            for name in ("pid", "process", "fd")
        ),
    ).filter(pl.col("pid").is_not_null() | pl.col("process").is_not_null())
    beside = beside.join(look.holders, on="socket", how="anti")
    return pl.concat([look.holders, beside], how="vertical_relaxed").sort("socket", maintain_order=True)


def _joined(table: str, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames of all looks, each row with the number of its look."""
    columns = schema(TABLES[table])
    numbered = [
        frame.with_columns(pl.lit(look).alias(LOOK.name)).select(
            pl.col(name).cast(kind) for name, kind in columns.items()
        )
        for look, frame in enumerate(frames)
    ]
    return pl.concat([pl.DataFrame(schema=columns), *numbered])


def answer(
    query: str, looks: Sequence[Snapshot], others: Mapping[str, pl.DataFrame] = MappingProxyType({})
) -> pl.DataFrame:
    """What `query` selects, from `others` too. Raises BadUsage, in one line, for SQL that cannot be answered."""
    try:
        with pl.SQLContext({**tables(looks), **others}, eager=True) as context:
            result = context.execute(query)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as wrong:
        why = str(wrong).strip().partition("\n")[0].rstrip(".")
        raise BadUsage(f"This SQL cannot be answered: {why[:LONGEST_REASON]}. See closewait sql --tables.") from None
    return result
