"""The tables against the kernel itself: real sockets in every state, the systems' own arrows, and whole closings."""

import platform
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closewait.tcp.clocks import clocks_for, time_wait_s
from closewait.tcp.receive_queue import goodbye
from closewait.tcp.spellings import LINUX_NUMBERS, canonical, from_linux_hex
from closewait.tcp.states import STATES as OUR_STATES
from closewait.tcp.states import Move
from closewait.tcp.transitions import SEQUENCES, Event, Step, after
from tests.kernel_states import (
    DEADLINE_S,
    STATES,
    Address,
    Ends,
    KernelRow,
    Namespace,
    ends_in,
    namespace,
    socket_in,
)

LISTED = sorted({*STATES} - {"BOUND", "CLOSED"})
IPV4_AND_IPV6 = pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
CLOSE_NORMALLY = struct.pack("ii", 0, 0)  # SO_LINGER off
ALL_STATES = 0xFFFFFFFF
SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_AND_DUMP, NLMSG_DONE = 20, 0x301, 3
BOUND_IS_TOLD = tuple(int(part) for part in platform.release().split(".")[:2]) >= (6, 8)


@pytest.fixture
def ns() -> Iterator[Namespace]:
    """A network namespace of the test's own."""
    with namespace() as fresh:
        yield fresh


def told_by_proc(ns: Namespace, local: Address, remote: Address | None) -> list[str | None]:
    """What our table makes of the rows of /proc/net/tcp and tcp6 with these ends."""
    rows = ns.rows(socket.AF_INET6 if ":" in local[0] else socket.AF_INET)
    return [from_linux_hex(row.state_hex) for row in rows if row.local == local and remote in (None, row.remote)]


def told_by_ss(ns: Namespace, local: Address, remote: Address | None) -> list[str | None]:
    """What our table makes of the words of `ss -tan` for the sockets with these ports."""
    told = []
    for line in ns.run("ss", "-tanH").splitlines():
        word, _, _, here, there, *_ = line.split()
        if here.endswith(f":{local[1]}") and (remote is None or there.endswith(f":{remote[1]}")):
            told.append(canonical(word))
    return told


def told_by_netlink(ns: Namespace, family: int, states: int) -> list[tuple[int, int]]:
    """(local port, state number) of every TCP socket that NETLINK_SOCK_DIAG has for these state bits."""
    return ns.call(_ask_netlink, family, states)


def _ask_netlink(family: int, states: int) -> list[tuple[int, int]]:
    request = struct.pack("=BBxxI48x", family, socket.IPPROTO_TCP, states)
    header = struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_AND_DUMP, 1, 0)
    told: list[tuple[int, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as netlink:
        netlink.send(header + request)
        while True:
            reply, offset = netlink.recv(1 << 16), 0
            while offset < len(reply):
                length, kind = struct.unpack_from("=IH", reply, offset)
                if kind == NLMSG_DONE:
                    return told
                _, number, _, _, port = struct.unpack_from("!BBBBH", reply, offset + 16)
                told.append((port, number))
                offset += (length + 3) & ~3


def told_by_tcp_info(sock: socket.socket) -> str:
    """What our table makes of the first byte of the kernel's tcp_info for a descriptor."""
    return LINUX_NUMBERS[sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]]


def test_every_state_of_the_table_is_made() -> None:
    """All eleven of the RFC and BOUND; what is left out exists on other systems only."""
    assert {state.name for state in OUR_STATES} - {*STATES} == {"IDLE", "DELETE_TCB"}


@IPV4_AND_IPV6
@pytest.mark.parametrize("state", LISTED)
def test_a_socket_in_each_state_is_told_as_we_read_it(state: str, family: socket.AddressFamily, ns: Namespace) -> None:
    """/proc/net/tcp, `ss` and netlink tell a real socket in the state that it was brought into."""
    with socket_in(state, ns, family) as (local, remote):
        assert state in told_by_proc(ns, local, remote)
        assert state in told_by_ss(ns, local, remote)
        assert (local[1], state) in [(port, LINUX_NUMBERS[n]) for port, n in told_by_netlink(ns, family, ALL_STATES)]


@pytest.mark.parametrize("state", sorted({*STATES} - {"SYN_RECEIVED", "TIME_WAIT", "BOUND"}))
def test_a_descriptor_tells_its_state_too(state: str, ns: Namespace) -> None:
    """tcp_info agrees for a descriptor; requests and TIME_WAIT have none, and a bound socket is CLOSED to it."""
    with ends_in(state, ns) as ends:
        assert told_by_tcp_info(ends.here) == state


def test_a_closed_socket_is_in_no_table(ns: Namespace) -> None:
    """A descriptor without port or connection is CLOSED by tcp_info, and neither file, `ss` nor netlink lists it."""
    with ends_in("CLOSED", ns) as ends:
        assert told_by_tcp_info(ends.here) == "CLOSED"
        assert ns.rows() == []
        assert ns.run("ss", "-tanH").strip() == ""
        assert told_by_netlink(ns, socket.AF_INET, ALL_STATES) == []


def test_a_bound_socket_is_told_to_those_who_ask(ns: Namespace) -> None:
    """Netlink lists it for state bit 13 since Linux 6.8, under number 7; /proc/net/tcp never does."""
    bound = {number: state for number, state in LINUX_NUMBERS.items() if state == "BOUND"}
    (bit,) = bound
    with socket_in("BOUND", ns) as (local, _):
        assert told_by_netlink(ns, socket.AF_INET, 1 << bit) == ([(local[1], 7)] if BOUND_IS_TOLD else [])
        assert told_by_netlink(ns, socket.AF_INET, ALL_STATES & ~(1 << bit)) == []
        assert ns.rows() == []


def test_a_half_open_request_is_told_as_three(ns: Namespace) -> None:
    """Number 12 is the kernel's own name for it, which no table shows; both bits ask for it."""
    with socket_in("SYN_RECEIVED", ns) as (local, _):
        assert (local[1], 3) in told_by_netlink(ns, socket.AF_INET, 1 << 12)
        assert 12 not in [number for _, number in told_by_netlink(ns, socket.AF_INET, ALL_STATES)]


def test_an_unread_fin_is_one_byte_in_the_queue(ns: Namespace) -> None:
    """What the kernel shows for a peer that just hung up is what the table of goodbyes calls it."""
    with socket_in("CLOSE_WAIT", ns) as (local, remote):
        known = goodbye(_row(ns, local, remote).recv_queue)

    assert known is not None
    assert known.what == "only the FIN"


def test_time_wait_lasts_its_minute_whatever_fin_timeout_says(ns: Namespace) -> None:
    """The kernel's own timer shows our 60 s, and tcp_fin_timeout moves the orphan in FIN_WAIT_2 only."""
    ns.call(Path("/proc/sys/net/ipv4/tcp_fin_timeout").write_text, "7")
    with ends_in("TIME_WAIT", ns) as first, ends_in("FIN_WAIT_2", ns) as second:
        _close_normally(second.here)
        time_wait, orphan = _row(ns, first.local, first.remote), _row(ns, second.local, second.remote)

    expected_s = time_wait_s("Linux")
    assert expected_s is not None
    assert expected_s - DEADLINE_S < time_wait.timer_left_s <= expected_s
    assert 7 - DEADLINE_S < orphan.timer_left_s <= 7
    assert "net.ipv4.tcp_fin_timeout" in {clock.setting for clock in clocks_for("FIN_WAIT_2", "Linux")}


def _row(ns: Namespace, local: Address, remote: Address | None) -> KernelRow:
    """The one row of /proc/net/tcp with these ends."""
    (row,) = [row for row in ns.rows() if (row.local, row.remote) == (local, remote)]
    return row


def _close_normally(sock: socket.socket) -> None:
    """close() without the reset that the stage gives to all its sockets."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_NORMALLY)
    sock.close()


def _becomes(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true before the deadline."""
    give_up_at_s = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > give_up_at_s:
            return False
        time.sleep(0.002)
    return True


def _disappears(ns: Namespace, local: Address, remote: Address | None) -> bool:
    """Whether the row is gone before the deadline."""
    return _becomes(lambda: told_by_proc(ns, local, remote) == [])


@pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT"])
def test_an_administrators_kill_ends_the_connection_and_not_the_descriptor(state: str, ns: Namespace) -> None:
    """`ss -K` takes the row away; the program's descriptor stays, CLOSED and in no table."""
    with ends_in(state, ns) as ends:
        assert ends.remote is not None
        ns.run("ss", "-K", "-tan", "state", "all", f"sport = :{ends.local[1]} and dport = :{ends.remote[1]}")

        assert _disappears(ns, ends.local, ends.remote)
        assert told_by_tcp_info(ends.here) == after(state, Event.KILLED)


@pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE_WAIT"])
def test_closing_with_data_unread_is_a_reset(state: str, ns: Namespace) -> None:
    """The connection is CLOSED at once, and the peer gets an error instead of an end."""
    with ends_in("ESTABLISHED", ns) as ends:
        assert ends.there is not None
        ends.there.send(b"never read")
        if state == "CLOSE_WAIT":
            ends.there.shutdown(socket.SHUT_WR)
        assert _becomes(lambda: told_by_proc(ns, ends.local, ends.remote) == [state])
        assert _becomes(lambda: _row(ns, ends.local, ends.remote).recv_queue >= len(b"never read"))
        _close_normally(ends.here)

        assert _disappears(ns, ends.local, ends.remote)
        assert after(state, Event.CLOSES_UNREAD) == "CLOSED"
        with pytest.raises(ConnectionResetError):
            ends.there.recv(1)


def test_closing_with_only_a_fin_unread_is_a_normal_close(ns: Namespace) -> None:
    """CLOSE_WAIT with one byte in the queue goes through LAST_ACK, and the peer gets its end."""
    with ends_in("CLOSE_WAIT", ns) as ends:
        assert ends.there is not None
        assert ends.remote is not None
        _close_normally(ends.here)

        assert ends.there.recv(1) == b""
        assert _disappears(ns, ends.local, ends.remote)
        assert told_by_proc(ns, ends.remote, ends.local) == ["TIME_WAIT"]


def test_data_for_a_socket_that_nobody_holds_resets_both_ends(ns: Namespace) -> None:
    """A program in CLOSE_WAIT that writes to a peer that is gone ends both states at once."""
    with ends_in("FIN_WAIT_2", ns) as ends:
        assert ends.there is not None
        assert ends.remote is not None
        _close_normally(ends.here)
        assert told_by_proc(ns, ends.local, ends.remote) == ["FIN_WAIT_2"]
        ends.there.send(b"too late")

        assert _disappears(ns, ends.local, ends.remote)
        assert _disappears(ns, ends.remote, ends.local)
        assert after("FIN_WAIT_2", Event.DATA_FOR_NOBODY) == after("CLOSE_WAIT", Event.RST) == "CLOSED"


ACTS = {
    Event.CLOSES: lambda sock: sock.shutdown(socket.SHUT_WR),
    Event.SENDS: lambda sock: sock.send(b"more"),
    Event.ABORTS: lambda sock: sock.close(),  # the stage gave SO_LINGER 0 to all its sockets
}


@pytest.mark.parametrize("name", ["close", "half-close", "reset"])
def test_the_kernel_walks_the_sequences(name: str, ns: Namespace) -> None:
    """Played with real programs, both ends rest where the sequence says whenever no segment is on its way.

    The minute of TIME_WAIT is not waited for, and FINs cannot be made to cross on loopback: `simultaneous` is left out.
    """
    with ends_in("ESTABLISHED", ns) as ends:
        for step in SEQUENCES[name]:
            if Event.TWO_MSL in (step.here_event, step.there_event):
                break
            _act(step, ends)
            if step.segment is None:
                assert _rests_at(ns, ends, step), step.happens


def _act(step: Step, ends: Ends) -> None:
    """Let the programs of both ends do what the step says; kernels act by themselves."""
    for event, sock in ((step.here_event, ends.here), (step.there_event, ends.there)):
        if event and event.caused_by is Move.LOCAL_APPLICATION:
            ACTS[event](sock)


def _rests_at(ns: Namespace, ends: Ends, step: Step) -> bool:
    """Whether both ends come to the step's states before the deadline; a state that no row tells is CLOSED."""

    def states() -> tuple[list[str | None], list[str | None]]:
        assert ends.remote is not None
        here, there = told_by_proc(ns, ends.local, ends.remote), told_by_proc(ns, ends.remote, ends.local)
        return here or ["CLOSED"], there or ["CLOSED"]

    return _becomes(lambda: states() == ([step.here], [step.there]))
