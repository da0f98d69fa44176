"""Writes what the readers read from the golden files now, as the `.csv` that says what must be read from them.

    tools/expect_golden.py [TEXT]      for every golden file that has TEXT in its name

A person compares each line of the `.csv` with the text before it counts: written by the readers themselves, it guards
against change and proves nothing. `tests/formats/test_golden.py` compares; `tools/record_golden.py` records the texts.
"""

import sys
from pathlib import Path

import polars as pl

from closewait.formats import read
from closewait.formats.format import Reading
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import frame

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "formats" / "golden"


def told(reading: Reading) -> pl.DataFrame:
    """The rows of a reading, or the counts of a summary."""
    if reading.states is None:
        return frame(SOCKETS, reading.columns)
    return pl.DataFrame({"state": [*reading.states], "count": [*reading.states.values()]})


def expected(file: Path) -> str:
    """The rows of all readings of a golden file; a first column numbers the readings where there are several."""
    found = [told(reading) for reading in read(file.read_bytes(), name=file.name)]
    if len(found) > 1:
        found = [rows.select(pl.lit(number).alias("look"), pl.all()) for number, rows in enumerate(found, start=1)]
    rows = pl.concat(found)
    columns = [column.name for column in rows if column.null_count() < len(rows)]
    return rows.select(columns).write_csv() if columns else ""


def main(wanted: str) -> None:
    """Write what is expected of the files that are wanted."""
    for file in sorted(GOLDEN.glob("*/*")):
        if file.suffix in (".txt", ".bin") and wanted in f"{file.parent.name}/{file.name}":
            file.with_suffix(".csv").write_text(expected(file))
            print(file.relative_to(GOLDEN).with_suffix(".csv"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
