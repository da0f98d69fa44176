"""A history of an older closewait is brought to this version, and loses nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from closewait import history
from closewait.errors import BadInput
from closewait.history.database import APPLICATION_ID, MIGRATIONS, VERSION
from tests.history.watched import BEGAN_UNIX_S, Clock, Watch, leak

SCHEMA_1 = Path(__file__).with_name("schema_1.sql").read_text()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A history as version 1 wrote it, with one look in it."""
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(f"""
            {SCHEMA_1}
            PRAGMA application_id = {APPLICATION_ID};
            PRAGMA user_version = 1;
            INSERT INTO runs VALUES (1, 77, '', 'first boot', {BEGAN_UNIX_S - 60}, NULL);
            INSERT INTO looks VALUES (0, 1, {BEGAN_UNIX_S - 10}, 990, 990, 0.1, 5, NULL, NULL, NULL);
            INSERT INTO series VALUES (1, 'sockets', '["LISTEN"]');
            INSERT INTO points VALUES (0, 1, 5, NULL);
        """)
    return path


def shape(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The columns of every table, with their types."""
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {
            table: [(name, kind) for _, name, kind, *_ in file.execute(f"PRAGMA table_info({table})")]
            for table in tables
        }


def test_an_older_history_is_brought_to_this_version(old: Path, tmp_path: Path) -> None:
    """The shape is that of a new one; what was in it is there, and the watch goes on."""
    new = tmp_path / "new.sqlite"
    with history.writing(new):
        pass
    clock = Clock()
    with history.writing(old, clock=clock) as store:
        assert "The last watch (process 77) ended without saying so" in store.what_happened[0]
        Watch(store, clock).look(leak(3))

    assert shape(old) == shape(new)
    with history.reading(old) as past:
        assert past.series("sockets", "LISTEN").values.tolist() == [5, 1]


def test_a_reader_leaves_an_older_history_as_it_is(old: Path) -> None:
    """It may not write, and says who will."""
    before = old.read_bytes()
    with pytest.raises(BadInput, match="next `closewait watch` brings it"), history.reading(old):
        pass

    assert old.read_bytes() == before


def test_every_version_has_its_way_to_the_next() -> None:
    """From the first one on."""
    assert sorted(MIGRATIONS) == [*range(1, VERSION)]


def test_a_migration_is_done_whole_or_not_at_all(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails leaves the file of the older version."""
    before = shape(old)
    monkeypatch.setitem(MIGRATIONS, 1, f"{MIGRATIONS[1]}; ALTER TABLE songs ADD COLUMN name")  # type: ignore[misc]  # a dict

    with pytest.raises(Exception, match="songs"), history.writing(old):
        pass
    assert shape(old) == before
