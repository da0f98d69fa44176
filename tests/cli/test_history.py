"""`closewait history` as its user meets it, and what `sql` and `explain` know of the past."""

import json
import os
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from closewait import history
from closewait.diagnosis.gauges import Gauge
from closewait.views import history_keys
from tests.cli.test_command_line import COMMAND
from tests.history.watched import BEGAN_UNIX_S, EVERY_S, Clock, Watch, a_look, leak

LOOKS = 40
QUIET = "LISTEN 0.0.0.0:80 - pid=7 process=app fd=3 queue=0/128"


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the history of a leak that was ended after a while."""
    folder = tmp_path_factory.mktemp("state")
    clock = Clock()
    with history.writing(folder / "closewait" / "history.sqlite", clock=clock, every_s=EVERY_S) as store:
        watch = Watch(store, clock)
        for look in range(LOOKS):
            watch.look(leak(20 + 20 * look) if look < LOOKS - 3 else QUIET, whole=look == 5)
            if look == 20:
                clock.pass_by(7_200, asleep_s=7_200)
    return folder


def run(state: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command with this state folder, in UTC."""
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "TZ": "UTC"}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env=environment)


def told(state: Path, *arguments: str) -> Any:
    """What the command says to a program."""
    done = run(state, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_what_was_found_is_told_newest_last(remembered: Path) -> None:
    """Findings and what kept the watch from looking, each with its time."""
    done = run(remembered, "history")
    lines = done.stdout.splitlines()
    starts = [line for line in lines[1:] if not line.startswith(" ")]

    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith(f"{LOOKS} looks from 2027-01-15 08:00:00 to 2027-01-15 10:")
    assert starts == sorted(starts)
    assert starts[0].startswith("2027-01-15 08:00:00 opened   warning never-read app[7], 20 sockets: ")
    assert any(line.startswith("2027-01-15 10:03:30 note     The machine slept 2 h") for line in starts)
    assert "resolved" in starts[-1]
    answer = told(remembered, "history")
    assert [change["event"] for change in answer["changes"]][:2] == ["opened", "grew"]
    assert [incident["kind"] for incident in answer["incidents"]] == ["slept"]


def test_a_span_has_what_is_in_it(remembered: Path) -> None:
    """`--since` and `--until` take times as people say them."""
    assert told(remembered, "history", "--since", "2027-01-15 10:00")["looks"] == LOOKS - 21
    assert told(remembered, "history", "--until", f"@{BEGAN_UNIX_S + 5 * EVERY_S:.0f}")["looks"] == 6
    assert "Nothing was looked at" in run(remembered, "history", "--until", "2020-01-01").stdout
    assert run(remembered, "history", "--since", "some day").returncode == 4


def test_a_process_is_shown_over_time(remembered: Path) -> None:
    """A sparkline for each state, a table, the growth of each, and its wall."""
    done = run(remembered, "history", "--process", "app", "--until", "2027-01-15 08:03:20")
    answer = told(remembered, "history", "--process", "7", "--until", "2027-01-15 08:03:20")

    assert done.stdout.splitlines()[1].startswith("CLOSE_WAIT ▁")
    assert done.stdout.splitlines()[1].endswith("20..420, last 420")
    assert "CLOSE_WAIT of app grow, 2.0 a second" in done.stdout
    assert answer["growth_per_hour"]["CLOSE_WAIT"] == pytest.approx(7_200)
    assert answer["states"]["CLOSE_WAIT"] == [20 + 20 * look for look in range(21)]
    assert len(answer["times"]) == 21
    refused = run(remembered, "history", "--process", "nobody")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "It knows app." in refused.stderr


def test_the_wall_ahead_of_a_leak_is_foreseen_from_what_was_remembered(tmp_path: Path) -> None:
    """One descriptor a second, looked at for ten minutes: the limit is met when it is, within a tenth."""
    clock, began, limit = Clock(), 90, 4096
    with history.writing(tmp_path / "closewait" / "history.sqlite", clock=clock) as store:
        watch = Watch(store, clock)
        for look in range(60):
            held = began + look * EVERY_S
            counts = [Gauge("process_sockets", ("7", "app", "CLOSE_WAIT"), held)]
            watch.look(QUIET, only=[*counts, Gauge("descriptors", ("7", "app"), held, limit)])
    (wall,) = told(tmp_path, "history", "--process", "app")["walls"]
    minutes = (limit - held) / 60

    assert wall.startswith("descriptors of app[7] reach 4,096 in ")
    assert int(wall.partition(" in ")[2].split()[0]) == pytest.approx(minutes, rel=0.1)


def test_a_look_of_the_past_is_shown(remembered: Path, tmp_path: Path) -> None:
    """Its counts and what stood then; a look kept whole can be taken out and judged again."""
    answer = told(remembered, "history", "--at", "2027-01-15 08:01")
    assert (answer["at"], answer["states"]["CLOSE_WAIT"]) == ("2027-01-15T08:01:00.000Z", 140)
    assert [change["finding"]["rule"] for change in answer["standing"]] == ["never-read"]
    text = run(remembered, "history", "--at", "2027-01-15 08:01").stdout
    assert "kept whole at 2027-01-15 08:00:50" in text
    file = tmp_path / "then.parquet"
    assert run(remembered, "history", "--at", "2027-01-15 08:01", "--export", str(file)).returncode == 0
    judged_again = run(remembered, str(file), "--json")
    assert judged_again.returncode == 1
    assert json.loads(judged_again.stdout)["findings"][0]["sockets"] == 120


def test_one_socket_has_its_life(remembered: Path) -> None:
    """In words, and for programs; one that nobody knows is refused."""
    name = "10.0.0.1:80-203.0.113.9:40001"
    assert "CLOSE_WAIT: already so at 2027-01-15 08:00:00; " in run(remembered, "history", name).stdout
    assert [life["state"] for life in told(remembered, "history", name)["lives"]] == ["CLOSE_WAIT"]
    unknown = run(remembered, "history", "10.0.0.1:80-203.0.113.9:9")
    assert (unknown.returncode, unknown.stdout) == (4, "")
    assert run(remembered, "history", "what").returncode == 4


def test_all_gauges_are_exported(remembered: Path, tmp_path: Path) -> None:
    """As any program reads them."""
    file = tmp_path / "night.csv"
    done = run(remembered, "history", "--export", str(file))

    assert done.returncode == 0
    assert file.read_text().splitlines()[0] == "at_unix_s,measure,labels,value,wall"
    assert f"{BEGAN_UNIX_S},sockets,CLOSE_WAIT,20.0," in file.read_text()


def test_sql_asks_the_history(remembered: Path) -> None:
    """Alone, and beside a look."""
    peak = "select max(value) as most from history.points where labels = '7 app CLOSE_WAIT'"
    assert told(remembered, "sql", peak)["rows"] == [{"most": 20 + 20 * (LOOKS - 4)}]
    for table in ("looks", "points", "changes", "lifelines", "incidents"):
        assert told(remembered, "sql", f"select count(*) as n from history.{table}")["rows"][0]["n"] > 0
    joined = "select count(*) as n from history.lifelines l join sockets s on l.local_port = s.local_port"
    assert run(remembered, "sql", joined).returncode == 0
    assert run(remembered, "sql", "select * from history.songs").returncode == 4


def test_nothing_that_was_remembered_steers_the_terminal(tmp_path: Path) -> None:
    """A process chose its name with care; it is shown so that it does nothing."""
    name, clock = "\x1b[2Jroot\u202e", Clock()
    with history.writing(tmp_path / "closewait" / "history.sqlite", clock=clock) as store:
        watch = Watch(store, clock)
        for leaked in range(20, 29):
            look = a_look(leak(leaked), clock)
            sockets, processes = (frame.with_columns(process=pl.lit(name)) for frame in (look.sockets, look.processes))
            watch.look(replace(look, sockets=sockets, processes=processes))
    questions = ([], ["--process", "7"], ["--process", "8"], ["--at", "now"], ["10.0.0.1:80-203.0.113.9:40001"])
    for question in questions:
        done = run(tmp_path, "history", *question)

        assert "root" in done.stdout + done.stderr
        assert not {"\x1b", "\u202e"} & set(done.stdout + done.stderr)


def test_explain_knows_the_past_of_a_socket(tmp_path: Path) -> None:
    """Where a history exists; elsewhere it says nothing of one."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        ends = "-".join(f"{address}:{port}" for address, port in (client.getsockname(), client.getpeername()))
        assert "history knows" not in run(tmp_path, "explain", ends).stdout
        clock = Clock()
        with history.writing(tmp_path / "closewait" / "history.sqlite", clock=clock) as store:
            watch = Watch(store, clock)
            for _ in range(9):
                watch.look(f"ESTABLISHED {ends.replace('-', ' ')} pid=7 process=app")
        text = run(tmp_path, "explain", ends).stdout
        assert "What the history knows" in text
        assert "ESTABLISHED: already so at 2027-01-15 08:00:00" in text
        assert [life["state"] for life in told(tmp_path, "explain", ends)["history"]] == ["ESTABLISHED"]


def test_every_key_is_explained(remembered: Path) -> None:
    """Whatever an answer holds is on docs/reference/json.md, and nothing is there that no answer holds."""
    found = told(remembered, "history")
    life = told(remembered, "history", "10.0.0.1:80-203.0.113.9:40001")
    objects = [
        (history_keys.FOUND, found), (history_keys.CHANGE, found["changes"][0]),
        (history_keys.INCIDENT, found["incidents"][0]), (history_keys.LIVES, life),
        (history_keys.LIFE, life["lives"][0]), (history_keys.AT, told(remembered, "history", "--at", "now")),
        (history_keys.PROCESS, told(remembered, "history", "--process", "app")),
    ]  # fmt: skip

    assert {part.title for part, _ in objects} == {part.title for part in history_keys.HISTORY_PARTS}
    for part, answer in objects:
        assert set(answer) == {key.name for key in part.keys}, part.title


def test_where_there_is_no_history_it_says_who_writes_one(tmp_path: Path) -> None:
    """And makes none."""
    done = run(tmp_path, "history")

    assert (done.returncode, done.stdout) == (4, "")
    assert "closewait watch" in done.stderr
    assert list(tmp_path.iterdir()) == []
