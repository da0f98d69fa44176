"""What tools printed, and the rows that must be read from it. A new case is two files; no test changes."""

from pathlib import Path

import polars as pl
import pytest

from closewait.formats import read
from closewait.formats.format import Reading
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import frame, schema

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*/*.csv"))
TYPES = schema(SOCKETS) | {"look": pl.Int64(), "count": pl.Int64()}


def recording(expectation: Path) -> Path:
    """The file with what the tool printed."""
    (found,) = (file for file in expectation.parent.glob(f"{expectation.stem}.*") if file != expectation)
    return found


def told(reading: Reading) -> pl.DataFrame:
    """The rows of a reading, or the counts of a summary."""
    if reading.states is None:
        return frame(SOCKETS, reading.columns)
    return pl.DataFrame({"state": [*reading.states], "count": [*reading.states.values()]})


@pytest.mark.parametrize("expectation", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_exactly_the_expected_rows_are_read(expectation: Path) -> None:
    """Every row and every column of it; a column that the expectation lacks is null throughout."""
    file = recording(expectation)
    readings = read(file.read_bytes(), name=file.name)
    rows = pl.concat(
        told(reading).select(pl.lit(number).alias("look"), pl.all()) for number, reading in enumerate(readings, start=1)
    )
    text = expectation.read_text()
    wanted = pl.read_csv(text.encode(), schema_overrides=TYPES) if text.strip() else rows.clear().select("look")
    untold = rows.drop("look", *wanted.columns, strict=False)

    assert {reading.format for reading in readings} == {expectation.parent.name}
    assert rows.select(wanted.columns).rows(named=True) == wanted.rows(named=True)
    assert [column.name for column in untold if column.null_count() < len(rows)] == []


@pytest.mark.parametrize("expectation", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_recording_has_an_origin(expectation: Path) -> None:
    """The page beside the files says how each of them was made."""
    assert recording(expectation).name in (expectation.parent / "ORIGIN.md").read_text()
