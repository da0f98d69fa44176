"""Files that other programs read, and our own Parquet, which comes back as it was."""

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.files import WRITERS, encoded, rows_of_looks
from closewait.snapshot.listing import rows_for_file
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot
from closewait.views.as_json import heads_as_json
from tests.formats.test_closewait_json import snapshots

LOOK = snapshot("""
    LISTEN      0.0.0.0:80   -                  pid=7 process=app fd=3 queue=0/128
    CLOSE_WAIT  10.0.0.1:80  203.0.113.9:40001  pid=7 process=app holders=7,9 recvq=3 age=90s
""")


def parquet(saved: list[Snapshot]) -> bytes:
    """The file that `closewait list -o FILE.parquet` writes."""
    return encoded(rows_of_looks(saved), ".parquet", heads=heads_as_json(saved))


@settings(deadline=None, max_examples=60)
@given(st.lists(snapshots(), min_size=1, max_size=3))
def test_reading_parquet_back_loses_nothing(saved: list[Snapshot]) -> None:
    """Rows, holders, processes, host, sight, time, source and format of every look come back as they were."""
    again = looks(parquet(saved), "saved.parquet")

    assert len(again) == len(saved)
    for one, other in zip(again, saved, strict=True):
        assert one.sockets.equals(other.sockets)
        assert one.processes.equals(other.processes)
        assert (one.host, one.sight, one.source, one.format) == (other.host, other.sight, other.source, other.format)
        assert one.taken_at_unix_s == pytest.approx(other.taken_at_unix_s, abs=0.001)
        assert one.holders.sort(pl.all()).equals(other.holders.sort(pl.all()))


def test_flows_and_summaries_come_back_too() -> None:
    """Looks of several kinds in one file."""
    flows = Snapshot.of_columns(
        {"local_address": ["10.0.0.1"], "local_port": [80], "state": ["TIME_WAIT"]}, kind="flows"
    )
    counts = Snapshot.of_columns({}, kind="counts", told_states={"CLOSE_WAIT": 9})
    again = looks(parquet([flows, counts, LOOK]), "saved.parquet")

    assert [look.kind for look in again] == ["flows", "counts", "sockets"]
    assert again[0].sockets.equals(flows.sockets)
    assert again[1].states == {"CLOSE_WAIT": 9}
    assert again[2].sockets.equals(LOOK.sockets)


WHOLE = parquet([LOOK])


@settings(deadline=None, max_examples=300)
@given(st.integers(4, len(WHOLE) - 1), st.integers(1, 255))
def test_a_wrong_byte_is_an_error(place: int, change: int) -> None:
    """Wherever it is; nothing else gets to read the file."""
    damaged = WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :]

    with pytest.raises(BadInput):
        looks(damaged, "damaged.parquet")


@settings(deadline=None, max_examples=60)
@given(st.integers(4, len(WHOLE) - 1))
def test_a_file_that_is_cut_off_is_an_error(size: int) -> None:
    """Wherever it was cut."""
    with pytest.raises(BadInput):
        looks(WHOLE[:size], "cut.parquet")


def test_parquet_of_others_is_refused() -> None:
    """A table of something else has no seal; a table of groups has no looks."""
    foreign = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(foreign)
    groups = encoded(pl.DataFrame({"state": ["LISTEN"], "sockets": [1]}), ".parquet")

    for data in (foreign.getvalue(), groups, b"PAR1", b"PAR1PAR1", b"PAR1" * 99):
        with pytest.raises(BadInput):
            looks(data, "other.parquet")


def test_any_program_reads_the_parquet() -> None:
    """The seal is nothing to them: every column of the schema is there, with its type."""
    rows = pl.read_parquet(io.BytesIO(WHOLE))

    assert rows.columns == ["look", *(column.name for column in SOCKETS), "holders"]
    assert rows["state"].to_list() == ["LISTEN", "CLOSE_WAIT"]
    assert pl.read_ipc(io.BytesIO(encoded(rows_of_looks([LOOK]), ".arrow"))).equals(rows)


def test_text_files_have_what_is_told() -> None:
    """CSV and JSON lines leave out the columns that no row tells; a CSV has no lists."""
    rows = rows_for_file([LOOK], whole=False)
    table = list(csv.DictReader(io.StringIO(encoded(rows, ".csv").decode())))
    lines = [json.loads(line) for line in encoded(rows, ".jsonl").splitlines()]

    assert [row["state"] for row in table] == [row["state"] for row in lines] == ["LISTEN", "CLOSE_WAIT"]
    assert "holders" not in table[0]
    assert [holder["pid"] for holder in lines[1]["holders"]] == [7, 9]
    assert "rtt_us" not in lines[0]


def test_the_look_is_numbered_where_there_are_several() -> None:
    """One look needs no number."""
    assert "look" not in rows_for_file([LOOK], whole=False).columns
    assert rows_for_file([LOOK, LOOK], whole=False)["look"].to_list() == [0, 0, 1, 1]


@pytest.mark.parametrize("ending", WRITERS)
def test_hostile_names_are_data(ending: str) -> None:
    """A process may be called anything."""
    name = 'a,"b\n\x1b[2J\u202e=1+1'
    look = Snapshot.of_columns({"state": ["LISTEN"], "process": [name]})
    data = encoded(rows_for_file([look], whole=False), ending)
    read = {
        ".csv": pl.read_csv,
        ".parquet": pl.read_parquet,
        ".arrow": pl.read_ipc,
        ".feather": pl.read_ipc,
        ".jsonl": pl.read_ndjson,
        ".ndjson": pl.read_ndjson,
    }

    assert read[ending](io.BytesIO(data))["process"].to_list() == [name]
