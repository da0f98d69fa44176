"""Where the history is, where none is named."""

from pathlib import Path

import pytest

from closewait.history.place import place


def test_it_is_where_state_belongs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder that the environment names goes before all; a relative one is none (XDG base directories)."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert place() == tmp_path / "closewait" / "history.sqlite"
    for user, folder in ((0, Path("/var/lib")), (1000, tmp_path / ".local" / "state")):
        monkeypatch.setenv("XDG_STATE_HOME", "relative")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert place() == folder / "closewait" / "history.sqlite"
