"""`closewait close` as its user meets it, on a real program's sockets: what is done, what is refused, what is told."""

import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from closewait import capture
from closewait.actions import audit, destroy_socket, identity
from closewait.actions.carry_out import carry_out
from closewait.actions.effects import EFFECTS, Effect
from closewait.actions.identity import Descriptor
from closewait.actions.own_connection import Session
from closewait.actions.plan import Asked, How, Known, Plan, plan
from closewait.actions.restart_unit import restart
from closewait.capture.namespace import inside
from closewait.cli import run
from closewait.diagnosis.candidates import candidates
from closewait.errors import CannotAct
from closewait.formats.sock_diag import destroy as destroy_format
from closewait.snapshot.filters.grammar import understood
from tests.actions.closing_for_real import outcome, wait_until
from tests.kernel_states import Namespace, namespace

COMMAND = [sys.executable, "-m", "closewait"]
NO_SESSION = Session(frozenset(), frozenset(), ())

#: A server that accepts what it is told to, and says what its connections give it.
APPLICATION = """
import encodings.idna, errno, os, resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
os.setuid(65534)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
held = []
def given(call):
    try:
        value = call()
    except OSError as error:
        return errno.errorcode[error.errno]
    return ("the end" if value == b"" else f"{len(value)} bytes") if isinstance(value, bytes) else "sent"
for line in sys.stdin:
    if line == "accept\\n":
        held.append(listener.accept()[0])
        held[-1].setblocking(False)
        print("accepted", flush=True)
    elif line == "connect to yourself\\n":
        held.append(socket.create_connection(listener.getsockname()))
        listener.accept()[0].detach()
        print("connected", flush=True)
    elif line.startswith("pile "):
        for _ in range(int(line.split()[1])):
            with socket.create_connection(listener.getsockname()):
                held.append(listener.accept()[0])
        print("piled", flush=True)
    elif line in ("let go\\n", "let one go\\n"):
        for one in held[:1] if "one" in line else held[:]:
            held.remove(one)
            one.close()
        print("gone", flush=True)
    elif line == "fork\\n":
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            os.close(theirs)
            os.read(ours, 1)  # the end, when the parent has ended
            os._exit(0)
        print(child, flush=True)
    else:
        print(*(f"{given(lambda: one.recv(9))}/{given(lambda: one.send(b'x'))}" for one in held), sep=",", flush=True)
"""


@dataclass
class Application:
    """The program, its port, and the far ends of its connections, which this test has."""

    ns: Namespace
    process: "subprocess.Popen[str]"
    port: int
    clients: list[socket.socket]

    def accept(self, *, from_port: int = 0) -> socket.socket:
        """One more accepted connection; its far end."""
        client = self.ns.call(socket.create_connection, ("127.0.0.1", self.port), 3, ("127.0.0.1", from_port))
        self.clients.append(client)
        self.tell("accept")
        return client

    def leak(self, count: int) -> None:
        """`count` connections that this end has closed, and the program has not."""
        for _ in range(count):
            self.accept().shutdown(socket.SHUT_WR)
        wait_until(lambda: self.states().get("CLOSE_WAIT", 0) >= count)

    def tell(self, word: str) -> str:
        """What the program answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def sees(self) -> list[str]:
        """What recv and send give the program on each connection: `the end/EPIPE`."""
        return self.tell("see").split(",")

    def states(self) -> dict[str, int]:
        """How many of its own sockets are in each state."""
        look = capture.look(netns=self.ns.path, holders=False, tcp_info=False)
        mine = [row["state"] for row in look.sockets.iter_rows(named=True) if row["local_port"] == self.port]
        return {state: mine.count(state) for state in mine}

    def descriptors(self) -> int:
        """How many sockets it holds."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        return sum(str(fd.readlink()).startswith("socket:") for fd in folder.iterdir())


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """A program in a namespace of its own, and an audit log of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with namespace() as ns, ExitStack() as stack:
        process = ns.call(
            subprocess.Popen, [sys.executable, "-c", APPLICATION], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.kill)
        stack.enter_context(process.stdin)
        stack.enter_context(process.stdout)
        one = Application(ns, process, int(process.stdout.readline()), [])
        yield one
        for client in one.clients:
            client.close()


@dataclass(frozen=True, slots=True)
class Said:
    """What the command said."""

    status: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The JSON."""
        answer: dict[str, Any] = json.loads(self.out)
        return answer


def close(application: Application, capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """Run the verb upon the program's namespace."""
    capsys.readouterr()
    status = run(["close", f"netns:{application.ns.path}", f"lport={application.port}", *words])
    return Said(status, *capsys.readouterr())


def test_without_apply_nothing_is_touched(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan names each socket with its holder, its age and its peer, what will be felt and what stays."""
    application.leak(3)
    before = application.states()
    said = close(application, capsys, "state=close_wait")
    plan = close(application, capsys, "state=close_wait", "--json").told

    assert said.status == 0
    assert "3 matched, 3 to close by shutdown" in " ".join(said.out.split())
    assert "Nothing is done without --apply." in said.out
    assert "The descriptor stays open in the process" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())
    assert (plan["matched"], plan["applied"], plan["results"]) == (3, False, None)
    sockets = [socket for step in plan["steps"] for socket in step["sockets"]]
    assert {(one["peer_state"], one["holders"][0]["pid"]) for one in sockets} == {
        ("FIN_WAIT_2", application.process.pid)
    }
    assert all(one["age_low_s"] is not None for one in sockets)
    assert application.states() == before
    assert audit.entries() == []


@pytest.mark.parametrize(
    ("how", "program_sees", "peer_state", "client_gets"),
    [("shutdown", "the end/EPIPE", "TIME_WAIT", "the end"), ("destroy", "the end/ECONNABORTED", None, "ECONNRESET")],
)
def test_what_is_done_is_what_was_said(
    how: str, program_sees: str, peer_state: str | None, client_gets: str, application: Application,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The rows are gone, the descriptors are open, program and peer see what the table of effects says."""
    application.leak(2)
    held = application.descriptors()
    said = close(application, capsys, "state=close_wait", "--how", how, "--apply", "--yes", "--json")

    assert said.status == 0
    for result in said.told["results"]:
        assert (result["done"], result["state_after"], result["descriptor_still_open"]) == (True, None, True)
        assert (result["peer_state"], result["peer_state_after"]) == ("FIN_WAIT_2", peer_state)
    assert application.descriptors() == held
    assert application.sees() == [program_sees] * 2
    assert [outcome(lambda one=one: one.recv(9)) for one in application.clients] == [client_gets] * 2


def test_everything_is_written_down(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, when, what, why, with which result; and the answer says where."""
    application.leak(1)
    said = close(application, capsys, "state=close_wait", "--apply", "--yes")
    (entry,) = audit.entries()

    assert str(audit.path()) in said.out
    assert "still open in the process" in said.out
    assert (entry["what"], entry["how"], entry["result"]) == ("close", "shutdown", "done")
    assert "state=close_wait" in entry["why"]
    assert entry["sockets"][0]["state"] == "CLOSE_WAIT"
    assert {"when", "who"} <= entry.keys()


def test_a_signal_asks_the_holder(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """One signal for all sockets of the process, which ends and frees its descriptors."""
    application.leak(3)
    said = close(application, capsys, "state=close_wait", "--how", "signal", "--apply", "--yes", "--json")

    assert application.process.wait(5) == -signal.SIGTERM
    assert len(said.told["steps"]) == 1
    assert {result["descriptor_still_open"] for result in said.told["results"]} == {False}


@pytest.mark.parametrize("effect", [one for one in EFFECTS if one.how == "signal"], ids=lambda one: one.situation)
def test_what_a_peer_sees_of_a_program_that_ends(
    effect: Effect, application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clean end, or a reset where the program had not read everything: as the table of effects has it."""
    state, _, more = effect.situation.partition(", ")
    client = application.accept()
    if more:
        client.send(b"data")
    if state == "CLOSE_WAIT":
        client.shutdown(socket.SHUT_WR)
    wait_until(lambda: application.states().get(state))
    said = close(application, capsys, f"state={state}", "--how", "signal", "--apply", "--yes", "--json")
    (result,) = said.told["results"]

    after = [result[name] or "gone" for name in ("state_after", "peer_state_after")]
    assert after == [effect.here_after, effect.there_after]
    assert outcome(lambda: client.recv(9)) == effect.peer_recv
    assert outcome(lambda: client.send(b"x")) == effect.peer_send


@pytest.mark.parametrize(
    "words",
    [
        ("state=listen", "--how", "destroy", "--include-listen"),
        ("state=listen", "--how", "destroy"),
        ("state=listen",),
        ("role=server", "--how", "destroy"),
        ("role=server",),
    ],
)
def test_listeners_and_connections_in_use_are_left_alone(
    words: tuple[str, ...], application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """A listener is never destroyed, and an open connection is closed only where the filter names its state."""
    client = application.accept()
    before = application.states()
    said = close(application, capsys, *words, "--apply", "--yes")

    assert said.status == 3
    assert "left alone" in said.err
    assert application.states() == before
    assert client.send(b"still here") == 10


def test_a_connection_in_use_is_closed_where_it_is_named(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """state=established is clear enough."""
    client = application.accept()

    assert close(application, capsys, "state=established", "--how", "destroy", "--apply", "--yes").status == 0
    assert outcome(lambda: client.recv(9)) == "ECONNRESET"


def test_a_listener_stops_listening_where_that_is_asked_for(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """By shutdown, which its program notices."""
    assert close(application, capsys, "state=listen", "--include-listen", "--apply", "--yes").status == 0
    assert "LISTEN" not in application.states()


def test_nobody_to_ask_is_a_no(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """In a script --yes says it; without it nothing is done."""
    application.leak(1)
    said = close(application, capsys, "state=close_wait", "--apply")

    assert (said.status, "--yes" in said.err) == (3, True)
    assert application.states()["CLOSE_WAIT"] == 1


@pytest.mark.parametrize(("answer", "status", "left"), [("no", 3, 2), ("yes", 0, 0)])
def test_a_person_is_asked(answer: str, status: int, left: int, application: Application) -> None:
    """At a terminal the plan is shown and `yes` carries it out."""
    application.leak(2)
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        words = ["close", f"netns:{application.ns.path}", f"lport={application.port}", "state=close_wait", "--apply"]
        done = subprocess.run([*COMMAND, *words], stdin=theirs, capture_output=True, text=True, timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)

    assert done.returncode == status, done.stderr
    assert "Write 'yes' to go on" in done.stderr
    assert application.states().get("CLOSE_WAIT", 0) == left


def test_more_than_the_maximum_is_refused(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """--yes is not enough; the number has to be said."""
    application.leak(3)
    refused = close(application, capsys, "state=close_wait", "--apply", "--yes", "--max", "2")

    assert (refused.status, "--max 3" in refused.err) == (3, True)
    assert application.states()["CLOSE_WAIT"] == 3
    assert close(application, capsys, "state=close_wait", "--apply", "--yes", "--max", "3").status == 0


def test_ten_thousand_matches_are_refused(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """A filter that takes in everything does nothing, however often it says yes; the plan is still readable."""
    application.tell("pile 10000")
    wait_until(lambda: application.states().get("CLOSE_WAIT") == 10_000)
    planned = close(application, capsys, "state=close_wait")
    refused = close(application, capsys, "state=close_wait", "--apply", "--yes")

    assert "10,000 to close" in planned.out
    assert len(planned.out.splitlines()) < 100
    assert (refused.status, "--max 10000" in refused.err) == (3, True)
    assert application.states()["CLOSE_WAIT"] == 10_000
    assert audit.entries() == []


@pytest.mark.parametrize(
    ("lost", "how", "named"),
    [
        ("net_admin", "destroy", "CAP_NET_ADMIN"),
        ("sys_ptrace", "shutdown", "CAP_SYS_PTRACE"),
        ("kill", "signal", "CAP_KILL"),
    ],
)
def test_a_missing_capability_is_named(lost: str, how: str, named: str, application: Application) -> None:
    """And nothing is done."""
    application.leak(1)
    without = ["setpriv", f"--bounding-set=-{lost}", f"--inh-caps=-{lost}"]
    words = ["close", f"lport={application.port}", "state=close_wait", "--how", how, "--apply", "--yes"]
    done = application.ns.call(subprocess.run, [*without, *COMMAND, *words], capture_output=True, text=True, timeout=60)

    assert done.returncode == 3
    assert named in done.stderr + done.stdout
    assert application.states()["CLOSE_WAIT"] == 1


#: As sshd does: hold a connection, and run below it what the user types.
SESSION = """
import socket, subprocess, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("connected", flush=True)
sys.stdin.readline()
done = subprocess.run(sys.argv[2:], capture_output=True, text=True)
connection.send(b"alive")
print(done.returncode, done.stdout.count("your own session"), flush=True)
"""


def test_our_own_session_survives(application: Application) -> None:
    """Every connection of the port is destroyed but the one that the user sits in."""
    application.tell("connect to yourself")
    words = ["close", f"rport={application.port}", "state=established", "--how", "destroy", "--apply", "--yes"]
    session = application.ns.call(
        subprocess.Popen,
        [sys.executable, "-c", SESSION, str(application.port), *COMMAND, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with session:
        assert session.stdout.readline() == "connected\n"
        application.tell("accept")
        out, _ = session.communicate("go\n", timeout=60)

    assert out.split() == ["0", "1"]
    assert application.sees() == ["ECONNABORTED/EPIPE", "5 bytes/sent"]


def test_who_carries_our_session_gets_no_signal(
    application: Application, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As sshd does for a shell under tmux: it is not above us, it holds our connection and one that leaks."""
    session = application.accept()
    (client, client_port), (server, server_port) = session.getsockname(), session.getpeername()
    monkeypatch.setenv("SSH_CONNECTION", f"{client} {client_port} {server} {server_port}")
    application.leak(1)
    said = close(application, capsys, "state=close_wait", "--how", "signal", "--apply", "--yes")

    assert said.status == 3
    assert "carries your own session" in " ".join(said.out.split())
    assert application.process.poll() is None
    assert close(application, capsys, "state=close_wait", "--apply", "--yes").status == 0
    assert session.send(b"alive") == 5


def made_plan(application: Application, how: How) -> Plan:
    """The plan for the program's CLOSE_WAIT sockets."""
    look = capture.look(netns=application.ns.path)
    found = candidates(look, understood([f"lport={application.port}", "state=close_wait,established"]).condition)
    pid = application.process.pid
    known = {pid: Known(identity.started_at_ticks(pid), None)}
    return plan(found.scanned, found.sockets, Asked(how, named=frozenset({"ESTABLISHED"})), known, NO_SESSION)


@pytest.mark.parametrize("how", [How.SHUTDOWN, How.SIGNAL])
def test_a_process_that_has_gone_is_not_mistaken(how: How, application: Application) -> None:
    """Neither when it has ended, nor when its id belongs to another one by now."""
    application.leak(1)
    made = made_plan(application, how)
    stranger = plan(1, made.sockets, made.asked, {application.process.pid: Known(1, None)}, NO_SESSION)
    (other,) = application.ns.call(list, carry_out(stranger, why="a test"))
    assert application.states()["CLOSE_WAIT"] == 1
    application.process.kill()
    application.process.wait()
    (ended,) = application.ns.call(list, carry_out(made, why="a test"))

    assert "another one since the look" in (other.why_not or "")
    assert "has ended since the look" in (ended.why_not or "")
    assert len(audit.entries()) == 2


def test_a_program_that_has_closed_its_sockets_gets_no_signal(application: Application) -> None:
    """While the question stood it did what it should; there is nothing left to end it for."""
    application.leak(2)
    made = made_plan(application, How.SIGNAL)
    application.tell("let go")
    (result,) = application.ns.call(list, carry_out(made, why="a test"))

    assert "holds none of these sockets any more" in (result.why_not or "")
    assert application.process.poll() is None
    assert application.sees() == [""]


def test_one_socket_left_is_enough_for_a_signal(application: Application) -> None:
    """What was asked for is still true of the other."""
    application.leak(2)
    made = made_plan(application, How.SIGNAL)
    application.tell("let one go")
    (result,) = application.ns.call(list, carry_out(made, why="a test"))

    assert result.why_not is None
    assert application.process.wait(5) == -signal.SIGTERM


def test_a_socket_that_two_processes_share_is_one(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are asked, one socket is counted, and it is done although the second had ended with the first."""
    application.leak(1)
    child = int(application.tell("fork"))
    words = ("state=close_wait", "--how", "signal", "--apply", "--yes", "--max", "1", "--json")
    said = close(application, capsys, *words)
    (result,) = said.told["results"]

    assert said.status == 0
    assert [step["pid"] for step in said.told["steps"]] == [application.process.pid, child]
    assert (result["done"], result["descriptor_still_open"]) == (True, False)


def test_who_got_the_process_id_after_the_look_gets_no_signal(application: Application) -> None:
    """Its start is that of the plan, since it was read after the look; but it does not hold the sockets."""
    application.leak(1)
    (socket_held,) = made_plan(application, How.SIGNAL).sockets
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        known = {stranger.pid: Known(identity.started_at_ticks(stranger.pid), None)}
        mistaken = replace(socket_held, holders=tuple(replace(one, pid=stranger.pid) for one in socket_held.holders))
        made = plan(1, (mistaken,), Asked(How.SIGNAL), known, NO_SESSION)
        (result,) = application.ns.call(list, carry_out(made, why="a test"))
        stranger.communicate(b"\n")

    assert "holds none of these sockets any more" in (result.why_not or "")
    assert stranger.returncode == 0


def test_an_act_that_the_kernel_does_not_answer_is_written_down(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was done, or it was not: that is said, and the next step is done. Here the kernel is asked for no answer."""
    application.leak(2)
    made = made_plan(application, How.DESTROY)
    monkeypatch.setattr(destroy_format, "REQUEST_WITH_ANSWER", 1)
    monkeypatch.setattr(destroy_socket, "PATIENCE", struct.pack("ll", 0, 50_000))
    results = application.ns.call(list, carry_out(made, why="a test"))

    assert {one.why_not for one in results} == {"the kernel has not answered: it is not known whether it was done"}
    assert [one["result"] for one in audit.entries()] == [one.why_not for one in results]
    assert "CLOSE_WAIT" not in application.states()


def test_an_act_that_the_system_refuses_is_written_down(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the system's reason is. Here the request goes to a part of the kernel that takes none."""
    application.leak(1)
    made = made_plan(application, How.DESTROY)
    monkeypatch.setattr(destroy_socket, "NETLINK_SOCK_DIAG", 2)  # NETLINK_USERSOCK
    (result,) = application.ns.call(list, carry_out(made, why="a test"))
    (entry,) = audit.entries()

    assert "Connection refused" in (result.why_not or "")
    assert entry["result"] == result.why_not
    with pytest.raises(CannotAct, match="cannot be held on to"), identity.process(0, 1):
        pass


def test_an_act_that_is_broken_off_is_written_down(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C when the kernel has been asked and has not answered: what became of it is not known, and is logged."""
    application.leak(1)
    made = made_plan(application, How.DESTROY)
    monkeypatch.setattr(destroy_format, "REQUEST_WITH_ANSWER", 1)
    monkeypatch.setattr(destroy_socket, "PATIENCE", struct.pack("ll", 60, 0))

    def press_ctrl_c() -> None:
        wait_until(lambda: "CLOSE_WAIT" not in application.states())
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with ThreadPoolExecutor() as person, inside(application.ns.path):
        pressed = person.submit(press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            list(carry_out(made, why="a test"))
        pressed.result()
    (entry,) = audit.entries()

    assert entry["result"] == "broken off by KeyboardInterrupt: it is not known whether it was done"
    assert entry["sockets"][0]["state"] == "CLOSE_WAIT"


@pytest.mark.parametrize("how", [How.SHUTDOWN, How.DESTROY])
def test_a_connection_with_the_same_ends_is_not_mistaken(how: How, application: Application) -> None:
    """Between the plan and the act it is closed and made again, between the same ends: the new one lives on."""
    first = application.accept(from_port=40321)
    made = made_plan(application, how)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    first.close()
    wait_until(lambda: "ESTABLISHED" not in application.states())
    second = application.accept(from_port=40321)
    (result,) = application.ns.call(list, carry_out(made, why="a test"))

    assert result.why_not is not None
    assert second.send(b"hello") == 5
    assert application.states()["ESTABLISHED"] == 1


def test_again_and_again_is_bounded_and_says_that_it_is_a_stop_gap(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most --max each round, until --for is over."""
    application.leak(3)
    said = close(
        application, capsys, "state=close_wait", "--apply", "--yes", "--every", "1s", "--for", "1.5s", "--max", "2"
    )

    assert said.status == 0
    assert "This is a stop-gap" in said.err
    assert "2 rounds, 3 closed, 0 not" in said.err
    assert [line.split(" by ")[0] for line in said.out.splitlines()] == ["Done for 2 of 2", "Done for 1 of 1"]


def test_again_and_again_ends_with_ctrl_c(application: Application) -> None:
    """With a summary."""
    application.leak(1)
    words = ["close", f"lport={application.port}", "state=close_wait", "--apply", "--yes", "--every", "60s"]
    running = application.ns.call(
        subprocess.Popen, [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout.readline().startswith("Done for 1 of 1")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)

    assert "1 rounds, 1 closed, 0 not" in said
    assert running.returncode == 0


BAD_USES = [
    ["close"],
    ["close", "state=close_wait", "--how", "nicely"],
    ["close", "state=close_wait", "--how", "signal", "--signal", "KILL"],
    ["close", "state=close_wait", "--every", "60s"],
    ["close", "state=close_wait", "--every", "0.1s", "--apply"],
    ["close", "state=close_wait", "--every", "60s", "--apply", "--how", "signal"],
    ["close", "dump.txt", "state=close_wait"],
]


@pytest.mark.parametrize("words", BAD_USES)
def test_bad_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 4, and what to write instead."""
    assert run(words) == 4
    assert capsys.readouterr().err.startswith("closewait: ")


@pytest.fixture
def spooler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Process 9 of spooler@1.service, in a /proc of its own, which holds socket 77; the file that systemctl is."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    stat = Path("/proc/self/stat").read_text()
    (tmp_path / "9" / "fd").mkdir(parents=True)
    (tmp_path / "9" / "fd" / "3").symlink_to("socket:[77]")
    (tmp_path / "9" / "stat").write_text(stat)
    (tmp_path / "9" / "cgroup").write_text("0::/system.slice/spooler@1.service/worker\n")
    systemctl = tmp_path / "systemctl"
    systemctl.touch(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return systemctl


def test_a_unit_is_restarted_by_its_name(spooler: Path, tmp_path: Path) -> None:
    """systemctl is given the unit that the control group names; of a process that has gone nothing is restarted."""
    told = tmp_path / "told"
    spooler.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    started = identity.started_at_ticks(9, tmp_path)
    held = (Descriptor(8, 3, 77), Descriptor(9, 3, 77))

    restart("spooler@1.service", 9, started, held, tmp_path)
    assert told.read_text() == "restart -- spooler@1.service\n"
    with pytest.raises(CannotAct, match="is not restarted"):
        restart("spooler@1.service", 9, (started or 0) + 1, held, tmp_path)
    with pytest.raises(CannotAct, match="is not restarted"):
        restart("other.service", 9, started, held, tmp_path)
    with pytest.raises(CannotAct, match="holds any of these sockets any more"):
        restart("spooler@1.service", 9, started, (Descriptor(9, 3, 78),), tmp_path)
    assert told.read_text().count("\n") == 1
