"""The stage keeps its promises: limits, clean-up whoever is killed, no disturbance, and clear refusals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from closewait.errors import BadUsage, CannotPlay
from closewait.lab import Performance, netns, playing
from closewait.lab.stage import Stage
from tests.kernel_states import namespace
from tests.lab.traces import all_pids, inside, living, namespace_exists, seen_by_ss, until

#: A caller of its own, that tells its scene's actors and namespace and then waits to be ended.
CALLER = """
import sys
from closewait.lab import playing
with playing("inherited-fd", count=3, own_netns=True) as stage:
    print(stage.netns, *(pid for pids in stage.pids.values() for pid in pids), flush=True)
    stage.wait()
"""

#: What a user without any privilege gets, on the loopback of the namespace it is started in.
PLAIN_USER = """
import os
from closewait.errors import CannotPlay
from closewait.lab import playing
print(os.geteuid())
with playing("never-read", count=3) as stage:
    print(stage.sick_pids == stage.pids["lab-server"], stage.netns)
for name, own_netns in (("time-wait-churn", False), ("never-read", True)):
    try:
        with playing(name, own_netns=own_netns):
            print("played")
    except CannotPlay as refusal:
        print(refusal)
"""


def stagehand_of(namespace_name: str) -> int:
    """The process that answers for a scene's namespace."""
    return int(namespace_name.removeprefix(netns.PREFIX))


@contextmanager
def a_caller() -> Iterator[tuple["subprocess.Popen[str]", str, list[int]]]:
    """A process that plays a scene, the scene's namespace, and its actors."""
    with subprocess.Popen(
        [sys.executable, "-c", CALLER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as caller:
        assert caller.stdout is not None
        name, *pids = caller.stdout.readline().split()
        try:
            yield caller, name, [int(pid) for pid in pids]
        finally:
            caller.kill()


def test_nothing_is_left_after_the_block() -> None:
    """All actors have ended and the namespace is gone, when the block ends and when it fails."""
    with playing("leaked-close-wait", count=3, own_netns=True) as stage:
        assert len(living(all_pids(stage))) == 2
    with pytest.raises(ZeroDivisionError), playing("inherited-fd", count=3, own_netns=True) as failed:
        raise ZeroDivisionError

    for past in (stage, failed):
        assert past.netns is not None
        assert living([*all_pids(past), stagehand_of(past.netns)]) == []
        assert not namespace_exists(past.netns)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_when_the_caller_is_ended(ending: signal.Signals) -> None:
    """Ctrl-C, kill, a closed terminal or kill -9: the actors end, the forked worker too, and the namespace goes."""
    with a_caller() as (caller, name, pids):
        assert len(living(pids)) == 3
        caller.send_signal(ending)

        assert until(lambda: not living([*pids, stagehand_of(name)]))
        assert until(lambda: not namespace_exists(name))


def test_the_actors_end_when_their_stagehand_is_killed() -> None:
    """Kill -9 in the middle: the kernel ends the actors, and the end of the block deletes the namespace."""
    with playing("inherited-fd", count=3, own_netns=True) as stage:
        assert stage.netns is not None
        os.kill(stagehand_of(stage.netns), signal.SIGKILL)

        assert until(lambda: not living(all_pids(stage)))
    assert not namespace_exists(stage.netns)


def test_the_next_stage_deletes_what_killed_ones_left() -> None:
    """When stagehand and caller are killed at once their namespace stays, until somebody plays again."""
    with a_caller() as (caller, name, pids):
        caller.send_signal(signal.SIGSTOP)
        os.kill(stagehand_of(name), signal.SIGKILL)
        caller.kill()
        caller.wait()
        assert until(lambda: not living([*pids, stagehand_of(name)]))
    with playing("leaked-close-wait", count=1, own_netns=True):
        assert not namespace_exists(name)


def test_the_time_limit_ends_the_scene() -> None:
    """At the limit all of it is gone, while the caller still waits."""
    with playing("inherited-fd", count=3, time_limit_s=1.0, own_netns=True) as stage:
        assert not stage.wait(0.01)

        assert stage.wait(5)
        assert stage.netns is not None
        assert living(all_pids(stage)) == []
        assert not namespace_exists(stage.netns)


def test_actors_end_at_the_limit_by_themselves() -> None:
    """Also when the stagehand stands still and cannot end them."""
    with playing("inherited-fd", count=3, time_limit_s=1.0, own_netns=True) as stage:
        assert stage.netns is not None
        os.kill(stagehand_of(stage.netns), signal.SIGSTOP)
        try:
            assert until(lambda: not living(all_pids(stage)))
        finally:
            os.kill(stagehand_of(stage.netns), signal.SIGCONT)


def test_an_actor_that_ends_early_ends_the_scene() -> None:
    """Whoever looked on would see something else than was announced."""
    with playing("leaked-close-wait", count=3, own_netns=True) as stage:
        os.kill(stage.pids["lab-client"][0], signal.SIGKILL)

        assert stage.wait(5)
        assert living(all_pids(stage)) == []


def test_two_scenes_on_one_loopback_do_not_disturb_each_other() -> None:
    """Each has its own port and its own actors, and the end of one leaves the other alone."""
    with namespace() as ns:
        ns.call(_play_two)


def _play_two() -> None:
    with playing("leaked-close-wait", count=7) as leak:
        with playing("never-read", count=5) as unread:
            assert (leak.netns, leak.look_with, leak.inside) == (None, "closewait", ())
            assert _stuck(leak) == 7
            assert _stuck(unread) == 5
        assert _stuck(leak) == 7
        assert living(all_pids(leak)) == all_pids(leak)
        assert living(all_pids(unread)) == []


def _stuck(stage: Performance) -> int:
    return sum(row.local == stage.where for row in seen_by_ss(stage, state="CLOSE-WAIT"))


def test_stages_at_once_have_namespaces_of_their_own() -> None:
    """Neither sees the other's sockets, and each says how to look at it."""
    with playing("never-read", count=2, own_netns=True) as one, playing("never-read", count=3, own_netns=True) as two:
        assert (len(seen_by_ss(one, state="CLOSE-WAIT")), len(seen_by_ss(two, state="CLOSE-WAIT"))) == (2, 3)
        assert one.netns != two.netns
        assert two.look_with == f"closewait netns:{two.netns}"


def test_a_plain_user_may_play_on_loopback_and_is_told_what_a_namespace_needs() -> None:
    """No privilege at all: a user namespace in which this process is user 1000."""
    with namespace() as ns:
        told = ns.run("unshare", "--map-user=1000", "--map-group=1000", sys.executable, "-c", PLAIN_USER)

    user, loopback, *refusals = told.splitlines()
    assert (user, loopback) == ("1000", "True None")
    assert [line for line in refusals if "refused" in line] == [refusals[0], refusals[2]]
    assert [line for line in refusals if "Run as root" in line] == [refusals[1], refusals[3]]


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without ip(8) the refusal says which package has it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(netns, "SBIN", str(tmp_path))

    with pytest.raises(CannotPlay, match="iproute2"):
        netns.ip("netns", "list")


def test_an_actor_that_fails_says_why() -> None:
    """When the ports of the host run out, the caller learns it in the kernel's words and does not wait in vain."""
    with namespace() as ns:
        ns.call(Path("/proc/sys/net/ipv4/ip_local_port_range").write_text, "30000 30009")

        with pytest.raises(CannotPlay, match=r"lab-client could not go on: .*Cannot assign requested address"):
            ns.call(_play_and_stop, "leaked-close-wait", 50)


def test_an_accept_queue_that_is_too_short_here_is_told() -> None:
    """The kernel would cut the backlog in silence, so the scene compares first."""
    with namespace() as ns:
        ns.call(Path("/proc/sys/net/core/somaxconn").write_text, "16")

        with pytest.raises(CannotPlay, match=r"at most 16 connections here \(net.core.somaxconn\)"):
            ns.call(_play_and_stop, "never-accepted", 20)


def _play_and_stop(name: str, count: int) -> None:
    with playing(name, count=count):
        pass


def test_the_processes_of_a_scene_are_thin() -> None:
    """Neither the stagehand nor an actor carries the table engine or numpy, whatever the caller has loaded."""
    with playing("leaked-close-wait", count=1, own_netns=True) as stage:
        assert stage.netns is not None
        mapped = [Path(f"/proc/{pid}/maps").read_text() for pid in (stagehand_of(stage.netns), *all_pids(stage))]

        assert len(mapped) == 3
        assert not any("polars" in maps or "numpy" in maps for maps in mapped)


def test_a_file_in_the_working_directory_is_not_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A `socket.py` that happens to lie where the user stands is not run."""
    (tmp_path / "socket.py").write_text("raise SystemExit('I was imported')")
    monkeypatch.chdir(tmp_path)

    with playing("leaked-close-wait", count=1, own_netns=True) as stage:
        assert "CLOSE-WAIT" in inside(stage, "ss", "-tan")


def test_the_network_of_the_host_is_never_changed() -> None:
    """Addresses and port ranges are for a namespace of the stage's own."""
    stage = Stage(limit_s=1)

    with pytest.raises(CannotPlay, match="own namespace"):
        stage.narrow_ports(20_000, 10)
    with pytest.raises(CannotPlay, match="own namespace"):
        stage.add_address("192.0.2.1")


@pytest.mark.parametrize(
    ("name", "wish", "answer"),
    [
        ("leaked_closed_wait", {}, "Did you mean leaked-close-wait"),
        ("blue-moon", {}, "Scenes: leaked-close-wait, never-read"),
        ("never-read", {"count": 0}, "1 to 2000 connections"),
        ("never-read", {"count": 2001}, "1 to 2000 connections"),
        ("never-read", {"count": 1000, "growth_per_s": 100}, "growth included; this would be 7000"),
        ("never-accepted", {"growth_per_s": 1}, "cannot grow"),
        ("never-read", {"growth_per_s": -1}, "cannot grow"),
        ("never-read", {"time_limit_s": 0}, "more than 0"),
        ("never-read", {"time_limit_s": 86400}, "at most 3600 s"),
    ],
)
def test_what_cannot_be_played_is_bad_usage(name: str, wish: dict[str, int], answer: str) -> None:
    """Nothing is started, and the answer says what is possible."""
    with pytest.raises(BadUsage, match=answer), playing(name, **wish):
        pass
