"""`closewait watch`: a real leak, in a namespace of its own, watched by the real command."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from closewait.cli.pace import Pace
from tests.capture.named_namespaces import Named, named_namespaces

LEAKED = 20
DEADLINE_S = 30


@pytest.fixture
def there() -> Iterator[Named]:
    """A namespace of the test's own."""
    with named_namespaces(1) as (one,):
        yield one


def leak(count: int) -> list[socket.socket]:
    """Connections whose other end has closed, and that were read to the end: they are not closed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=count)
    held = [listener]
    for _ in range(count):
        client = socket.create_connection(listener.getsockname())
        held.append(listener.accept()[0])
        client.close()
        held[-1].recv(1)
    return held


@contextmanager
def watching(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, running; ended at the end."""
    forgets = [] if "--history" in words or "--config" in words else ["--history", "none"]
    command = [sys.executable, "-m", "closewait", "watch", *forgets, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def events(run: "subprocess.Popen[str]", until: str) -> list[dict[str, Any]]:
    """The lines of JSON up to the first of this event."""
    told = []
    assert run.stdout is not None
    for line in run.stdout:
        told.append(json.loads(line))
        if told[-1]["event"] == until:
            return told
    raise AssertionError(f"ended without {until}: {told} {run.stderr and run.stderr.read()}")


def test_a_leak_is_told_and_then_that_it_is_gone(there: Named) -> None:
    """While it runs: nothing waits for the end."""
    with watching(f"netns:{there.name}", "--every", "0.5s", "--json") as run:
        started = events(run, "started")[-1]
        held = there.call(leak, LEAKED)
        opened = events(run, "opened")[-1]
        for end in held:
            end.close()
        gone = events(run, "resolved")[-1]
        run.send_signal(signal.SIGTERM)
        stopped = events(run, "stopped")[-1]
        assert run.wait(DEADLINE_S) == 0

    assert started["says"] == f"netns:{there.name}: 0 TCP sockets, healthy"
    assert (opened["finding"]["rule"], opened["finding"]["sockets"]) == ("leaked-close-wait", LEAKED)
    assert opened["finding"]["owner"]["pid"] == os.getpid()
    assert gone["key"] == opened["key"]
    assert 0 < gone["lasted_s"] < DEADLINE_S
    assert stopped["looks"] > 2


def test_a_person_reads_lines(there: Named) -> None:
    """Each begins with the time, and is folded at the width; the status is that of the last look."""
    held = there.call(leak, LEAKED)
    time.sleep(2.1)  # what is younger may be about to be closed
    with watching(f"netns:{there.name}", "--every", "0.3s", "--for", "0.6s", "--width", "60") as run:
        told, complaint = run.communicate(timeout=DEADLINE_S)
    for end in held:
        end.close()
    lines = told.splitlines()

    assert run.returncode == 1
    assert complaint == ""
    assert max(map(len, lines)) <= 60
    assert [line.split()[1] for line in lines if line[0].isdigit()] == ["started", "opened", "stopped"]
    assert f"[{os.getpid()}], {LEAKED} sockets:" in " ".join(told.split())


def test_a_place_that_vanishes_is_missed_and_told(there: Named) -> None:
    """Once, and the watch goes on; when it is there again, that too."""
    with watching(f"netns:{there.name}", "--every", "0.2s", "--json") as run:
        events(run, "started")
        where = Path("/run/netns", there.name)
        subprocess.run(["ip", "netns", "delete", there.name], check=True)
        missed = events(run, "missed")
        where_again = subprocess.run(["ip", "netns", "add", there.name], check=False)
        seen = events(run, "seen")
        run.send_signal(signal.SIGINT)
        assert run.wait(DEADLINE_S) == 0

    assert where_again.returncode == 0
    assert where.name in missed[-1]["says"]
    assert len([one for one in (*missed, *seen) if one["event"] == "missed"]) == 1


def test_one_file_configures_it_and_a_kill_loses_nothing(there: Named, tmp_path: Path) -> None:
    """The pace, the history and who is told; what was written before kill -9 is there, and the next watch says so."""
    history, told = tmp_path / "history.sqlite", tmp_path / "told"
    config = tmp_path / "closewait.toml"
    page = 'import os, sys; open(sys.argv[1], "a").write(os.environ["CLOSEWAIT_EVENT"])'
    config.write_text(f"""
        [watch]
        every = "0.3s"
        [history]
        file = "{history}"
        [[notify]]
        command = ["{sys.executable}", "-c", '{page}', "{told}"]
    """)
    held = there.call(leak, LEAKED)
    with watching(f"netns:{there.name}", "--config", str(config), "--json") as run:
        opened = events(run, "opened")[-1]
        gives_up_at_s = time.monotonic() + DEADLINE_S
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < gives_up_at_s
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    for end in held:
        end.close()
    with watching(f"netns:{there.name}", "--config", str(config), "--json", "--for", "0.3s") as run:
        after = events(run, "stopped")
    asked = [sys.executable, "-m", "closewait", "history", "--history", str(history), "--json"]
    remembered = json.loads(subprocess.run(asked, capture_output=True, check=False, timeout=DEADLINE_S).stdout)

    assert told.read_text() == "opened"
    assert any("ended without saying so" in one["says"] for one in after if one["event"] == "history")
    assert opened["finding"]["rule"] in json.dumps(remembered)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["/etc/hostname"], 4, "A dump does not change"),
        (["--every", "soon"], 4, "is not a time"),
        (["--every", "1ms"], 4, "too often"),
        (["state=close_wait"], 4, "judges all sockets"),
        (["netns:no-such-place"], 4, "no-such-place"),
        (["--config", "/no/such.toml"], 4, "There is no configuration"),
        (["--metrics", "somewhere"], 4, "no place to serve metrics"),
        (["--otlp", "somewhere"], 4, "An OTLP receiver is"),
    ],
)
def test_what_cannot_be_watched(words: list[str], status: int, says: str) -> None:
    """One clear sentence."""
    with watching(*words) as run:
        told, complaint = run.communicate(timeout=DEADLINE_S)

    assert (run.returncode, told) == (status, "")
    assert says in complaint


def test_the_pace_keeps_its_times() -> None:
    """Looks come at even times however long each takes, and one that takes too long costs only those it covers."""
    began_s, at_s = time.monotonic(), []
    with Pace(0.2, 1.0) as pace:
        for turn in pace:
            at_s.append(time.monotonic() - began_s)
            if turn == 1:
                give_back_at_s = time.monotonic() + 0.5
                while time.monotonic() < give_back_at_s:
                    pass

    assert [round(5 * at) for at in at_s] == [0, 1, 4, 5]


def test_a_signal_ends_the_pace_between_two_looks() -> None:
    """Not within one."""
    looks = []
    with Pace(0.05, None) as pace:
        for turn in pace:
            if turn == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            looks.append(turn)

    assert looks == [0, 1, 2]


def test_what_is_ignored_does_not_end_the_pace() -> None:
    """nohup(1) has SIGHUP ignored: a watch that is begun so goes on after the logout."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Pace(0.02, 0.1) as pace:
            looks = []
            for turn in pace:
                os.kill(os.getpid(), signal.SIGHUP)
                looks.append(turn)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert looks[-1] == 5


def test_json_lines_come_at_once_however_quiet_the_rest_is(there: Named) -> None:
    """`-q` leaves out what people read; a program that reads lines waits for none of them."""
    with watching(f"netns:{there.name}", "--every", "0.3s", "--json", "--quiet") as run:
        assert events(run, "started")
