"""Frames as the files that other programs read: CSV, JSON lines, Parquet and Arrow; and our own Parquet read back.

A Parquet file of looks has a row for each socket, every column of the schema, the number of the look and the holders
of the row; what belongs to a look as a whole stands beside it in the file, under METADATA_KEY.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import polars as pl

from closewait.errors import BadInput
from closewait.records import record
from closewait.snapshot.columns import HOLDERS, SOCKETS
from closewait.snapshot.seal import check, sealed
from closewait.snapshot.table import Snapshot, schema

METADATA_KEY = "closewait"
LOOK = "look"
HOLDER_TYPE = pl.List(pl.Struct({name: kind for name, kind in schema(HOLDERS).items() if name != "socket"}))
FILE_SCHEMA = {LOOK: pl.Int64(), **schema(SOCKETS), "holders": HOLDER_TYPE}

#: More rows than any host has sockets; a forged file may claim any number in a few bytes.
MOST_ROWS = 50_000_000


def rows_of_looks(looks: Sequence[Snapshot]) -> pl.DataFrame:
    """The rows of all looks in one frame, each with the number of its look."""
    numbered = [_numbered(number, look) for number, look in enumerate(looks)]
    return pl.concat([pl.DataFrame(schema=FILE_SCHEMA), *numbered], how="diagonal")


def _numbered(number: int, look: Snapshot) -> pl.DataFrame:
    """The rows of one look with its number and each row's holders."""
    holders = look.holders.group_by("socket", maintain_order=True).agg(holders=pl.struct("pid", "process", "fd"))
    rows = look.sockets.with_row_index("socket").with_columns(pl.col("socket").cast(pl.Int64))
    joined = rows.join(holders, on="socket", how="left", maintain_order="left").drop("socket")
    return joined.with_columns(pl.lit(number, dtype=pl.Int64).alias(LOOK), pl.col("holders").cast(HOLDER_TYPE))


def _write_csv(rows: pl.DataFrame, file: BinaryIO, _: Mapping[str, str], *, with_header: bool = True) -> None:
    flat = rows.select(name for name, kind in rows.schema.items() if not kind.is_nested())
    flat.write_csv(file, include_header=with_header)


def _write_json_lines(rows: pl.DataFrame, file: BinaryIO, _: Mapping[str, str]) -> None:
    rows.write_ndjson(file)


def _write_parquet(rows: pl.DataFrame, file: BinaryIO, metadata: Mapping[str, str]) -> None:
    unsealed = BytesIO()
    rows.write_parquet(unsealed, metadata=dict(metadata))
    file.write(sealed(unsealed.getvalue()))


def _write_arrow(rows: pl.DataFrame, file: BinaryIO, _: Mapping[str, str]) -> None:
    rows.write_ipc(file)


#: How a file is written, by the ending of its name.
WRITERS: Mapping[str, Callable[[pl.DataFrame, BinaryIO, Mapping[str, str]], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
    ".parquet": _write_parquet,
    ".arrow": _write_arrow,
    ".feather": _write_arrow,
}


def encoded(rows: pl.DataFrame, ending: str, *, heads: str | None = None) -> bytes:
    """`rows` as a file with this ending; `heads` is what belongs to their looks, in a Parquet file."""
    file = BytesIO()
    WRITERS[ending](rows, file, {} if heads is None else {METADATA_KEY: heads})
    return file.getvalue()


#: The endings of files that can be written look by look; the others are written when all rows are there.
WRITTEN_IN_PARTS = (".csv", ".jsonl", ".ndjson")


def write_in_parts(looks: Iterable[Snapshot], ending: str, file: BinaryIO) -> int:
    """Write the rows of one look after another, with every column, and say how many there were."""
    written = 0
    for number, look in enumerate(looks):
        rows = pl.concat([pl.DataFrame(schema=FILE_SCHEMA), _numbered(number, look)], how="diagonal")
        if ending == ".csv":
            _write_csv(rows, file, {}, with_header=number == 0)
        else:
            _write_json_lines(rows, file, {})
        written += rows.height
    return written


@record
class Rows:
    """The rows of one look as a file has them: its columns, and every holder of every row."""

    columns: Mapping[str, Any]
    holders: Mapping[str, Any]


def heads_in(parquet: bytes) -> str:
    """What stands beside the rows of our own Parquet. Raises BadInput."""
    check(parquet)
    try:
        told = pl.read_parquet_metadata(BytesIO(parquet)).get(METADATA_KEY)
    except _FORGED as forged:
        raise BadInput(f"this Parquet file cannot be read ({_one_line(forged)}).") from None
    if told is None:
        raise BadInput("this Parquet file holds groups or an answer, not sockets: closewait list -o writes those.")
    return told


def looks_in(parquet: bytes, looks: int) -> list[Rows]:
    """The rows of each of so many looks in our own Parquet. Raises BadInput."""
    check(parquet)
    try:
        claimed = pl.scan_parquet(BytesIO(parquet)).select(pl.len()).collect().item()
        if claimed > MOST_ROWS:
            raise BadInput(f"this Parquet file claims {claimed:,} rows, more than any host has sockets.")
        rows = pl.read_parquet(BytesIO(parquet))
    except _FORGED as forged:
        raise BadInput(f"this Parquet file cannot be read ({_one_line(forged)}).") from None
    if dict(rows.schema) != FILE_SCHEMA:
        raise BadInput("the columns of this Parquet file are those of another version of closewait.")
    return [_rows(rows.filter(pl.col(LOOK) == number)) for number in range(looks)]


def _rows(rows: pl.DataFrame) -> Rows:
    """One look's columns, and its holders taken out of their lists."""
    held = (
        rows.select("holders")
        .with_row_index("socket")
        .drop_nulls("holders")
        .explode("holders")
        .unnest("holders")
        .with_columns(pl.col("socket").cast(pl.Int64))
    )
    return Rows(
        columns={name: rows[name] for name in schema(SOCKETS)},
        holders={name: held[name] for name in schema(HOLDERS)},
    )


def _one_line(forged: BaseException) -> str:
    return str(forged).partition("\n")[0][:120]


#: What polars says of a file that somebody sealed and it cannot read; the second is how its other half gives up.
_FORGED = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
