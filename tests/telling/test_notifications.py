"""Notifications over a real HTTP server and with real commands: ones that fail, hang, recover, and never answer."""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

from closewait.diagnosis.changes import Change, Kind
from closewait.diagnosis.finding import Finding, Owner, Severity
from closewait.errors import BadUsage
from closewait.tcp.states import Move
from closewait.telling.command import Command
from closewait.telling.note import Note, Undelivered
from closewait.telling.notifications import Notifications, Told
from closewait.telling.webhook import Webhook

NOTE = Note(b"{}", {})
DEADLINE_S = 20.0
AT_S = 1_800_000_000.0
FALSE = [sys.executable, "-c", "raise SystemExit(7)"]
HANGS = [sys.executable, "-c", "import time; time.sleep(3600)"]


def change(kind: Kind = "opened", *, process: str = "java", sockets: int = 317) -> Change:
    """A change of one finding."""
    finding = Finding(
        rule="leaked-close-wait", code="P101", severity=Severity.WARNING, certainty="likely",
        whose_move=Move.LOCAL_APPLICATION, owners=(Owner(4121, process, sockets),), role="server",
        places=(("10.0.0.1:443", sockets),), sockets=sockets, says=f"{process}[4121] leaks.", because=(),
    )  # fmt: skip
    return Change(kind, finding, AT_S - 60, AT_S)


def until(holds: Callable[[], object]) -> bool:
    """Whether it holds before the deadline."""
    gives_up_at_s = time.monotonic() + DEADLINE_S
    while not holds() and time.monotonic() < gives_up_at_s:
        time.sleep(0.005)
    return bool(holds())


class Receiver:
    """A webhook's other end: answers with the next of `answers`, the last again and again; None is silence."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.got: list[dict[str, Any]] = []
        self.retry_after: str | None = None
        self.asked = 0
        self.over = threading.Event()
        receiver = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked += 1
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                if answer is None:
                    receiver.over.wait(DEADLINE_S)
                    return
                if answer < 300:
                    receiver.got.append(json.loads(body))
                self.send_response(answer)
                self.send_header("Location", "/elsewhere")
                if receiver.retry_after is not None:
                    self.send_header("Retry-After", receiver.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                receiver.got.append({"event": "redirected"})
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook/s3cret"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Let go of whoever waits, and end."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(*answers: int | None) -> Iterator[Receiver]:
    """A receiver for the length of a test."""
    receiver = Receiver(*answers)
    try:
        yield receiver
    finally:
        receiver.close()


def test_a_webhook_gets_the_finding() -> None:
    """What opened, worsened or was resolved, in order; what grew or eased is known already."""
    kinds: tuple[Kind, ...] = ("opened", "grew", "worsened", "eased", "resolved")
    with receiving(200) as receiver:
        notifications = Notifications(Webhook(receiver.url), host="web1")
        for kind in kinds:
            notifications.tell(change(kind))
        told = notifications.close(DEADLINE_S)

    assert told == Told(delivered=3)
    assert [one["event"] for one in receiver.got] == ["opened", "worsened", "resolved"]
    assert receiver.got[0]["host"] == "web1"
    assert receiver.got[0]["finding"]["owner"]["process"] == "java"
    assert {one["key"] for one in receiver.got} == {change().key}


def test_a_failing_webhook_is_tried_again() -> None:
    """503, 429, then it works; it is said once that it fails and once that it works again."""
    said: list[str] = []
    with receiving(503, 429, 200) as receiver:
        notifications = Notifications(Webhook(receiver.url), say=said.append, first_wait_s=0.01)
        notifications.tell(change())
        arrived = until(lambda: notifications.told.delivered)
        told = notifications.close(DEADLINE_S)

    assert arrived
    assert (told.delivered, told.failed, receiver.asked) == (1, 0, 3)
    assert said == [
        "Notifications do not arrive: http://127.0.0.1: answered 503",
        "Notifications arrive again: http://127.0.0.1",
    ]


def test_waits_grow() -> None:
    """0.05, 0.1, 0.2 s between four attempts, and then it is given up."""
    with receiving(500) as receiver:
        notifications = Notifications(Webhook(receiver.url), first_wait_s=0.05, attempts=4)
        began_s = time.monotonic()
        notifications.tell(change())
        failed = until(lambda: notifications.told.failed)
        took_s = time.monotonic() - began_s
        notifications.close(DEADLINE_S)

    assert failed
    assert receiver.asked == 4
    assert took_s >= 0.35


@pytest.mark.parametrize("answer", [404, 401, 302, 307])
def test_what_will_not_change_is_not_tried_again(answer: int) -> None:
    """Nor is a redirect followed; the next note that arrives says how many are missing."""
    with receiving(answer, 200) as receiver:
        notifications = Notifications(Webhook(receiver.url), first_wait_s=0.01)
        notifications.tell(change())
        notifications.tell(change("resolved"))
        told = notifications.close(DEADLINE_S)

    assert (told.delivered, told.failed) == (1, 1)
    assert told.last_failure == f"http://127.0.0.1: answered {answer}"
    assert [(one["event"], one["missed"]) for one in receiver.got] == [("resolved", 1)]


def test_nobody_there() -> None:
    """The port is closed: it fails, and no secret is told."""
    with receiving(200) as receiver:
        url = receiver.url
    notifications = Notifications(Webhook(url), attempts=1)
    notifications.tell(change())
    told = notifications.close(DEADLINE_S)

    assert told.failed == 1
    assert "Connection refused" in str(told.last_failure)
    assert "s3cret" not in str(told.last_failure)


def test_one_that_never_answers_blocks_nobody() -> None:
    """A thousand changes are taken at once, the oldest are dropped, closing does not wait; all of it is counted."""
    with receiving(None) as receiver:
        notifications = Notifications(Webhook(receiver.url, limit_s=DEADLINE_S), most_waiting=10)
        began_s = time.monotonic()
        for _ in range(1000):
            notifications.tell(change())
        told_in_s = time.monotonic() - began_s
        told = notifications.close(0.1)
        closed_in_s = time.monotonic() - began_s

    assert told_in_s < 1
    assert closed_in_s < 5
    assert (told.delivered, told.failed, told.dropped, told.waiting) == (0, 0, 1000, 0)


def test_it_recovers_from_one_that_hung() -> None:
    """The time limit ends the attempt; what came meanwhile arrives in order, and says what is missing."""
    with receiving(None, 200) as receiver:
        notifications = Notifications(Webhook(receiver.url, limit_s=0.2), first_wait_s=0.01, most_waiting=2)
        notifications.tell(change())
        began = until(lambda: receiver.asked)
        for sockets in range(4):
            notifications.tell(change(sockets=sockets))
        told = notifications.close(DEADLINE_S)

    assert began
    assert (told.dropped, told.failed) == (2, 1)
    assert [(one["finding"]["sockets"], one["missed"]) for one in receiver.got] == [(2, 3), (3, 0)]


@pytest.mark.parametrize("url", ["", "example.org/hook", "file:///etc/passwd", "ftp://example.org/x", "http:///x"])
def test_no_webhook(url: str) -> None:
    """Only HTTP: others would read files."""
    with pytest.raises(BadUsage):
        Webhook(url)


@pytest.mark.parametrize(("after_s", "told"), [(7.0, "7"), (None, "soon"), (None, "Mon, 01 Jan 99999999999 0:0:0 GMT")])
def test_when_to_come_back(after_s: float | None, told: str) -> None:
    """Seconds or a date; what is neither is as if it had not been said."""
    with receiving(503) as receiver:
        receiver.retry_after = told
        with pytest.raises(Undelivered) as undelivered:
            Webhook(receiver.url).send(NOTE)

    assert (undelivered.value.again, undelivered.value.after_s) == (True, after_s)


def test_a_proxy_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password is not told, and nothing is tried again: the URL is the same each time."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:s3cret")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(Undelivered) as undelivered:
        Webhook("http://hooks.example/T0").send(NOTE)

    assert (str(undelivered.value), undelivered.value.again) == ("its URL, or its proxy's, cannot be used", False)


def test_one_that_speaks_something_else() -> None:
    """What it said instead of HTTP is nobody's business."""

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"220 mail\r\n")
            connection.recv(65_536)

    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=answer, args=(server,))
        answering.start()
        with pytest.raises(Undelivered) as undelivered:
            Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/").send(NOTE)
        answering.join(DEADLINE_S)

    assert (str(undelivered.value), undelivered.value.again) == ("gave no answer of HTTP: BadStatusLine", True)


def test_a_command_gets_the_json_and_short_facts(tmp_path: Path) -> None:
    """No shell sees any of it, and what a program calls itself is escaped where a script might use it."""
    file = tmp_path / "told"
    keep = f"import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)], open({str(file)!r}, 'w'))"
    notifications = Notifications(Command([sys.executable, "-c", keep]), host="web1")
    notifications.tell(change(process="$(reboot)\n\x1b[2J"))
    told = notifications.close(DEADLINE_S)
    body, facts = json.loads(file.read_text())

    assert told == Told(delivered=1)
    assert body["finding"]["owner"] == {**body["finding"]["owner"], "process": "$(reboot)\n\x1b[2J", "pid": 4121}
    assert {name: facts[name] for name in facts if name.startswith("CLOSEWAIT_")} == {
        "CLOSEWAIT_EVENT": "opened", "CLOSEWAIT_KEY": facts["CLOSEWAIT_KEY"], "CLOSEWAIT_HOST": "web1",
        "CLOSEWAIT_RULE": "leaked-close-wait", "CLOSEWAIT_SEVERITY": "warning", "CLOSEWAIT_SOCKETS": "317",
        "CLOSEWAIT_PID": "4121", "CLOSEWAIT_PROCESS": r"$(reboot)\n\x1b[2J", "CLOSEWAIT_WHERE": "10.0.0.1:443",
        "CLOSEWAIT_SAYS": r"$(reboot)\n\x1b[2J[4121] leaks.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (FALSE, "ended with status 7"),
        (["/no/such/command", "s3cret"], "cannot be started"),
        (HANGS, "gave no answer within 0.2 s and was ended"),
    ],
)
def test_a_command_that_fails(words: list[str], says: str) -> None:
    """It is told why, by its first word."""
    notifications = Notifications(Command(words, limit_s=0.2 if words is HANGS else DEADLINE_S), attempts=1)
    notifications.tell(change())
    told = notifications.close(DEADLINE_S)

    assert (told.delivered, told.failed) == (0, 1)
    assert says in str(told.last_failure)
    assert str(told.last_failure).startswith(words[0])
    assert "s3cret" not in str(told.last_failure)


@pytest.mark.parametrize("ended_by", ["its limit", "closing"])
def test_a_command_that_hangs_leaves_nothing_behind(ended_by: Literal["its limit", "closing"], tmp_path: Path) -> None:
    """Neither itself nor what it has started, whether its time is over or ours."""
    pids = tmp_path / "pids"
    start = (
        f"import os, subprocess, sys, time; child = subprocess.Popen({HANGS!r});"
        f"open({str(pids) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}');"
        f"os.rename({str(pids) + '.new'!r}, {str(pids)!r}); time.sleep(3600)"
    )
    command = Command([sys.executable, "-c", start], limit_s=2.0 if ended_by == "its limit" else DEADLINE_S)
    notifications = Notifications(command, attempts=1)
    notifications.tell(change())
    started = until(pids.exists)
    told = notifications.close(DEADLINE_S if ended_by == "its limit" else 0.1)

    assert started
    assert (told.failed, told.dropped) == ((1, 0) if ended_by == "its limit" else (0, 1))
    assert until(lambda: not any(_runs(int(pid)) for pid in pids.read_text().split()))


def test_a_fault_of_one_note_does_not_silence_the_next() -> None:
    """Whatever a way does, the thread goes on."""

    class Faulty:
        name = "faulty"
        sent = 0

        def send(self, _: object) -> None:
            self.sent += 1
            if self.sent == 1:
                raise ZeroDivisionError

        def stop(self) -> None:
            """Nothing runs."""

    notifications = Notifications(Faulty())
    notifications.tell(change())
    notifications.tell(change())
    told = notifications.close(DEADLINE_S)

    assert (told.delivered, told.failed, told.last_failure) == (1, 1, "faulty: ZeroDivisionError()")


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
