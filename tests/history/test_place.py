"""Where the history is, where none is named."""

from pathlib import Path

import pytest

from closewait.actions import audit
from closewait.cli.remembered import known_of
from closewait.errors import CannotAct
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


def test_a_user_without_a_home_is_told_what_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number that a container runs as; what only asks whether there is a history goes on without."""
    for name in ("HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("os.getuid", "os.geteuid"):
        monkeypatch.setattr(name, lambda: 123_456)
    with pytest.raises(CannotAct, match="--history FILE"):
        place()
    with pytest.raises(CannotAct, match="XDG_STATE_HOME"):
        audit.path()
    assert known_of({"local_port": 80}) == []
