"""A log of dumps is one host at many times: the last look is judged, with an earlier one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cli.test_command_line import pile, run


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
