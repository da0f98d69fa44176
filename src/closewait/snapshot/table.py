"""The one table: a Snapshot is those columns for one moment of one host.

Columns come in as lists, numpy arrays (masked where unknown) or `Coded` and are put into polars frames here, typed by
`columns.py`. Nothing else decides a type.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from typing import Any

import polars as pl

from closewait.records import record
from closewait.snapshot.coded import Coded
from closewait.snapshot.columns import ALWAYS_IN_JSON, FLOWS, HOLDERS, PROCESSES, SOCKETS, Column, Kind
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.host import SYSTEM_OF_FORMAT, Host
from closewait.snapshot.sight import Sight

Frame = pl.DataFrame  # for the annotations of those who do not name the engine

ROWS_AT_HAND = 4_096
FEW_ROWS = 500  # are counted here sooner than by the engine's threads (measured: 0.03 ms against 0.4 ms for 50)

TYPES: Mapping[Kind, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "real": pl.Float64(),
    "flag": pl.Boolean(),
}


def schema(columns: Sequence[Column]) -> dict[str, pl.DataType]:
    """The polars types of `columns`, in order."""
    return {column.name: TYPES[column.kind] for column in columns}


def frame(columns: Sequence[Column], values: Mapping[str, Any]) -> pl.DataFrame:
    """A frame with exactly `columns`, in order: `values` where given (list, array, Coded or Series), null elsewhere.

    Raises KeyError when `values` names a column the schema does not have.
    """
    unknown = values.keys() - {column.name for column in columns}
    if unknown:
        raise KeyError(f"no such column in the schema: {sorted(unknown)}")
    rows = max((len(column) for column in values.values()), default=0)
    told = untold(tuple(columns), rows)
    for place, column in enumerate(columns):
        dtype = TYPES[column.kind]
        given = values.get(column.name)
        if isinstance(given, pl.Series):
            told.replace_column(place, given.cast(dtype).alias(column.name))
        elif isinstance(given, Coded):
            texts = pl.Series(column.name, given.values, dtype=dtype)
            told.replace_column(place, texts[pl.Series(given.codes, dtype=pl.UInt32)])
        elif given is not None:
            told.replace_column(place, pl.Series(column.name, given, dtype=dtype, strict=False))
    return told


def untold(columns: tuple[Column, ...], rows: int) -> pl.DataFrame:
    """A frame in which nothing is told yet; a part of one made before where that is long enough.

    Forty columns made one by one are half of what the frame of a short dump costs (measured: 0.7 ms with, 0.4 without).
    """
    if rows <= ROWS_AT_HAND:
        return nothing_in(columns).head(rows)
    return made_of_nothing(columns, rows)


@cache
def nothing_in(columns: tuple[Column, ...]) -> pl.DataFrame:
    """Rows at hand of which no column tells anything."""
    return made_of_nothing(columns, ROWS_AT_HAND)


def made_of_nothing(columns: tuple[Column, ...], rows: int) -> pl.DataFrame:
    """A frame of nulls, in which columns of one type share their memory."""
    nothing = {kind: pl.Series([None], dtype=dtype).new_from_index(0, rows) for kind, dtype in TYPES.items()}
    return pl.DataFrame([nothing[column.kind].alias(column.name) for column in columns])


EMPTY_HOLDERS = frame(HOLDERS, {})
EMPTY_PROCESSES = frame(PROCESSES, {})


@record
class Snapshot:
    """One moment of one host: the sockets, who holds them, the processes, the host's limits, and the sight.

    `kind` is `sockets`, `flows` (conntrack; not sockets), `counts` (only `told_states`) or `descriptors`. `charges` is
    the role and the owner of each row, where they were settled before rows were left out (see `diagnosis/roles.py`).
    `clock_s` is the time by a clock that does not tell the day or the year, where the moment is not known: only
    differences of it mean anything. `command` is what a paste shows before the dump. `evidence` is what is known
    besides the sockets; `host` holds what it tells of the host, too.
    """

    sockets: pl.DataFrame
    kind: str = "sockets"
    holders: pl.DataFrame = field(default_factory=lambda: EMPTY_HOLDERS)
    processes: pl.DataFrame = field(default_factory=lambda: EMPTY_PROCESSES)
    told_states: Mapping[str, int] | None = None
    host: Host = field(default_factory=Host)
    sight: Sight = field(default_factory=Sight)
    taken_at_unix_s: float | None = None
    clock_s: float | None = None
    command: str | None = None
    source: str = ""
    format: str = ""
    charges: pl.DataFrame | None = None
    evidence: Evidence = NO_EVIDENCE
    netns_inode: int | None = None  # of the network namespace, where several were looked into

    @classmethod
    def of_columns(cls, values: Mapping[str, Any], **facts: Any) -> "Snapshot":
        """A snapshot whose sockets are `values`, a mapping of column name to list, array or Series."""
        columns = FLOWS if facts.get("kind") == "flows" else SOCKETS
        return cls(sockets=frame(columns, values), **facts)

    def with_evidence(self, evidence: Evidence) -> "Snapshot":
        """This look with `evidence` beside it; what the look itself told of its host holds against it."""
        told = replace(self.host, system=self.system)  # a format may be one system's alone
        host = told.joined(evidence.host).at(self.taken_at_unix_s)
        return replace(self, evidence=self.evidence.joined(evidence), host=host)

    def descriptors_of(self, pids: Collection[int]) -> dict[int, set[int]]:
        """The descriptors by which each of these processes holds sockets of this look."""
        held = self.holders.filter(pl.col("pid").is_in(list(pids))).group_by("pid").agg("fd")
        return {pid: set(fds) for pid, fds in held.iter_rows()}

    @property
    def system(self) -> str | None:
        """The system the sockets live on: as the host tells it, else as the format gives it away."""
        return self.host.system or SYSTEM_OF_FORMAT.get(self.format)

    @property
    def netns(self) -> str | None:
        """The network namespace that was looked at by name; None: the looker's own, or a dump."""
        kind, _, name = self.source.partition(":")
        return name if kind == "netns" else None

    @property
    def states(self) -> dict[str, int]:
        """How many rows are in each state, most first; rows without a state count under `NONE`."""
        if self.told_states is not None:
            return dict(self.told_states)
        told = self.sockets["state"]
        if len(told) <= FEW_ROWS:
            counts = Counter("NONE" if state is None else state for state in told.to_list())
            return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
        counted = told.fill_null("NONE").value_counts().sort("count", "state", descending=[True, False])
        return dict(counted.iter_rows())

    def told(self) -> pl.DataFrame:
        """The rows with those columns that any of them tells."""
        sockets = self.sockets
        return sockets.select(name for name in sockets.columns if sockets[name].null_count() < sockets.height)

    def rows_as_told(self) -> pl.DataFrame:
        """The rows with the JSON contract's columns, those others that any row has, and `holders` of shared ones."""
        sockets = self.sockets
        told = [
            name for name in sockets.columns if name in ALWAYS_IN_JSON or sockets[name].null_count() < sockets.height
        ]
        several = (
            self.holders.filter(pl.len().over("socket") > 1)
            .group_by("socket", maintain_order=True)
            .agg(holders=pl.struct("pid", "process", "fd"))
        )
        rows = sockets.select(told)
        if several.is_empty():
            return rows
        numbered = rows.with_row_index("socket").with_columns(pl.col("socket").cast(pl.Int64))
        return numbered.join(several, on="socket", how="left", maintain_order="left").drop("socket")
