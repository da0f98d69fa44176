"""Each scene plays for real, in a network namespace of its own, and is looked at with the system's own tools."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from closewait.lab import SCENES, VARIANTS, Performance, playing
from closewait.lab.scenes.never_read import REQUEST_BYTES
from tests.lab.traces import Seen, all_pids, inside, living, namespace_exists, seen_by_ss, until

#: The states a scene stands still in, spelled as ss does. Scenes that keep moving are looked at one by one below.
STILL_LIFES = {
    "leaked-close-wait": (50, {"LISTEN": 1, "CLOSE-WAIT": 50, "FIN-WAIT-2": 50}),
    "never-read": (50, {"LISTEN": 1, "CLOSE-WAIT": 50, "FIN-WAIT-2": 50}),
    "never-accepted": (100, {"LISTEN": 1, "CLOSE-WAIT": 100, "FIN-WAIT-2": 100}),
    "inherited-fd": (20, {"LISTEN": 1, "CLOSE-WAIT": 20, "FIN-WAIT-2": 20}),
    "inherited-fd-child-only": (20, {"LISTEN": 1, "CLOSE-WAIT": 20, "FIN-WAIT-2": 20}),
    "proxy-half-close": (20, {"LISTEN": 1, "CLOSE-WAIT": 20, "FIN-WAIT-2": 20}),
    "blocked-writer": (20, {"LISTEN": 1, "CLOSE-WAIT": 20}),
    "peer-not-closing": (20, {"LISTEN": 1, "FIN-WAIT-2": 20}),
    "dead-fd": (50, {"LISTEN": 1}),
    "half-open-established": (20, {"LISTEN": 1, "ESTAB": 20}),
    "dying-unacked": (60, {"LISTEN": 1, "FIN-WAIT-1": 60}),
    "fd-exhaustion": (200, {"LISTEN": 1, "ESTAB": 400}),
    "port-exhaustion": (440, {"LISTEN": 1, "ESTAB": 80, "TIME-WAIT": 400}),
    "stale-idle-pool": (8, {"LISTEN": 1, "ESTAB": 2, "CLOSE-WAIT": 8, "FIN-WAIT-2": 8}),
    "insufficient-evidence": (5, {"LISTEN": 1, "CLOSE-WAIT": 5, "FIN-WAIT-2": 5}),
}
MOVING = {"leaked-established", "time-wait-churn", "benign-churn", "syn-backlog"}

#: The kernel's numbers for what ss calls these states (Linux include/net/tcp_states.h).
HEX = {"ESTAB": "01", "FIN-WAIT-1": "04", "FIN-WAIT-2": "05", "TIME-WAIT": "06", "CLOSE-WAIT": "08", "LISTEN": "0A"}


@contextmanager
def played(name: str, count: int | None = None, growth_per_s: float = 0.0) -> Iterator[Performance]:
    """A scene in its own namespace; afterwards nothing of it may be left."""
    with playing(name, count=count, growth_per_s=growth_per_s, own_netns=True) as stage:
        yield stage
    assert living(all_pids(stage)) == []
    assert stage.netns is not None
    assert not namespace_exists(stage.netns)


def test_every_scene_is_looked_at() -> None:
    """No scene ships without a test here."""
    assert {scene.name for scene in (*SCENES, *VARIANTS)} == STILL_LIFES.keys() | MOVING


@pytest.mark.parametrize("name", STILL_LIFES)
def test_the_states_are_those_announced(name: str) -> None:
    """When a scene says that it holds, `ss` and `/proc/net/tcp` show exactly its states, and the actors bear names."""
    count, states = STILL_LIFES[name]
    with played(name) as stage:
        table = inside(stage, "cat", "/proc/net/tcp").splitlines()[1:]

        assert stage.count == count
        assert Counter(row.state for row in seen_by_ss(stage)) == states
        assert Counter(line.split()[3] for line in table) == {HEX[state]: number for state, number in states.items()}
        for role, pids in stage.pids.items():
            assert {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids} == {role}


def test_leaked_close_wait_is_read_to_the_end_and_of_known_age() -> None:
    """The server alone holds its sockets, nothing is left to read, and data and FIN came at nearly the same time."""
    with played("leaked-close-wait", 10) as stage:
        for row in seen_by_ss(stage, state="CLOSE-WAIT"):
            assert (row.local, row.recv_queue, row.names) == (stage.where, 0, {"lab-server"})
            assert row.last_received_ms is not None
            assert row.last_ack_ms is not None
            assert 0 <= row.last_received_ms - row.last_ack_ms < 500


def test_leaked_close_wait_can_grow() -> None:
    """With a growth, a later look sees the old sockets and more."""
    with played("leaked-close-wait", 5, growth_per_s=20) as stage:
        earlier = {row.remote for row in seen_by_ss(stage, state="CLOSE-WAIT")}

        assert until(lambda: {row.remote for row in seen_by_ss(stage, state="CLOSE-WAIT")} > earlier)


def test_never_read_leaves_whole_requests_and_the_fin() -> None:
    """Recv-Q is the size of a request and one more for the FIN; the server has accepted every socket."""
    with played("never-read", 10) as stage:
        stuck = seen_by_ss(stage, state="CLOSE-WAIT")

        assert Counter(row.recv_queue for row in stuck) == {size + 1: 2 for size in REQUEST_BYTES}
        assert {row.names == {"lab-server"} for row in stuck} == {True}


def test_never_accepted_waits_in_the_queue_of_the_listener() -> None:
    """Nobody holds the connections, and the listener that lab-server holds counts them in its accept queue."""
    with played("never-accepted", 30) as stage:
        (listener,) = seen_by_ss(stage, state="LISTEN")
        stuck = seen_by_ss(stage, state="CLOSE-WAIT")

        assert (listener.recv_queue, listener.names) == (30, {"lab-server"})
        assert listener.send_queue >= 30
        assert {(row.local, row.inode, row.holders) for row in stuck} == {(stage.where, 0, ())}
        assert min(row.recv_queue for row in stuck) == 101


@pytest.mark.parametrize(
    ("name", "holders"),
    [("inherited-fd", {"lab-server", "lab-worker"}), ("inherited-fd-child-only", {"lab-worker"})],
)
def test_inherited_fd_is_held_by_the_forked_worker(name: str, holders: set[str]) -> None:
    """One inode is in the worker's hands, in the server's as well or not, and the listener is the server's alone."""
    with played(name, 5) as stage:
        stuck = seen_by_ss(stage, state="CLOSE-WAIT")

        assert [row.names for row in stuck] == [holders] * 5
        assert {pid for row in stuck for _, pid in row.holders} == set(stage.sick_pids)
        assert {row.recv_queue for row in stuck} == {0}
        assert [row.names for row in seen_by_ss(stage, state="LISTEN")] == [{"lab-server"}]


def test_fd_exhaustion_uses_nearly_all_descriptors_for_healthy_things() -> None:
    """Over 85 % and under 95 % of a soft limit of 256, every connection without unread bytes."""
    with played("fd-exhaustion") as stage:
        (server,) = stage.sick_pids
        limits = Path(f"/proc/{server}/limits").read_text()
        soft_limit = int(limits.partition("Max open files")[2].split()[0])
        used = sum(1 for _ in Path(f"/proc/{server}/fd").iterdir())

        assert soft_limit == 256
        assert 0.85 <= used / soft_limit < 0.95
        assert {row.recv_queue for row in seen_by_ss(stage, state="ESTAB")} == {0}


def test_time_wait_churn_takes_a_quarter_of_the_ports_on_the_client_side() -> None:
    """TIME_WAIT rows are the client's, towards one destination, in a range that only the namespace has."""
    range_of_the_host = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    with played("time-wait-churn", 100) as stage:
        waiting = seen_by_ss(stage, state="TIME-WAIT")
        kept = [row for row in seen_by_ss(stage, state="ESTAB") if row.remote == stage.where]

        assert {(row.local.split(":")[0], row.remote) for row in waiting} == {("192.0.2.1", stage.where)}
        assert 0.25 <= len(waiting) / _ports(stage) < 0.3
        assert [row.names for row in kept] == [{"lab-client"}] * 2
    assert Path("/proc/sys/net/ipv4/ip_local_port_range").read_text() == range_of_the_host


def test_time_wait_churn_goes_on() -> None:
    """Later there are TIME_WAIT rows that were not there before."""
    with played("time-wait-churn", 1000) as stage:
        earlier = {row.local for row in seen_by_ss(stage, state="TIME-WAIT")}

        assert until(lambda: {row.local for row in seen_by_ss(stage, state="TIME-WAIT")} > earlier)


def test_port_exhaustion_takes_nearly_all_ports_towards_one_destination() -> None:
    """Over 85 % of the ports lead to the one server, some of them by connections in use that lab-client holds."""
    with played("port-exhaustion") as stage:
        taken = [row for row in seen_by_ss(stage) if row.remote == stage.where]
        low, high = _range(stage)

        assert 0.85 <= len(taken) / _ports(stage) < 1
        assert all(low <= int(row.local.split(":")[1]) <= high for row in taken)
        assert Counter(row.state for row in taken) == {"TIME-WAIT": 400, "ESTAB": 40}
        assert {name for row in taken for name in row.names} == {"lab-client"}


def test_stale_idle_pool_holds_an_unread_fin_and_one_connection_in_use() -> None:
    """The pool's idle sockets are the client's and have the FIN alone unread; its busy one goes on being used."""
    with played("stale-idle-pool") as stage:
        stale = seen_by_ss(stage, state="CLOSE-WAIT")

        assert {(row.remote, row.recv_queue) for row in stale} == {(stage.where, 1)}
        assert {row.names == {"lab-client"} for row in stale} == {True}
        assert {row.holders for row in seen_by_ss(stage, state="FIN-WAIT-2")} == {()}
        assert until(lambda: _since_data(stage) > 500)
        assert until(lambda: _since_data(stage) < 500)


def test_proxy_half_close_keeps_both_legs_in_one_program() -> None:
    """The clients' legs are read to the end, the server's legs have no timer, and lab-relay alone holds both."""
    with played("proxy-half-close", 5) as stage:
        legs = seen_by_ss(stage, state="CLOSE-WAIT") + seen_by_ss(stage, state="FIN-WAIT-2")

        assert {row.recv_queue for row in legs} == {0}
        assert [row.names for row in legs] == [{"lab-relay"}] * 10


def test_peer_not_closing_has_its_peers_out_of_sight() -> None:
    """The server holds its half-closed sockets; the peers that do not close are on another host."""
    with played("peer-not-closing", 5) as stage:
        waiting = seen_by_ss(stage, state="FIN-WAIT-2")

        assert [row.names for row in waiting] == [{"lab-server"}] * 5
        assert {row.remote.split(":")[0] for row in waiting} == {"198.18.0.2"}


def test_leaked_established_collects_idle_connections() -> None:
    """The client's connections stay, none of them with bytes on the way, and there is one more each second."""
    with played("leaked-established", 40) as stage:
        earlier = {row.local for row in seen_by_ss(stage, state="ESTAB") if row.names == {"lab-client"}}

        assert len(earlier) >= 40
        assert until(
            lambda: {row.local for row in seen_by_ss(stage, state="ESTAB") if row.names == {"lab-client"}} > earlier
        )


def test_blocked_writer_keeps_the_same_bytes() -> None:
    """What the server has to send stays as it is, and lab-server still holds every socket."""
    with played("blocked-writer", 5) as stage:
        earlier = {row.remote: row.send_queue for row in seen_by_ss(stage, state="CLOSE-WAIT")}
        stuck = seen_by_ss(stage, state="CLOSE-WAIT")

        assert {row.remote: row.send_queue for row in stuck} == earlier
        assert min(earlier.values()) > 1000
        assert [row.names for row in stuck] == [{"lab-server"}] * 5


def test_dying_unacked_leaves_no_descriptor_open() -> None:
    """Nobody holds what the server closed, and each socket still has something to send."""
    with played("dying-unacked", 5) as stage:
        dying = seen_by_ss(stage, state="FIN-WAIT-1")

        assert [(row.inode, row.holders) for row in dying] == [(0, ())] * 5
        assert min(row.send_queue for row in dying) > 1


def test_benign_churn_turns_over() -> None:
    """TIME_WAIT is the server's; never more than one CLOSE_WAIT passes by, and each time another."""
    passing: set[str] = set()
    with played("benign-churn", 40) as stage:

        def two_have_passed() -> bool:
            now = [row.local for row in seen_by_ss(stage, state="CLOSE-WAIT")]
            assert len(now) <= 1
            passing.update(now)
            return len(passing) == 2

        assert until(two_have_passed)
        waiting = [row.local for row in seen_by_ss(stage, state="TIME-WAIT")]
        assert set(waiting) == {stage.where}
        assert len(waiting) >= 40
        assert Counter(row.local == stage.where for row in seen_by_ss(stage, state="ESTAB"))[True] == 40
        assert stage.sick_pids == ()


def test_syn_backlog_keeps_the_queue_full_of_other_clients() -> None:
    """The queue is above its limit of three, clients knock in vain, and who waits now has not waited before."""
    with played("syn-backlog") as stage:

        def waiting() -> set[str]:
            (listener,) = seen_by_ss(stage, state="LISTEN")
            rows = [row for row in seen_by_ss(stage, state="ESTAB") if row.local == stage.where and row.inode == 0]
            return {row.remote for row in rows} if listener.recv_queue == 4 and listener.send_queue == 3 else set()

        assert until(waiting)
        before = waiting()
        assert until(lambda: (now := waiting()) and not now & before)
        assert until(lambda: seen_by_ss(stage, state="SYN-SENT"))


def test_insufficient_evidence_leaves_the_age_open() -> None:
    """The peers still hold their ends, and the bounds of the age drift apart while the server writes."""
    with played("insufficient-evidence") as stage:
        open_ended = seen_by_ss(stage, state="CLOSE-WAIT")

        assert {(row.local, row.recv_queue) for row in open_ended} == {(stage.where, 0)}
        assert {row.names == {"lab-client"} for row in seen_by_ss(stage, state="FIN-WAIT-2")} == {True}
        assert until(lambda: all(_doubt_ms(row) > 700 for row in seen_by_ss(stage, state="CLOSE-WAIT")))


def _doubt_ms(row: Seen) -> int:
    """How far the bounds of the time since the FIN lie apart: the last segment, and the last data."""
    assert row.last_received_ms is not None
    assert row.last_ack_ms is not None
    return row.last_received_ms - row.last_ack_ms


def _since_data(stage: Performance) -> int:
    """Milliseconds since the client last received an answer on its connection in use."""
    (busy,) = (row for row in seen_by_ss(stage, state="ESTAB") if row.remote == stage.where)
    assert busy.last_received_ms is not None
    return busy.last_received_ms


def _range(stage: Performance) -> tuple[int, int]:
    low, high = inside(stage, "cat", "/proc/sys/net/ipv4/ip_local_port_range").split()
    return int(low), int(high)


def _ports(stage: Performance) -> int:
    """How many local ports connect() may choose from where the scene plays."""
    low, high = _range(stage)
    return high - low + 1
