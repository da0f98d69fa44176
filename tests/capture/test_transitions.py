"""Transitions of real sockets: each in its order, at its true time, none lost, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from closewait import capture
from closewait.capture.endings import listening
from closewait.capture.entry_times import entry_times, exact_ages
from closewait.capture.namespace import inside
from closewait.capture.tasks import Tasks
from closewait.capture.tracefs import tracefs
from closewait.capture.transitions import Trace, tracing
from closewait.diagnosis.lives import Ends
from closewait.errors import CannotSee
from closewait.formats.sock_diag.endings import Ending
from closewait.formats.trace_ring.transitions import Transition
from tests.capture import short_connections
from tests.capture.named_namespaces import named_namespaces
from tests.capture.short_connections import (
    ACCEPTING_END,
    CONNECTING_END,
    TRANSITIONS_OF_A_CONNECTION,
    TRANSITIONS_OF_A_LISTENER,
    connection,
    own_address,
)

DEADLINE_S = 30
SO_COOKIE = 57  # include/uapi/asm-generic/socket.h
NEAR_ENOUGH_S = 0.010

HOLDS_A_TRACE = """
import os, sys
from closewait.capture.transitions import tracing
with tracing() as trace:
    print(trace.place.name, flush=True)
    sys.stdin.read()
"""
AS_NOBODY = """
import os
from closewait.capture.transitions import tracing
import closewait.formats.trace_ring.transitions
from closewait.errors import CannotSee
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with tracing():
        print("traced")
except CannotSee as told:
    print(told)
"""


def of(address: str, trace: Trace, enough: Callable[[list[Transition]], bool]) -> list[Transition]:
    """The transitions of sockets at `address`, as soon as there are enough."""
    seen: list[Transition] = []
    until_s = time.monotonic() + DEADLINE_S
    while not enough(seen) and time.monotonic() < until_s:
        seen += [row for row in trace.read(wait_s=0.05).rows() if address in (row.local_address, row.remote_address)]
    return seen


def ended(sockets: int) -> Callable[[list[Transition]], bool]:
    """Whether so many sockets have ended."""
    return lambda seen: sum(row.after == "CLOSED" for row in seen) >= sockets


def instances() -> set[str]:
    """Instances of tracing on this host."""
    with tracefs() as root:
        return {place.name for place in (root / "instances").iterdir()}


def test_each_socket_goes_its_way() -> None:
    """Connecting end, accepting end and listener: every state in its order, and both ends told alike."""
    address = own_address()
    with tracing() as trace:
        near, far = connection(address)
        ends = Ends(*near.getsockname(), *near.getpeername())
        near.close()
        far.recv(1)
        far.close()
        seen = of(address, trace, ended(3))
    ways: dict[int, list[str]] = defaultdict(list)
    for row in seen:
        ways[row.socket] += [row.after] if ways[row.socket] else [row.before, row.after]

    assert sorted(map(tuple, ways.values())) == sorted([CONNECTING_END, ACCEPTING_END, ("CLOSED", "LISTEN", "CLOSED")])
    closing = next(row for row in seen if row.after == "FIN_WAIT_1")
    assert (Ends._make(closing[4:8]), seen == sorted(seen)) == (ends, True)
    assert next(Ends._make(row[4:8]) for row in seen if row.after == "CLOSE_WAIT") == ends.mirrored


def test_ipv6_sockets_are_told_by_their_addresses() -> None:
    """As `ss` writes them, an IPv4 client of an IPv6 server too."""
    address = own_address()
    with tracing() as trace, socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        socket.create_connection((address, listener.getsockname()[1])).close()
        seen = of(f"::ffff:{address}", trace, lambda seen: any(row.after == "CLOSE_WAIT" for row in seen))

    assert {(row.local_address, row.remote_address[:11]) for row in seen} == {(f"::ffff:{address}", "::ffff:127.")}


def test_times_are_true() -> None:
    """CLOSE_WAIT is entered when the peer closes: the time of the event is that of the call, within 10 ms."""
    address = own_address()
    with entry_times() as entered:
        pairs = [connection(address) for _ in range(5)]
        truth: dict[Ends, tuple[float, float]] = {}
        for near, far in pairs:
            ends = Ends(*far.getsockname(), *far.getpeername())
            before_s = time.time()
            near.close()
            truth[ends] = before_s, time.time()
        time.sleep(NEAR_ENOUGH_S)  # an age that is told too small by this would be seen
        entered.update()
        told = {ends: entered.entered_at("CLOSE_WAIT", ends) for ends in truth}
        for _, far in pairs:
            far.close()
        entered.update()
        left = [entered.entered_at("CLOSE_WAIT", ends) for ends in truth]

    for ends, at_unix_s in told.items():
        assert at_unix_s is not None
        assert truth[ends][0] - NEAR_ENOUGH_S < at_unix_s < truth[ends][1] + NEAR_ENOUGH_S
    assert (left, entered.lost) == ([None] * 5, 0)


def test_a_look_has_the_true_ages() -> None:
    """Within 10 ms, where the row alone tells bounds far apart: the program has written since the peer closed."""
    with named_namespaces(1) as (there,), exact_ages() as exact, ExitStack() as opened:
        near, far = there.call(connection, own_address())
        opened.enter_context(near)
        opened.enter_context(far)
        before_unix_s = time.time()
        near.shutdown(socket.SHUT_WR)
        after_unix_s = time.time()
        time.sleep(0.3)  # old enough for the bounds to be apart
        far.sendall(b"goes on")
        look = capture.look(netns=there.name, holders=False)
        bounds, ages = (
            seen.sockets.filter(state="CLOSE_WAIT").select("age_low_s", "age_high_s").row(0)
            for seen in (look, exact(look))
        )

    assert look.taken_at_unix_s is not None
    least_s, most_s = look.taken_at_unix_s - after_unix_s, look.taken_at_unix_s - before_unix_s
    assert bounds[0] < least_s - NEAR_ENOUGH_S
    assert ages[0] == ages[1]
    assert least_s - NEAR_ENOUGH_S < ages[0] < most_s + NEAR_ENOUGH_S


def test_what_began_before_the_trace_is_unknown() -> None:
    """A socket that was in CLOSE_WAIT already has no time of entry."""
    near, far = connection(own_address())
    near.close()
    with entry_times() as entered, far:
        entered.update()

        assert entered.entered_at("CLOSE_WAIT", Ends(*far.getsockname(), *far.getpeername())) is None


def test_who_did_it_is_told_of_calls_only() -> None:
    """A thread of this process connected and closed; what the packets caused has nobody."""
    address = own_address()
    with tracing() as trace:
        threads: list[int] = []

        def connect_and_close() -> None:
            near, far = connection(address)
            near.close()
            far.close()
            threads.append(threading.get_native_id())

        worker = threading.Thread(target=connect_and_close)
        worker.start()
        seen = of(address, trace, ended(3))
        worker.join()
        actor = Tasks(trace.root).actor(threads[0])

    did = {row.after: row.thread for row in seen}
    assert did["SYN_SENT"] == did["FIN_WAIT_1"] == did["LAST_ACK"] == threads[0]
    assert did["CLOSE_WAIT"] is None
    assert actor.process is not None
    assert actor.pid in (os.getpid(), threads[0])  # the thread is gone: the kernel may have saved whose it was


def test_none_of_a_load_is_lost() -> None:
    """Short connections of several processes, counted by those who made them and by the trace."""
    address, connections, processes = own_address(), 1000, 2
    with named_namespaces(1) as (there,), tracing() as trace:
        command = ["ip", "netns", "exec", there.name, sys.executable, short_connections.__file__, address]
        makers = [
            subprocess.Popen([*command, str(7000 + number), str(connections)], stdout=subprocess.PIPE, text=True)
            for number in range(processes)
        ]
        expected = processes * (connections * TRANSITIONS_OF_A_CONNECTION + TRANSITIONS_OF_A_LISTENER)
        seen = of(address, trace, lambda seen: len(seen) >= expected)
        made = sum(int(maker.communicate(timeout=DEADLINE_S)[0]) for maker in makers)
        lost = trace.lost_at_all()

    assert (made, len(seen), lost) == (processes * connections, expected, 0)


def test_what_the_kernel_cannot_keep_is_counted() -> None:
    """More than the buffers hold, unread: what is read and what is lost make up what was done."""
    address, times = own_address(), 10_000
    with socket.create_server((address, 0)) as chosen:
        port = chosen.getsockname()[1]
    with socket.create_server((address, port)) as listener, tracing(f"sport == {port}", buffers_kb=1) as trace:
        for _ in range(times):
            listener.shutdown(socket.SHUT_RD)
            listener.listen()
        batch = trace.rest()
        read = sum((row.local_port, row.remote_port) == (port, None) for row in batch.rows())
        lost = trace.lost_at_all()

    assert batch.lost > 0
    assert read + lost == 2 * times
    assert batch.lost + batch.uncounted > 0


def test_the_last_tcp_info_is_heard() -> None:
    """What a connection carried, with the cookie that a look at it had told."""
    address = own_address()
    with named_namespaces(1) as (there,), inside(there.name), listening() as heard:
        near, far = connection(address)
        cookie = int.from_bytes(far.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8), sys.byteorder)
        ends = (*far.getsockname(), *far.getpeername())
        near.sendall(bytes(5000))
        while len(far.recv(10_000, socket.MSG_PEEK)) < 5000:
            continue
        far.recv(10_000)
        near.close()
        far.close()
        told: dict[tuple[object, ...], Ending] = {}
        until_s = time.monotonic() + DEADLINE_S
        while ends not in told and time.monotonic() < until_s:
            told |= {tuple(ending[:4]): ending for ending in heard.read()}

    assert (told[ends].cookie, told[ends].told["bytes_received"]) == (cookie, 5001)  # a FIN counts as one
    assert heard.overruns == 0


def test_nothing_is_left_behind() -> None:
    """A trace takes its instance away, whatever ends it; two in one process have one each."""
    with tracing() as first, tracing() as second:
        names = {first.place.name, second.place.name}
        assert len(names & instances()) == 2
    try:
        with tracing() as broken:
            names.add(broken.place.name)
            raise ZeroDivisionError
    except ZeroDivisionError:
        names.add("and the error goes on")

    assert "and the error goes on" in names
    assert names & instances() == set()


def test_what_a_killed_process_left_is_removed_by_the_next() -> None:
    """`kill -9` leaves an instance; the next trace removes it, and no trace that goes on."""
    killed, going_on = (
        subprocess.Popen(
            [sys.executable, "-c", HOLDS_A_TRACE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    assert killed.stdout is not None
    assert going_on.stdout is not None
    left, kept = killed.stdout.readline().strip(), going_on.stdout.readline().strip()
    before = instances()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()  # whoever traces next on this host removes what is left
    with tracing():
        there = instances()
    going_on.communicate(timeout=DEADLINE_S)

    assert (left, kept) == (f"closewait-{killed.pid}", f"closewait-{going_on.pid}")
    assert ({left, kept} & before, {left, kept} & there) == ({left, kept}, {kept})
    assert {left, kept} & instances() == set()


def test_others_are_told_to_be_root() -> None:
    """One sentence with the next step."""
    done = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, timeout=DEADLINE_S)

    assert "run it as root" in done.stdout, done.stderr


def test_a_filter_the_kernel_does_not_know_is_our_mistake() -> None:
    """It is not passed over."""
    with pytest.raises((OSError, CannotSee)), tracing("nonsense == 1"):
        raise AssertionError("traced with a filter that does not exist")
