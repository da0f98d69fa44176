"""What is seen of a live process stands beside the verdict; only a stopped one is proof."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from closewait import doctor
from closewait.diagnosis.finding import Finding
from closewait.snapshot.columns import HOLDERS
from closewait.snapshot.evidence import Evidence, Thread, WaitsFor, Watch
from closewait.snapshot.table import frame
from closewait.testing import snapshot

UNREAD = """
    LISTEN       0.0.0.0:8000    -                   pid=41 process=app fd=3 inode=900 queue=0/128
    ESTABLISHED  10.0.0.1:50000  10.0.0.9:5432       pid=41 process=app fd=7 inode=907 recvq=0
    12 x CLOSE_WAIT 10.0.0.1:8000 203.0.113.9:40001  pid=41 process=app fd=10 inode=910 recvq=341 age=90s
"""
QUEUED = """
    LISTEN       0.0.0.0:8000    -                   pid=41 process=app fd=3 inode=900 queue=12/128
    12 x CLOSE_WAIT 10.0.0.1:8000 203.0.113.9:40001  inode=0 recvq=341 age=90s
"""

PREFORK = """
    LISTEN       0.0.0.0:8000    -                   pid=41 process=app fd=3 inode=900 queue=12/128
    LISTEN       0.0.0.0:8000    -                   pid=42 process=app fd=3 inode=900 queue=12/128
    LISTEN       0.0.0.0:8000    -                   pid=43 process=app fd=3 inode=900 queue=12/128
    12 x CLOSE_WAIT 10.0.0.1:8000 203.0.113.9:40001  inode=0 recvq=341 age=90s
"""


def thread(call: str, waits_for: WaitsFor | None, descriptor: int | None = None) -> Thread:
    """A thread as /proc shows one."""
    return Thread("/proc/41/task/44", "worker-3", 41, 44, (call,), waits_for, descriptor, running=False, run_ns=10**9)


def first(lines: str, *, threads: Sequence[Thread], watches: Sequence[Watch] = ()) -> Finding:
    """The first finding about these sockets where the process was asked and shows this."""
    look = snapshot(lines)
    named = look.sockets.with_row_index("socket").drop_nulls("pid")
    held = {name: named[name].to_list() for name in ("socket", "pid", "process", "fd")}
    look = replace(look, holders=frame(HOLDERS, held))
    evidence = Evidence(threads=tuple(threads), watches=tuple(watches))
    return doctor.examine(lambda: look, inquire=lambda _, pids: evidence if 41 in pids else Evidence()).findings[0]


def test_a_worker_that_waits_for_a_peer_names_it() -> None:
    """The clients wait for the program, and the program for its database."""
    finding = first(UNREAD, threads=[thread("recvfrom", WaitsFor.READ, 7)])

    assert finding.rule == "never-read"
    assert "thread 44 (worker-3) waits for bytes to read: 10.0.0.9:5432 (descriptor 7, in recvfrom)" in finding.because


def test_threads_that_look_nowhere_are_counted() -> None:
    """A futex may be a lock or an idle pool: it is said, and proves nothing."""
    seen = first(UNREAD, threads=[thread("futex", None)] * 3)
    unseen = first(UNREAD, threads=[])

    assert "of its 3 threads none waits for events or reads: 3 in futex" in seen.because
    assert (seen.severity, seen.certainty) == (unseen.severity, unseen.certainty)


def test_sockets_in_no_epoll_set_are_watched_by_nobody() -> None:
    """The loop waits for events, and not for these."""
    loop = thread("epoll_wait", WaitsFor.EVENTS, 5)
    forgotten = first(UNREAD, threads=[loop], watches=[Watch(41, 5, (900,))])
    watched = first(UNREAD, threads=[loop], watches=[Watch(41, 5, tuple(range(900, 930)))])

    assert any("in no epoll set" in fact for fact in forgotten.because)
    assert not any("epoll" in fact for fact in watched.because)


def test_what_poll_watches_nobody_sees() -> None:
    """So nothing is said of it."""
    finding = first(UNREAD, threads=[thread("ppoll", WaitsFor.EVENTS)], watches=[Watch(41, 5, (900,))])

    assert not any("epoll" in fact for fact in finding.because)


@pytest.mark.parametrize("lines", [UNREAD, QUEUED], ids=["never-read", "never-accepted"])
def test_a_stopped_process_is_named_so(lines: str) -> None:
    """Nothing of it runs, whatever its threads stood in."""
    finding = first(lines, threads=[thread("epoll_wait", WaitsFor.STOPPED, 5)])

    assert any(fact.startswith("the process is stopped") for fact in finding.because)
    assert finding.severity.value == "critical"


def test_an_accept_loop_that_is_somewhere_else_is_seen() -> None:
    """And one that is in accept() is not accused of it."""
    elsewhere = first(QUEUED, threads=[thread("futex", None)])
    there = first(QUEUED, threads=[thread("accept4", WaitsFor.ACCEPT, 3)])

    assert any("none of its 1 thread is in accept()" in fact for fact in elsewhere.because)
    assert not any("accept()" in fact and "none" in fact for fact in there.because)


def test_workers_that_are_stopped_are_named_beside_their_master() -> None:
    """The listener is charged to the process that opened it; those that would accept are its children."""
    master = thread("rt_sigsuspend", None)
    workers = [replace(thread("epoll_wait", WaitsFor.STOPPED, 8), pid=pid, tid=pid) for pid in (42, 43)]
    finding = first(PREFORK, threads=[master, *workers])

    assert finding.owners[0].pid == 41
    assert any("of the 3 processes that hold the listener 2 are stopped" in fact for fact in finding.because)
    assert any("kill -CONT 42 43" in fact for fact in finding.because)


def test_a_worker_whose_loop_holds_the_listener_is_not_accused_of_missing_it() -> None:
    """It is not the master that accepts, and one loop that watches is enough."""
    worker = replace(thread("epoll_wait", WaitsFor.EVENTS, 8), pid=42, tid=42)
    watching = first(PREFORK, threads=[thread("rt_sigsuspend", None), worker], watches=[Watch(42, 8, (900,))])
    elsewhere = first(PREFORK, threads=[thread("rt_sigsuspend", None), worker], watches=[Watch(42, 8, (901,))])

    assert not any("epoll" in fact for fact in watching.because)
    assert any("no epoll set" in fact for fact in elsewhere.because)
