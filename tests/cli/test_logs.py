"""A log of dumps is one host at many times: the last look is judged, with an earlier one."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from closewait.capture.dump_file import LOG_BYTES
from tests.cli.test_command_line import COMMAND, pile, run


def log(*sockets: int, every_s: int = 60) -> str:
    """What a loop of `date; ss -tanp` writes."""
    begin = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
    return "".join(
        f"{datetime.fromtimestamp(begin + every_s * number, UTC):%a %b %d %H:%M:%S UTC %Y}\n{pile(count)}"
        for number, count in enumerate(sockets)
    )


def examined(file: Path, text: str, *options: str) -> dict[str, Any]:
    """The report on a file of this text, as JSON."""
    file.write_text(text)
    answer: dict[str, Any] = json.loads(run(str(file), "--json", *options).stdout)
    return answer


def test_the_last_two_looks_of_a_log_are_judged(tmp_path: Path) -> None:
    """What stayed for a minute is certain, though it is the smaller look."""
    answer = examined(tmp_path / "log.txt", log(12, 8))

    assert [look["taken_at"] for look in answer["looks"]] == ["2026-11-22T10:00:00.000Z", "2026-11-22T10:01:00.000Z"]
    assert (answer["findings"][0]["certainty"], answer["findings"][0]["sockets"]) == ("certain", 8)
    assert not any("dumps" in caveat for caveat in answer["looks"][-1]["sight"]["caveats"])


def test_looks_a_second_apart_prove_nothing(tmp_path: Path) -> None:
    """The earlier look is shown, the span is too short."""
    answer = examined(tmp_path / "log.txt", log(20, 20, every_s=1))

    assert answer["findings"][0]["certainty"] != "certain"


def test_two_dumps_that_tell_no_times_are_no_log(tmp_path: Path) -> None:
    """They may be anything: the larger is judged, and the report says so."""
    answer = examined(tmp_path / "paste.txt", pile(20) + pile(8))

    assert len(answer["looks"]) == 1
    assert any("holds 2 dumps" in caveat for caveat in answer["looks"][0]["sight"]["caveats"])


def test_three_looks_are_a_series(tmp_path: Path) -> None:
    """Every look is counted, in JSON by its time, in text as a course."""
    file = tmp_path / "log.txt"
    answer = examined(file, log(4, 12, 30, 20))

    assert [moment["states"]["CLOSE_WAIT"] for moment in answer["series"]] == [4, 12, 30, 20]
    assert answer["series"][0]["taken_at"] == "2026-11-22T10:00:00.000Z"
    assert len(answer["looks"]) == 2
    lines = run(str(file)).stdout.splitlines()
    assert any("4 looks, 2026-11-22 10:00:00 to 2026-11-22 10:03:00" in line for line in lines)
    assert any("CLOSE_WAIT ▁▃█▅ 4..30, last 20" in line for line in lines)


def test_files_are_a_series_too(tmp_path: Path) -> None:
    """Three dumps of one host, named in order."""
    names = [str(tmp_path / f"{number}.txt") for number in range(3)]
    for number, name in enumerate(names):
        Path(name).write_text(pile(4 + number))

    assert [moment["states"]["CLOSE_WAIT"] for moment in json.loads(run(*names, "--json").stdout)["series"]] == [
        4,
        5,
        6,
    ]


def test_one_look_is_no_series(tmp_path: Path) -> None:
    """There is nothing to compare."""
    assert examined(tmp_path / "dump.txt", pile(20))["series"] == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that is too large to be held, with its dumps of 30,000 sockets."""
    file = tmp_path_factory.mktemp("logs") / "days.log"
    file.write_text(log(*([30_000] * (LOG_BYTES // len(pile(30_000)) + 2))))
    assert file.stat().st_size > LOG_BYTES
    return file


def test_a_large_log_is_read_as_a_stream(large: Path) -> None:
    """The verdict is on the last look, and nothing is drawn where nobody watches."""
    done = run(str(large), "--json")
    answer = json.loads(done.stdout)

    assert done.stderr == ""
    assert answer["findings"][0]["certainty"] == "certain"
    assert {moment["states"]["CLOSE_WAIT"] for moment in answer["series"]} == {30_000}
    assert len(answer["series"]) > 10


def test_a_large_log_may_come_through_a_pipe(large: Path) -> None:
    """Its looks are counted one by one."""
    with large.open("rb") as log_file:
        done = subprocess.run([*COMMAND, "list", "--by", "state", "-", "--json"], stdin=log_file, capture_output=True)
    looks = json.loads(done.stdout)["looks"]

    assert done.stderr == b""
    assert len(looks) > 10
    assert {look["states"]["CLOSE_WAIT"] for look in looks} == {30_000}


def test_a_large_log_is_written_look_by_look(large: Path, tmp_path: Path) -> None:
    """Into a file that can be written in parts; of the others, and of SQL, it says that they cannot."""
    rows = tmp_path / "rows.csv"
    assert run("list", str(large), "rport<40002", "-o", str(rows)).returncode == 0
    lines = rows.read_text().splitlines()

    assert len({line.split(",")[0] for line in lines}) > 10
    assert sum(line.startswith("look,") for line in lines) == 1
    for refused in (
        ["list", str(large), "-o", str(tmp_path / "rows.parquet")],
        ["sql", "select 1", "--from", str(large)],
    ):
        done = run(*refused)
        assert done.returncode == 4
        assert "log" in done.stderr
