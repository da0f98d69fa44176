"""Stacks of several processes in one text: each thread is of the process that is named last before it."""

import pytest

from closewait.formats.evidence import evidence_in
from closewait.snapshot.evidence import NO_EVIDENCE, WaitsFor

IN_A_LOCK = "#0  0x00007f in pthread_mutex_lock () from /lib/libpthread.so.0\n#1  0x00007f in serve () from /bin/app\n"
IN_EPOLL = "#0  0x00007f in epoll_wait () from /lib/libc.so.6\n#1  0x00007f in main () from /bin/app\n"


def placed(text: str) -> list[tuple[int | None, WaitsFor | None]]:
    """Each thread: its process and what it waits for."""
    return [(thread.pid, thread.waits_for) for thread in (evidence_in(text.encode(), "f") or NO_EVIDENCE).threads]


def gdb_thread(number: int, tid: int, frames: str) -> str:
    """One thread as gdb shows it."""
    return f"Thread {number} (Thread 0x7f00 (LWP {tid})):\n{frames}\n"


def test_py_spy() -> None:
    """`py-spy dump --subprocesses`, or one dump behind another."""
    of_a = (
        'Process 100: python3 a.py\nPython v3.11.2\n\nThread 100 (idle): "MainThread"\n    select (selectors.py:468)\n'
    )
    of_b = 'Process 200: python3 b.py\nPython v3.11.2\n\nThread 200 (idle): "MainThread"\n    recv (socket.py:1)\n'

    assert placed(of_a + of_b) == [(100, WaitsFor.EVENTS), (200, WaitsFor.READ)]


@pytest.mark.parametrize(
    ("first", "second"),
    [("$ jstack 100\n", "$ jstack -l 200\n"), ("jcmd 100 Thread.print\n", "200:\n"), ("100:\n", "200:\n")],
)
def test_jstack(first: str, second: str) -> None:
    """The command names the machine, and so does jcmd itself above its answer."""
    idle = '"main" #1 prio=5 nid=0x64 runnable\n java.lang.Thread.State: RUNNABLE\n\tat a.B.accept(B.java:1)\n'
    blocked = '"w" #2 prio=5 nid=01 waiting\n java.lang.Thread.State: BLOCKED (on a monitor)\n\tat a.B.c(B.java:1)\n'

    assert placed(first + idle + second + blocked) == [(100, WaitsFor.ACCEPT), (200, WaitsFor.LOCK)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("$ pstack 100\n", "$ pstack 200\n"),
        ("$ gdb -p 100 -batch -ex bt\n", "$ gdb --pid=200 -batch -ex bt\n"),
        ("PID 100 - process\nTID 100:\n", "PID 200 - process\nTID 200:\n"),
        ("Process 100 stopped\n", "Process 200 stopped\n"),
    ],
)
def test_native_threads_without_numbers(first: str, second: str) -> None:
    """The command, or the tool itself, names the process before its threads."""
    assert placed(first + IN_EPOLL + second + IN_A_LOCK) == [(100, WaitsFor.EVENTS), (200, WaitsFor.LOCK)]


def test_a_stack_that_begins_again_is_of_another_thread() -> None:
    """Nobody says whose it is: two threads without a process."""
    assert placed(IN_EPOLL + IN_A_LOCK) == [(None, WaitsFor.EVENTS), (None, WaitsFor.LOCK)]


@pytest.mark.parametrize(
    "text",
    [
        gdb_thread(2, 101, IN_EPOLL) + gdb_thread(1, 100, IN_EPOLL)
        + gdb_thread(2, 201, IN_A_LOCK) + gdb_thread(1, 200, IN_A_LOCK),
        gdb_thread(1, 100, IN_EPOLL) + gdb_thread(2, 101, IN_EPOLL)
        + gdb_thread(1, 200, IN_A_LOCK) + gdb_thread(2, 201, IN_A_LOCK),
        "$ gdb -p 100\n" + gdb_thread(7, 101, IN_EPOLL) + gdb_thread(9, 102, IN_EPOLL)
        + "$ gdb -p 200\n" + gdb_thread(8, 201, IN_A_LOCK) + gdb_thread(9, 202, IN_A_LOCK),
        gdb_thread(3, 102, IN_EPOLL) + gdb_thread(2, 101, IN_EPOLL) + "[Inferior 1 (process 100) detached]\n"
        + gdb_thread(3, 202, IN_A_LOCK) + gdb_thread(2, 201, IN_A_LOCK) + "[Inferior 1 (process 200) detached]\n",
    ],
    ids=["down to 1", "up from 1", "named before", "named behind"],
)  # fmt: skip
def test_numbered_threads(text: str) -> None:
    """Named by a command, by gdb where it lets go, or by the thread that is numbered 1."""
    assert placed(text) == [(100, WaitsFor.EVENTS)] * 2 + [(200, WaitsFor.LOCK)] * 2


def test_threads_behind_a_single_one_are_of_somebody_else() -> None:
    """Thread 1, then 3, 2, 1: gdb never counts so within one process."""
    text = gdb_thread(1, 100, IN_EPOLL) + gdb_thread(3, 202, IN_A_LOCK) + gdb_thread(2, 201, IN_A_LOCK)

    assert placed(text) == [(100, WaitsFor.EVENTS), (None, WaitsFor.LOCK), (None, WaitsFor.LOCK)]


def test_a_thread_or_a_child_that_gdb_mentions_is_not_the_process() -> None:
    """`[New process N]` is a thread to older gdb, and a child is left alone."""
    text = "[New process 101]\n[Detaching after fork from child process 300]\n" + gdb_thread(1, 100, IN_EPOLL)

    assert placed(text) == [(100, WaitsFor.EVENTS)]
