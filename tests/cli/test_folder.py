"""A folder of one host's files: dumps are looks in the order of their names, and nothing is dropped unnamed."""

import json
from pathlib import Path

from tests.cli.test_command_line import HEALTHY, pile, run


def test_dumps_in_name_order_are_looks(tmp_path: Path) -> None:
    """The last is judged, the one before it is its earlier look."""
    (tmp_path / "dump.1.txt").write_text(pile(4))
    (tmp_path / "dump.2.txt").write_text(pile(6))
    answer = json.loads(run(str(tmp_path), "--json").stdout)

    assert [Path(look["source"]).name for look in answer["looks"]] == ["dump.1.txt", "dump.2.txt"]
    assert (answer["findings"][0]["certainty"], answer["findings"][0]["sockets"]) == ("certain", 6)


def test_what_is_no_dump_is_named(tmp_path: Path) -> None:
    """A note beside a dump is not understood, and said so in text and in JSON."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "note.txt").write_text("It hangs every night.\n")

    assert [item["file"] for item in json.loads(run(str(tmp_path), "--json").stdout)["not_understood"]] == ["note.txt"]
    assert "note.txt" in run(str(tmp_path)).stdout


def test_another_hosts_dump_is_no_earlier_look(tmp_path: Path) -> None:
    """Two ends of one connection lie in one folder: sockets of the one do not persist in the other."""
    (tmp_path / "client.txt").write_text(
        pile(20).replace("10.0.0.1:443", "10.9.9.9:443").replace("0.0.0.0:443", "10.9.9.9:443")
    )
    (tmp_path / "server.txt").write_text(pile(20).replace("0.0.0.0:443", "10.0.0.1:443"))

    assert len(json.loads(run(str(tmp_path), "--json").stdout)["looks"]) == 1


def test_sockets_are_judged_before_a_summary(tmp_path: Path) -> None:
    """A histogram beside a dump does not take its place, whatever it is called."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "histogram.txt").write_text("     20 CLOSE_WAIT\n      1 LISTEN\n")

    assert run(str(tmp_path)).stdout.splitlines()[2].startswith("WARNING  leaked-close-wait")


def test_a_folder_without_dumps_says_so(tmp_path: Path) -> None:
    """Empty or full of other things: status 4 and one sentence."""
    assert run(str(tmp_path)).returncode == 4
    (tmp_path / "note.txt").write_text("It hangs.\n")
    done = run(str(tmp_path))

    assert done.returncode == 4
    assert "note.txt" in done.stderr


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    """What an editor leaves behind is nobody's evidence."""
    (tmp_path / "dump.txt").write_text(HEALTHY)
    (tmp_path / ".dump.txt.swp").write_bytes(b"\x00\x01")

    assert json.loads(run(str(tmp_path), "--json").stdout)["not_understood"] == []
