"""`-o FILE`: rows written into a file whose ending says how. Nothing is written over unless asked to."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.errors import BadUsage

if TYPE_CHECKING:
    from closewait.snapshot.table import Frame, Snapshot

ENDINGS = (".csv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")

Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the rows into FILE: .csv, .jsonl, .parquet or .arrow."),
]
Force = Annotated[bool, typer.Option("--force", help="Let -o write over a file that is there.")]


def checked(output: str | None, *, force: bool) -> Path | None:
    """The file to write, before anything is looked at. Raises BadUsage."""
    if output is None:
        return None
    file = Path(output)
    if file.suffix.lower() not in ENDINGS:
        raise BadUsage(f"closewait does not know how to write {output!r}. Let its name end in {', '.join(ENDINGS)}.")
    if not force and file.exists():
        raise BadUsage(f"{output} is there already. Choose another name, or write over it with --force.")
    return file


def holds_looks(file: Path) -> bool:
    """Whether such a file has every column, so that files of many looks and hosts fit together."""
    return file.suffix.lower() in (".parquet", ".arrow", ".feather")


def write_log(looks: "Iterable[Snapshot]", file: Path, *, force: bool, quiet: bool) -> None:
    """Write the rows of a log as its looks are read. Raises BadUsage."""
    from closewait.snapshot.files import WRITTEN_IN_PARTS, write_in_parts

    ending = file.suffix.lower()
    if ending not in WRITTEN_IN_PARTS:
        raise BadUsage(
            f"A log of this size cannot be written as {ending}: all its rows would be held at once. "
            f"Let the name end in {', '.join(WRITTEN_IN_PARTS)}."
        )
    try:
        with file.open("wb" if force else "xb") as opened:
            rows = write_in_parts(looks, ending, opened)
    except OSError as refused:
        raise BadUsage(f"{file} cannot be written: {refused.strerror}.") from None
    if not quiet:
        print(f"{file}: {rows:,} rows")


def write(rows: "Frame", file: Path, *, force: bool, quiet: bool, heads: str | None = None) -> None:
    """Write `rows` and say so; `heads` is what belongs to their looks, for a file that can hold it. Raises BadUsage."""
    from closewait.snapshot.files import encoded

    contents = encoded(rows, file.suffix.lower(), heads=heads)
    try:
        with file.open("wb" if force else "xb") as opened:
            opened.write(contents)
    except OSError as refused:
        raise BadUsage(f"{file} cannot be written: {refused.strerror}.") from None
    if not quiet:
        print(f"{file}: {rows.height:,} rows")
