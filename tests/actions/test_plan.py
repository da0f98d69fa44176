"""What is left alone, and why: every guard of a plan, one after the other. Nothing here is touched."""

import os
from pathlib import Path

import pytest

from closewait.actions.own_connection import Session, ancestors, session
from closewait.actions.plan import Asked, How, Known, Plan, plan, situation
from closewait.actions.plan_page import plan_json, plan_text, what_stays
from closewait.cli.close import named_states
from closewait.diagnosis.candidates import Candidate
from closewait.diagnosis.one_socket import Held

NO_SESSION = Session(frozenset(), frozenset(), ())
JAVA = Held(4121, "java", 17)
KNOWN = {4121: Known(started=77, unit="spooler.service"), 1: Known(1, None)}


def a_socket(state: str = "CLOSE_WAIT", *holders: Held, **more: object) -> Candidate:
    """A socket held by java, unless told otherwise."""
    facts = {
        "is_ipv6": False, "local_address": "10.0.0.1", "local_port": 443, "remote_address": "203.0.113.9",
        "remote_port": 50123, "interface": None, "here": "10.0.0.1:443", "there": "203.0.113.9:50123", "state": state,
        "cookie": 5, "inode": 48211, "age_low_s": 232.0, "recv_queue_bytes": 1,
        "holders": holders or (JAVA,), "is_queued": False, "peer_state": None,
    }  # fmt: skip
    return Candidate(**{**facts, **more})  # type: ignore[arg-type]  # facts by name


def planned(*sockets: Candidate, session: Session = NO_SESSION, **asked: object) -> Plan:
    """The plan for these sockets."""
    return plan(1000, sockets, Asked(**asked), KNOWN, session)  # type: ignore[arg-type]  # options by name


def why_spared(socket: Candidate, session: Session = NO_SESSION, **asked: object) -> str:
    """Why the socket is left alone; nothing where it is not."""
    made = planned(socket, session=session, **asked)
    assert len(made.steps) + len(made.spared) == 1
    return made.spared[0].why if made.spared else ""


def test_a_leaked_socket_is_closed_by_its_holders_descriptor() -> None:
    """The process goes with its start time, by which it is met again."""
    step = planned(a_socket()).steps[0]

    assert (step.pid, step.fd, step.started) == (4121, 17, 77)


@pytest.mark.parametrize("how", How)
def test_a_listener_is_left_alone(how: How) -> None:
    """Unless asked for; and destroyed never, whatever is asked for."""
    listener = a_socket("LISTEN", remote_port=None)

    assert "listen" in why_spared(listener, how=how)
    assert bool(why_spared(listener, how=how, include_listen=True)) == (how is How.DESTROY)


@pytest.mark.parametrize("state", ["ESTABLISHED", "SYN_SENT", "SYN_RECEIVED"])
def test_a_connection_in_use_must_be_named(state: str) -> None:
    """A filter that only happens to match it is not enough."""
    assert "in use" in why_spared(a_socket(state), how=How.DESTROY)
    assert why_spared(a_socket(state), how=How.DESTROY, named=frozenset({state})) == ""


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["state=established"], {"ESTABLISHED"}),
        (["state=ESTAB,close-wait"], {"ESTABLISHED", "CLOSE_WAIT"}),
        (["state", "established"], {"ESTABLISHED"}),
        (["state = established"], {"ESTABLISHED"}),
        (["state=connected"], set()),
        (["state!=close_wait"], set()),
        (["proc=established"], set()),
        (["lport=443"], set()),
    ],
)
def test_which_states_a_filter_names(words: list[str], names: set[str]) -> None:
    """In any spelling; what a group of ss or an exclusion takes in is not named."""
    assert named_states(words) == names


@pytest.mark.parametrize("how", How)
def test_our_own_connection_is_left_alone(how: How) -> None:
    """By its inode, by its ends, and by its process."""
    ours = [
        Session(frozenset({48211}), frozenset(), ()),
        Session(frozenset(), frozenset({("10.0.0.1", 443, "203.0.113.9", 50123)}), ()),
    ]
    mapped = a_socket(local_address="::ffff:10.0.0.1", remote_address="::ffff:203.0.113.9")

    assert all("your own session" in why_spared(a_socket(), session=each, how=how) for each in ours)
    assert "your own session" in why_spared(mapped, session=ours[1], how=how)


def test_what_closewait_runs_under_gets_no_signal_and_no_restart() -> None:
    """Neither process nor unit; and process 1 never."""
    under = Session(frozenset(), frozenset(), (4121,), frozenset({"spooler.service"}))

    assert "runs under" in why_spared(a_socket(), session=under, how=How.SIGNAL)
    assert "runs under" in why_spared(a_socket(), session=under, how=How.RESTART_UNIT)
    assert "process 1" in why_spared(a_socket("CLOSE_WAIT", Held(1, "init", 3)), how=How.SIGNAL)
    assert "no service" in why_spared(a_socket("CLOSE_WAIT", Held(1, "init", 3)), how=How.RESTART_UNIT)


@pytest.mark.parametrize(
    ("socket", "why"),
    [
        (a_socket("TIME_WAIT", holders=(), inode=None), "no process holds it"),
        (a_socket("FIN_WAIT_2"), "nothing left to send"),
        (a_socket(holders=(), inode=None, is_queued=True), "no process has accepted it"),
        (a_socket(holders=()), "its holder cannot be seen"),
        (a_socket(cookie=None), "no cookie"),
        (a_socket("BOUND"), "no connection"),
    ],
)
def test_what_shutdown_cannot_reach(socket: Candidate, why: str) -> None:
    """It is said, with the way that would; nothing harsher is done by itself."""
    assert why in why_spared(socket)


def test_one_signal_for_a_process_with_many_sockets() -> None:
    """And one restart for a unit."""
    sockets = [a_socket(cookie=n) for n in range(1, 6)]

    assert [len(step.sockets) for step in planned(*sockets, how=How.SIGNAL).steps] == [5]
    assert [step.unit for step in planned(*sockets, how=How.RESTART_UNIT).steps] == ["spooler.service"]


@pytest.mark.parametrize("how", [How.SIGNAL, How.SHUTDOWN, How.DESTROY])
def test_a_socket_of_two_processes_is_counted_once(how: How) -> None:
    """A prefork program's socket is one, however many processes have to be asked to let it go."""
    made = planned(a_socket("CLOSE_WAIT", JAVA, Held(4122, "java", 17)), how=how)

    assert [step.pid for step in made.steps] == ([4121, 4122] if how is How.SIGNAL else [4121])
    assert len(made.sockets) == 1
    assert "1 matched, 1 to close" in " ".join(plan_text(made).split())


def test_the_session_is_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSH_CONNECTION names it from both ends, and the processes above us are known up to the first."""
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50000 10.0.0.1 22")
    found = session()

    assert {("10.0.0.1", 22, "198.51.100.7", 50000), ("198.51.100.7", 50000, "10.0.0.1", 22)} <= found.ends
    assert found.pids[:2] == (os.getpid(), os.getppid())
    assert 1 not in ancestors(os.getpid())
    assert list(ancestors(99, tmp_path)) == [99]


def test_a_link_local_session_is_found_by_its_bare_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """sshd tells the interface with the address, the kernel apart from it."""
    monkeypatch.setenv("SSH_CONNECTION", "fe80::7%eth0 50000 fe80::1%eth0 22")

    assert ("fe80::1", 22, "fe80::7", 50000) in session().ends


def test_who_carries_the_session_is_left_alone_with_its_unit(tmp_path: Path) -> None:
    """Under a multiplexer sshd is none of the programs above us; its own connection tells who it is."""
    (tmp_path / "4121").mkdir()
    (tmp_path / "4121" / "cgroup").write_text("0::/system.slice/spooler.service/job.scope\n")
    carried = Session(frozenset(), frozenset(), (os.getpid(),)).carried_by([4121], tmp_path)

    assert carried.pids == (os.getpid(), 4121)
    assert "carries your own session" in why_spared(a_socket(), session=carried, how=How.SIGNAL)
    assert carried.units == {"spooler.service"}
    assert "carries your own session" in why_spared(a_socket(), session=carried, how=How.RESTART_UNIT)
    assert why_spared(a_socket(), session=carried, how=How.DESTROY) == ""


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("state", ["CLOSE_WAIT", "TIME_WAIT", "ESTABLISHED"])
def test_a_plan_says_what_stays(how: How, state: str) -> None:
    """Each time: that the descriptor stays open, or what takes it away; in 80 columns, hostile names shown."""
    made = planned(a_socket(state, Held(4121, "ja\x1b[2Jva", 17)), how=how, named=frozenset({state}))
    text = plan_text(made)

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text
    assert "Nothing is done without --apply." in text
    assert not made.steps or "descriptor" in what_stays(made) or "connection" in what_stays(made)
    assert plan_json(made)["what_stays"] == (what_stays(made) or None)


def test_situations() -> None:
    """The names under which effects were measured."""
    assert situation(a_socket(recv_queue_bytes=6)) == "CLOSE_WAIT, data unread"
    assert situation(a_socket(is_queued=True)) == "CLOSE_WAIT, not accepted"
    assert situation(a_socket("FIN_WAIT_2", inode=None)) == "FIN_WAIT_2, no process"
