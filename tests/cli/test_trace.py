"""`closewait trace`: lines, stories and sums of real connections, and an end that leaves nothing behind."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from closewait.capture.tracefs import tracefs
from closewait.views.trace_keys import TRACE_PARTS
from closewait.views.trace_lines import lost_json
from tests.capture.short_connections import connection, make, own_address

DEADLINE_S = 60
TRACE = [sys.executable, "-m", "closewait", "trace"]


def begun(process: "subprocess.Popen[Any]") -> None:
    """Wait until the trace of `process` has begun: its event is switched on."""
    until_s = time.monotonic() + DEADLINE_S
    with tracefs() as root:
        switch = root / f"instances/closewait-{process.pid}/events/sock/inet_sock_set_state/enable"
        while time.monotonic() < until_s:
            if switch.exists() and switch.read_text().startswith("1"):
                return
            time.sleep(0.02)
    raise AssertionError(f"no trace began: {process.poll()}")


def is_left(process: "subprocess.Popen[Any]") -> bool:
    """Whether an instance of `process` is still there."""
    with tracefs() as root:
        return (root / f"instances/closewait-{process.pid}").exists()


@contextmanager
def tracing(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """A running `closewait trace`, which has begun."""
    with subprocess.Popen([*TRACE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            begun(process)
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]", by: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    """Exit status, output and errors of a trace that a signal ends."""
    process.send_signal(by)
    output, errors = process.communicate(timeout=DEADLINE_S)
    return process.returncode, output, errors


def told(output: str, kind: str) -> list[dict[str, Any]]:
    """The JSON lines of one kind."""
    return [line for line in map(json.loads, output.splitlines()) if line["kind"] == kind]


def a_short_life(address: str) -> int:
    """A connection that its client closes first; the server's port."""
    near, far = connection(address)
    port: int = far.getsockname()[1]
    near.sendall(bytes(700))
    far.recv(1000)
    near.close()
    far.close()
    return port


def test_a_pipe_gets_a_line_for_each_transition_and_a_sum() -> None:
    """With both ends, how long each state lasted, who did it, who closed first; and the kernel's last word."""
    address = own_address()
    with tracing(f"local={address}", "or", f"remote={address}") as process:
        port = a_short_life(address)
        status, output, errors = ended(process)
    lines, (total,) = told(output, "transition"), told(output, "summary")
    client = [line for line in lines if line["remote_port"] == port]
    closing = next(line for line in client if line["after"] == "FIN_WAIT_1")

    assert (status, errors, total["lost"], total["transitions"]) == (0, "", 0, len(lines))
    assert len(lines) == 12  # five of each end, two of the listener
    assert (closing["pid"], closing["closed_first"]) == (os.getpid(), "this end")
    assert 0 < closing["before_lasted_s"] < DEADLINE_S
    assert {line["closed_first"] for line in lines if line["after"] == "CLOSE_WAIT"} == {"the peer"}
    assert abs(closing["at_unix_s"] - time.time()) < DEADLINE_S
    last = next(end for end in told(output, "ending") if end["local_port"] == port and end["remote_port"] is not None)
    assert (last["bytes_received"], last["socket"]) in [(701, line["socket"]) for line in lines]


def test_every_key_is_explained() -> None:
    """What is written is what the page of the answers says, of every kind of line."""
    address = own_address()
    kinds: dict[str, set[str]] = {"lost": set(lost_json(1, 0))}
    for words in (["--json"], ["--json", "--stories"]):
        with tracing(f"remote={address}", *words) as process:
            a_short_life(address)
            _, output, _ = ended(process)
        kinds |= {line["kind"]: set(line) for line in map(json.loads, output.splitlines())}

    assert kinds == {
        next(key.meaning for key in part.keys if key.name == "kind").strip("`."): {key.name for key in part.keys}
        for part in TRACE_PARTS
    }


def test_a_filter_keeps_what_meets_it() -> None:
    """By state, by port, by process; all must hold."""
    address = own_address()
    with tracing(f"local={address}", "state=close_wait,last_ack", "rport!=1") as process:
        a_short_life(address)
        _, output, _ = ended(process)

    assert [(line["before"], line["after"]) for line in told(output, "transition")] == [
        ("ESTABLISHED", "CLOSE_WAIT"), ("CLOSE_WAIT", "LAST_ACK"), ("LAST_ACK", "CLOSED"),
    ]  # fmt: skip


def test_a_story_has_both_ends() -> None:
    """With `--stories` the connection is told when it is over, from the end that connected."""
    address = own_address()
    with tracing(f"remote={address}", "--stories") as process:
        port = a_short_life(address)
        status, output, _ = ended(process)
    story = next(one for one in told(output, "story") if one["here"]["remote_port"] == port)

    assert (status, story["closed_first"]) == (0, "this end")
    assert story["there"]["local_port"] == port
    assert story["steps"][0]["here"] == "SYN_SENT"
    assert (story["steps"][-1]["here"], story["steps"][-1]["there"]) == ("CLOSED", "CLOSED")
    assert "--> SYN" in {step["segment"] for step in story["steps"]}


def test_a_terminal_gets_columns_and_a_drawing() -> None:
    """What a person sees: heads, aligned lines, the sum; or the picture of a connection."""
    address = own_address()
    outputs = []
    for words in ([f"remote={address}"], [f"remote={address}", "--stories"]):
        outside, inside = pty.openpty()
        with subprocess.Popen([*TRACE, *words, "--width", "90"], stdout=inside, stderr=subprocess.PIPE) as process:
            os.close(inside)
            begun(process)
            a_short_life(address)
            process.send_signal(signal.SIGINT)
            written = b""
            try:
                while block := os.read(outside, 1 << 16):
                    written += block
            except OSError:  # a terminal whose writer has gone
                pass
        os.close(outside)
        outputs.append(written.decode())

    lines, story = outputs
    assert "TIME (UTC)" in lines
    assert "ESTABLISHED   FIN_WAIT_1" in lines
    assert "Closed first: this end, " in story
    assert "▶ LISTEN" in story
    assert all("0 lost." in output and "Own cost:" in output for output in outputs)


def test_a_sum_counts_alone() -> None:
    """`--summary` prints one thing, at the end; with a filter it counts what meets it."""
    address = own_address()
    with tracing("--summary", f"remote={address}") as process:
        make(address, 7000, 20)
        status, output, _ = ended(process)
    (line,) = map(json.loads, output.splitlines())

    counts = {(pair["before"], pair["after"]): pair["count"] for pair in line["states"]}
    assert (status, line["kind"], line["lost"]) == (0, "summary", 0)
    assert counts["CLOSED", "SYN_SENT"] == counts["ESTABLISHED", "FIN_WAIT_1"] == 20


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_well(by: signal.Signals) -> None:
    """With a sum, exit status 0, and no instance left."""
    with tracing("lport=1") as process:
        status, output, errors = ended(process, by)

        assert (status, errors, is_left(process)) == (0, "", False)
    assert len(told(output, "summary")) == 1


def test_it_ends_when_nobody_reads() -> None:
    """A reader that goes away ends the trace, also while nothing happens."""
    with tracing("lport=1") as process:
        assert process.stdout is not None
        process.stdout.close()

        assert process.wait(timeout=DEADLINE_S) == 0
        assert not is_left(process)


def test_it_ends_by_itself() -> None:
    """After a time, or after as many lines as were asked for."""
    address = own_address()
    with tracing(f"remote={address}", "--count", "3") as process:
        make(address, 7000, 3)
        output, _ = process.communicate(timeout=DEADLINE_S)
    timed = subprocess.run([*TRACE, "lport=1", "--for", "0.1s", "-q"], capture_output=True, text=True)

    assert (process.returncode, len(told(output, "transition"))) == (0, 3)
    assert (timed.returncode, timed.stdout, timed.stderr) == (0, "", "")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_watch_traces_for_its_ages(by: signal.Signals) -> None:
    """What enters and leaves CLOSE_WAIT alone; a watch that ends takes the trace away, the next one what was left."""
    watch = [sys.executable, "-m", "closewait", "watch", "--every", "1s"]
    with subprocess.Popen([*watch, "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        begun(process)
        with tracefs() as root:
            event = root / f"instances/closewait-{process.pid}/events/sock/inet_sock_set_state"
            wanted = (event / "filter").read_text().strip()
        process.send_signal(by)
        process.communicate(timeout=DEADLINE_S)
    left = is_left(process)
    subprocess.run([*watch, "--for", "0s", "-q"], timeout=DEADLINE_S, capture_output=True)

    assert wanted == "oldstate == 8 || newstate == 8"
    assert by == signal.SIGKILL or not left
    assert not is_left(process)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["age>5min"], 4, "does not tell age_low_s"),
        (["dump.txt"], 4, "has no source"),
        (["netns:web"], 4, "in all its network namespaces"),
        (["state=nonsense"], 4, "no TCP state"),
        (["--summary", "--stories"], 4, "neither stories nor lines"),
        (["-q", "--count", "3"], 4, "neither stories nor lines"),
        (["--for", "soon"], 4, "not a time"),
    ],
)
def test_what_cannot_be_answered_is_said(words: list[str], status: int, says: str) -> None:
    """Before anything is traced."""
    done = subprocess.run([*TRACE, *words], capture_output=True, text=True, timeout=DEADLINE_S)

    assert (done.returncode, says in done.stderr, done.stdout) == (status, True, ""), done.stderr


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    """A process is named by whoever starts it."""
    address = own_address()
    rename = (
        "import socket, sys\n"
        "open('/proc/self/comm', 'w').write('\\x1b[2J{here}')\n"
        f"socket.create_connection(({address!r}, int(sys.argv[1]))).close()"
    )
    outside, inside = pty.openpty()
    with (
        socket.create_server((address, 0)) as server,
        subprocess.Popen([*TRACE, f"remote={address}", "--stories", "--width", "90"], stdout=inside) as process,
    ):
        os.close(inside)
        begun(process)
        subprocess.run([sys.executable, "-c", rename, str(server.getsockname()[1])], check=True, timeout=DEADLINE_S)
        time.sleep(0.3)  # the trace looks ten times a second; the process behind the name is gone all the same
        process.send_signal(signal.SIGINT)
        written = b""
        try:
            while block := os.read(outside, 1 << 16):
                written += block
        except OSError:  # a terminal whose writer has gone
            pass
    os.close(outside)

    assert b"\x1b[2J" not in written
    assert b"SYN_SENT" in written
