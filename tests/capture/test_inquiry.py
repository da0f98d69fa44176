"""What the threads of a process stand in and what its loops watch: real processes, each brought to a stand first."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from closewait.capture.inquiry import MOST_PROCESSES, inquire
from closewait.snapshot.evidence import Evidence, Thread, WaitsFor

PATIENCE_S = 10.0


@contextmanager
def running(act: Callable[[], object]) -> Iterator[int]:
    """A child that does `act` and is ended afterwards."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def soon(pid: int, holds: Callable[[Evidence], object]) -> Evidence:
    """Inquire until the child has come to its stand."""
    gives_up_at = time.monotonic() + PATIENCE_S
    while not holds(found := inquire([pid], {})):
        assert time.monotonic() < gives_up_at, found
        time.sleep(0.005)
    return found


def waits_for(what: WaitsFor) -> Callable[[Evidence], bool]:
    """The condition that some thread waits for this."""
    return lambda found: any(thread.waits_for is what for thread in found.threads)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_a_thread_that_reads_names_its_descriptor(pair: tuple[socket.socket, socket.socket]) -> None:
    """A worker that waits for an answer is found in its call, with the descriptor it waits at."""
    near, _ = pair
    with running(lambda: near.recv(1)) as pid:
        found = soon(pid, waits_for(WaitsFor.READ))

    assert [(thread.pid, thread.waits_for, thread.descriptor) for thread in found.threads] == [
        (pid, WaitsFor.READ, near.fileno())
    ]


def test_a_full_buffer_is_waited_for_as_room_to_write(pair: tuple[socket.socket, socket.socket]) -> None:
    """The peer does not read."""
    near, _ = pair
    with running(lambda: near.sendall(bytes(1 << 24))) as pid:
        assert soon(pid, waits_for(WaitsFor.WRITE)).threads[0].descriptor == near.fileno()


def test_an_accept_loop_waits_for_the_next_connection() -> None:
    """This is the idle place of a healthy server."""
    with socket.create_server(("127.0.0.1", 0)) as listener, running(listener.accept) as pid:
        assert soon(pid, waits_for(WaitsFor.ACCEPT)).threads[0].descriptor == listener.fileno()


def test_a_loop_tells_what_it_watches(pair: tuple[socket.socket, socket.socket]) -> None:
    """By inode, so that a socket can be looked up that two processes hold under different numbers."""
    near, far = pair

    def watch_one() -> None:
        watched = select.epoll()
        watched.register(near, select.EPOLLIN)
        watched.poll()

    with running(watch_one) as pid:
        found = soon(pid, waits_for(WaitsFor.EVENTS))

    # The process may have inherited a set of whoever runs the tests.
    assert (os.fstat(near.fileno()).st_ino,) in {watch.inodes for watch in found.watches}
    assert os.fstat(far.fileno()).st_ino not in {inode for watch in found.watches for inode in watch.inodes}


def test_a_reader_of_a_pipe_waits_for_no_peer() -> None:
    """Threads of one program talk over pipes: that is no wait for the network."""
    out, into = os.pipe()
    with running(lambda: os.read(out, 1)) as pid:
        found = soon(pid, lambda found: found.threads and found.threads[0].frames == ("read",))
    os.close(out)
    os.close(into)

    assert found.threads[0].waits_for is None


def test_a_stopped_process_is_stopped_whatever_it_stood_in(pair: tuple[socket.socket, socket.socket]) -> None:
    """SIGSTOP, as a shell's Ctrl-Z or a debugger sends it."""
    near, _ = pair
    with running(lambda: near.recv(1)) as pid:
        soon(pid, waits_for(WaitsFor.READ))
        os.kill(pid, signal.SIGSTOP)
        found = soon(pid, waits_for(WaitsFor.STOPPED))

    assert [thread.waits_for for thread in found.threads] == [WaitsFor.STOPPED]


def test_a_busy_thread_runs() -> None:
    """It stands in no call."""

    def spin() -> None:
        while True:
            pass

    with running(spin) as pid:
        thread: Thread = soon(pid, lambda found: found.threads and found.threads[0].running).threads[0]

    assert thread.waits_for is None


def test_a_thread_that_goes_on_waits_for_nothing() -> None:
    """It is found in a call each time, and between two looks it has worked."""

    def naps() -> None:
        while True:
            time.sleep(0.001)

    with running(naps) as pid:
        found = soon(pid, lambda found: found.threads and found.threads[0].running)

    assert found.threads[0].waits_for is None


def test_the_inquiry_is_bounded_and_bears_processes_that_are_gone() -> None:
    """Ids that no process has tell nothing, and of very many only the first are asked."""
    nobody = 2**22 + 1  # above PID_MAX_LIMIT

    assert inquire([nobody], {}) == Evidence()
    assert inquire([nobody] * MOST_PROCESSES + [os.getpid()], {}) == Evidence()
