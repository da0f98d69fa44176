"""The audit log: every line stays, whoever writes at the same time and whatever is in it."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from closewait.actions import audit
from closewait.errors import CannotAct


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "closewait" / "audit.jsonl"


def test_nothing_done_is_nothing_recorded(log: Path) -> None:
    """Where there is no log there are no entries, and reading makes none."""
    assert audit.entries() == []
    assert not log.exists()


def test_entries_come_back_in_order_with_who_and_when(log: Path) -> None:
    """An entry is one line of JSON, for its owner's eyes only."""
    told = [audit.record({"what": "set", "name": name}) for name in ("first", "second")]

    first, second = audit.entries()
    assert told == [log, log]
    assert (first["name"], second["name"]) == ("first", "second")
    assert first["who"]["uid"] == os.getuid()
    assert first["when"].endswith("+00:00")
    assert log.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["name"] for line in log.read_text().splitlines()] == ["first", "second"]


def test_what_is_hostile_stays_one_line(log: Path) -> None:
    """Newlines, terminal sequences and quotes in a name do not break the log."""
    name = 'a"\n{"what": "set"}\x1b[31m\u2028'
    audit.record({"name": name})

    assert log.read_bytes().count(b"\n") == 1
    assert audit.entries()[0]["name"] == name


def test_a_torn_line_hides_no_other(log: Path) -> None:
    """A crash while writing costs its own line."""
    audit.record({"name": "before"})
    with log.open("a") as torn:
        torn.write('{"name": "to\n[1, 2]\n' + "[" * 100_000 + "\n")
    audit.record({"name": "after"})

    assert [entry["name"] for entry in audit.entries()] == ["before", "after"]


def test_a_line_behind_a_torn_one_stands_alone(log: Path) -> None:
    """A crash that ends in the middle of a line costs that line only; no line is empty."""
    audit.record({"name": "before"})
    with log.open("a") as torn:
        torn.write('{"name": "to')
    audit.record({"name": "after"})
    audit.record({"name": "last"})

    assert [entry["name"] for entry in audit.entries()] == ["before", "after", "last"]
    assert len(log.read_text().splitlines()) == 4


#: A program that may write ten bytes more than the log has.
ON_A_FULL_DISK = """
import os, resource, signal
from closewait.actions import audit
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(audit.path()) + 10,) * 2)
audit.record({"name": "half"})
"""


def test_half_a_line_is_no_record(log: Path) -> None:
    """Where the disk is full it is said what could not be written, and the next line is whole again."""
    audit.record({"name": "before"})
    full = subprocess.run([sys.executable, "-c", ON_A_FULL_DISK], capture_output=True, text=True, timeout=60)
    audit.record({"name": "after"})

    assert full.returncode == 1
    assert "CannotAct" in full.stderr
    assert '"name": "half"' in full.stderr
    assert [entry["name"] for entry in audit.entries()] == ["before", "after"]


def test_many_writers_lose_nothing() -> None:
    """Lines written at the same time stand beside each other."""
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda number: audit.record({"number": number, "long": "x" * 5000}), range(64)))

    assert sorted(entry["number"] for entry in audit.entries()) == list(range(64))


def test_a_log_that_cannot_be_written_is_said_before_anything_is_done(log: Path) -> None:
    """`ready()` refuses where the folder cannot be made, and where somebody has put a link in the log's place."""
    assert audit.ready() == log
    log.unlink()
    log.symlink_to("/dev/null")
    with pytest.raises(CannotAct, match="nothing is done"):
        audit.ready()

    log.unlink()
    log.parent.rmdir()
    log.parent.write_text("")
    with pytest.raises(CannotAct, match="nothing is done"):
        audit.ready()


def test_where_the_log_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_STATE_HOME goes first; else root's log is the system's, and a user's own is at home."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert audit.path() == Path("/var/log/closewait/audit.jsonl")

    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert audit.path() == tmp_path / ".local" / "state" / "closewait" / "audit.jsonl"
