"""Changing a setting: shown first, written in one namespace only, logged, and put back; all with a real kernel."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel_states import Namespace, namespace

FIN_TIMEOUT = Path("/proc/sys/net/ipv4/tcp_fin_timeout")


class Person:
    """Somebody who types commands about one namespace and has a log of their own."""

    def __init__(self, ns: Namespace, state: Path) -> None:
        self.place = f"netns:{ns.path}"
        self.ns = ns
        self.log = state / "closewait" / "audit.jsonl"
        self.environment = {**os.environ, "XDG_STATE_HOME": str(state)}

    def tune(self, *words: str, here: bool = True, **given: object) -> "subprocess.CompletedProcess[str]":
        """Run `closewait tune` with these words."""
        command = [sys.executable, "-m", "closewait", "tune", *([self.place] if here else []), *words]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]  # whatever stdin a test gives
            command, env=self.environment, text=True, timeout=60,
            **{"capture_output": True, "stdin": subprocess.DEVNULL, **given},
        )  # fmt: skip

    def tune_inside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The same without naming a place, by somebody whose own host the namespace is."""
        return self.ns.call(self.tune, *words, here=False)

    def value(self) -> str:
        """The value of tcp_fin_timeout in the namespace."""
        return self.ns.call(FIN_TIMEOUT.read_text).strip()


@pytest.fixture
def person(tmp_path: Path) -> object:
    """A person with a namespace."""
    with namespace() as ns:
        yield Person(ns, tmp_path)


def test_a_change_and_its_undoing(person: Person) -> None:
    """The new value is in that namespace alone, the log holds both values, and --undo puts the old one back."""
    outside = FIN_TIMEOUT.read_text()
    made = person.tune("--apply", "tcp_fin_timeout=25", "--yes")
    changed, still_outside = person.value(), FIN_TIMEOUT.read_text()
    (entry,) = [json.loads(line) for line in person.log.read_text().splitlines()]
    undone = person.tune("--undo", "--yes")

    assert (made.returncode, changed, still_outside) == (0, "25", outside)
    assert "may lose its last data" in " ".join(made.stdout.split())
    assert f"{person.log}; closewait tune --undo {person.place} puts it back." in made.stdout
    assert {"old": "60", "new": "25", "what": "set", "result": "done"}.items() <= entry.items()
    assert (undone.returncode, person.value()) == (0, "60")
    assert person.tune("--undo", "--yes").returncode == 3


def test_nobody_is_asked_nothing_is_changed(person: Person) -> None:
    """Without a terminal and without --yes the risk is shown, and that is all."""
    done = person.tune("--apply", "tcp_fin_timeout=25")

    assert (done.returncode, person.value()) == (3, "60")
    assert "Risk" in done.stderr
    assert not person.log.exists()


@pytest.mark.parametrize(("answer", "status", "value"), [("y", 0, "25"), ("n", 3, "60"), ("", 3, "60")])
def test_a_person_is_asked(person: Person, answer: str, status: int, value: str) -> None:
    """Only a yes changes anything."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        done = person.tune("--apply", "tcp_fin_timeout=25", stdin=terminal)
    finally:
        os.close(keyboard)
        os.close(terminal)

    assert (done.returncode, person.value()) == (status, value)
    assert "Change it?" in done.stderr


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ("tcp_fin_timeout=999999999999", 3, "Invalid argument"),
        ("tcp_fin_timeout=30; reboot", 4, "no value for"),
        ("tcp_fin_timeout=", 4, "no value for"),
        ("tcp_fin_timeout", 4, "NAME=VALUE"),
        ("kernel.core_pattern=1", 4, "no setting called"),
        ("../../kernel/core_pattern=1", 4, "no setting called"),
        ("TcpTimedWaitDelay=60", 3, "reg add HKLM"),
        ("RLIMIT_NOFILE=4096", 3, "prlimit --pid PID --nofile=4096:"),
        ("tcp_tw_recycle=1", 3, "Removed in Linux 4.12"),
        ("tcp_tw_timeout=1", 3, "does not exist"),
        ("tcp_syn_linear_timeouts=1", 4, "Did you mean net.ipv4.tcp_syn_retries?"),
        ("net.ipv4.tcp_syn_linear_timeouts=1", 4, "Did you mean net.ipv4.tcp_syn_retries?"),
        ("fin_timeout=25", 4, "Did you mean net.ipv4.tcp_fin_timeout?"),
        ("TCP_FIN_TIMEOUT=25", 4, "Did you mean net.ipv4.tcp_fin_timeout?"),
        ("time=25", 4, "Did you mean net.ipv4.tcp_keepalive_time?"),
    ],
)
def test_what_is_not_changed(person: Person, change: str, status: int, says: str) -> None:
    """What the kernel refuses, what is no number, what the table does not have: a reason, or a command."""
    before = person.ns.run("sysctl", "-a", "-r", "^net.ipv4.tcp_[a-ln-z]")  # tcp_mem and tcp_metrics may move
    done = person.tune("--apply", change, "--yes")

    assert done.returncode == status
    assert says in " ".join(done.stderr.split())
    assert person.ns.run("sysctl", "-a", "-r", "^net.ipv4.tcp_[a-ln-z]") == before
    assert person.value() == "60"


@pytest.mark.parametrize("name", ["net.ipv4.tcp_fin_timeout", "net/ipv4/tcp_fin_timeout"])
def test_the_own_name_of_a_setting_in_any_form(person: Person, name: str) -> None:
    """As sysctl takes it, and as the file is called."""
    for prefix in ("", "/proc/sys/") if "/" in name else ("",):
        assert person.tune("--apply", f"{prefix}{name}=25", "--yes").returncode == 0
    assert person.value() == "25"


def test_a_range_of_ports_is_one_value(person: Person) -> None:
    """Two numbers go in together and come back together."""
    done = person.tune("--apply", "ip_local_port_range=40000 40999", "--yes", "--json")
    change = json.loads(done.stdout)["change"]

    assert (change["old"], change["now"]) == ("32768 60999", "40000 40999")
    assert person.tune("--undo", "--yes").returncode == 0
    assert person.ns.run("sysctl", "-n", "net.ipv4.ip_local_port_range").split() == ["32768", "60999"]


def test_what_somebody_else_changed_since_is_left_alone(person: Person) -> None:
    """--undo says what the value was, and touches nothing."""
    person.tune("--apply", "tcp_fin_timeout=25", "--yes")
    person.ns.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=26")
    done = person.tune("--undo", "--yes")

    assert (done.returncode, person.value()) == (3, "26")
    assert "somebody else" in done.stderr


def test_what_changes_while_the_question_stands_is_left_alone(person: Person) -> None:
    """The value that was shown would be the one put back."""
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "closewait", "tune", person.place, "--apply", "tcp_fin_timeout=25"]
    try:
        with subprocess.Popen(command, env=person.environment, stdin=terminal, stderr=subprocess.PIPE) as asking:
            said = b""
            while not said.endswith(b"[y/N] "):
                more = asking.stderr.read(1)  # type: ignore[union-attr]  # it is a pipe
                assert more, said
                said += more
            person.ns.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=26")
            os.write(keyboard, b"y\n")
            _, said = asking.communicate(timeout=60)
    finally:
        os.close(keyboard)
        os.close(terminal)

    assert (asking.returncode, person.value()) == (3, "26")
    assert b"has changed since it was shown; nothing was changed" in said
    assert person.log.stat().st_size == 0


def test_a_namespace_that_is_gone_keeps_nobody_from_undoing(person: Person) -> None:
    """What was changed there is gone with it; the change of this place, made before, can still be taken back."""
    person.tune_inside("--apply", "tcp_fin_timeout=25", "--yes")
    with namespace() as other:
        there = f"netns:{other.path}"
        person.tune(there, "--apply", "tcp_fin_timeout=30", "--yes", here=False)
    undone = person.tune_inside("--undo", "--yes")
    again = person.tune_inside("--undo", "--yes")

    assert (undone.returncode, person.value()) == (0, "60")
    assert again.returncode == 3
    assert f"The last one elsewhere: closewait tune --undo {there}" in again.stderr


def test_the_last_change_of_the_namespace_that_is_named(person: Person) -> None:
    """Not the last of all."""
    person.tune("--apply", "tcp_fin_timeout=25", "--yes")
    with namespace() as other:
        there = f"netns:{other.path}"
        person.tune(there, "--apply", "tcp_fin_timeout=30", "--yes", here=False)
        done = person.tune("--undo", "--yes")

        assert (done.returncode, person.value()) == (0, "60")
        assert other.call(FIN_TIMEOUT.read_text).strip() == "30"
        assert person.tune(there, "--undo", "--yes", here=False).returncode == 0
        assert other.call(FIN_TIMEOUT.read_text).strip() == "60"


def test_a_namespace_has_no_limit_of_descriptors(person: Person) -> None:
    """fs.nr_open is the whole host's: not changed as if it were the namespace's, and taken back without naming one."""
    value = Path("/proc/sys/fs/nr_open").read_text().strip()  # nothing would be changed in any case
    done = person.tune("--apply", f"fs.nr_open={value}", "--yes")
    made = {
        "what": "set",
        "id": "1",
        "name": "fs.nr_open",
        "old": value,
        "now": value,
        "result": "done",
        "namespace": 1,
    }
    person.log.parent.mkdir(parents=True, exist_ok=True)
    person.log.write_text(json.dumps(made) + "\n")

    assert done.returncode == 4
    assert "belongs to the whole host" in done.stderr
    assert person.tune("--undo", "--yes").returncode == 3
    assert person.tune("--undo", "--yes", here=False).returncode == 0


def test_another_namespace_is_not_undone_into(person: Person) -> None:
    """A change made in one namespace is not taken back in another."""
    person.tune("--apply", "tcp_fin_timeout=25", "--yes")
    with namespace() as other:
        done = person.tune(f"netns:{other.path}", "--undo", "--yes", here=False)
        untouched = other.call(FIN_TIMEOUT.read_text).strip()

    assert (done.returncode, untouched, person.value()) == (3, "60", "25")


def test_nothing_is_changed_that_cannot_be_logged(person: Person) -> None:
    """A log that cannot be written stops the change."""
    person.log.parent.parent.mkdir(exist_ok=True)
    person.log.parent.write_text("")
    done = person.tune("--apply", "tcp_fin_timeout=25", "--yes")

    assert (done.returncode, person.value()) == (3, "60")
    assert "nothing is done" in done.stderr


def test_a_forged_log_names_no_other_file(person: Person) -> None:
    """What stands in the log is no path and no value until the table and the form agree."""
    person.log.parent.mkdir(parents=True)
    for name, old in (("../../kernel/hostname", "1"), ("net.ipv4.tcp_fin_timeout", "1\nx")):
        entry = {"what": "set", "id": "1", "name": name, "old": old, "now": "60", "result": "done", "netns": None}
        person.log.write_text(json.dumps(entry) + "\n")

        assert person.tune("--undo", "--yes").returncode == 3
    assert person.value() == "60"
