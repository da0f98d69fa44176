"""A closer look at the few processes that a finding is about: what their threads wait for, and what their loops watch.

It reads /proc alone, stops nobody, and is bounded: so many processes, so many threads of each. About 0.1 ms a thread
and as much for each epoll set (measured, Linux 6.18). What may not be read is left out.

A thread is looked at twice, a moment apart: only one that stood in the same call all the while, and used no processor,
waits. A worker between two requests is seen in some call at any moment.
"""

import os
import re
import time
from collections.abc import Collection, Container, Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path

from closewait.capture import python_lines
from closewait.capture.ahead import PROC
from closewait.capture.system_calls import system_call
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence, Thread, WaitsFor, Watch

MOST_PROCESSES = 8
MOST_PYTHONS = 2  # are asked for their lines, at the same time
MOST_WATCHED = 3  # are asked for their epoll sets: to list 15,000 descriptors takes 12 ms (measured)
MOST_THREADS = 256
MOMENT_S = 0.05  # a worker that works has moved by then
EPOLL_LINK = "anon_inode:[eventpoll]"
WATCHED_INODE = re.compile(r"^tfd:.*\bino:([0-9a-f]+)", re.MULTILINE)  # proc_pid_fdinfo(5)
STATE = re.compile(r"^State:\t(\w)", re.MULTILINE)
STOPPED = frozenset({"T", "t"})  # by a signal, by a debugger (proc_pid_stat(5))
IN_UNINTERRUPTIBLE_SLEEP = "D"
CGROUPS = Path("/sys/fs/cgroup")
PIPES = ("pipe:", "anon_inode:[eventfd]")  # who reads one of these waits for its own program, not for a peer


def inquire(
    pids: Collection[int], sockets: Mapping[int, Set[int]], pythons: Container[int] = (), proc: Path = PROC
) -> Evidence:
    """What /proc tells of these processes; nothing of one that has ended or is another user's.

    `sockets` are those descriptors of each that are known to be sockets, and so no epoll sets; `pythons` are the
    processes that run Python, of which the first ones are asked for their lines.
    """
    asked = list(pids)[:MOST_PROCESSES]
    before = {thread.origin: thread for pid in asked for thread in threads(pid, proc)}
    if not before:
        return NO_EVIDENCE
    spied = [python_lines.begin(pid) for pid in [pid for pid in asked if pid in pythons][:MOST_PYTHONS]]
    again_at = time.monotonic() + MOMENT_S
    watched = tuple(watch for pid in asked[:MOST_WATCHED] for watch in watches(pid, sockets.get(pid, set()), proc))
    time.sleep(max(0.0, again_at - time.monotonic()))
    after = [thread for pid in asked for thread in threads(pid, proc)]
    lines = {tid: line for one in spied for tid, line in python_lines.answer(one).items()}
    return Evidence(
        threads=tuple(
            replace(seen_twice(before.get(thread.origin), thread), line=lines.get(thread.tid or 0)) for thread in after
        ),
        watches=watched,
    )


def seen_twice(before: Thread | None, now: Thread) -> Thread:
    """The thread as it is now; where it moved meanwhile it waits for nothing."""
    if now.waits_for is WaitsFor.STOPPED:
        return now
    stood = before is not None and (before.frames, before.descriptor) == (now.frames, now.descriptor)
    if not stood or before is None or before.run_ns != now.run_ns:
        return replace(now, waits_for=None, descriptor=None, running=True)
    return now


def threads(pid: int, proc: Path = PROC) -> Iterator[Thread]:
    """The threads of a process, each with the system call it stands in."""
    is_frozen = frozen(pid, proc)
    tasks = proc / str(pid) / "task"
    for tid in _numbers_in(tasks)[:MOST_THREADS]:
        task = tasks / str(tid)
        state = STATE.search(_text(task / "status"))
        if state is None:
            continue  # it has ended
        waits_for, descriptor, call = _stands_in(_text(task / "syscall"), proc / str(pid) / "fd")
        if is_frozen or state[1] in STOPPED:
            waits_for = WaitsFor.STOPPED
        elif state[1] == IN_UNINTERRUPTIBLE_SLEEP:
            waits_for = WaitsFor.DISK
        run_ns, _, _ = _text(task / "schedstat").partition(" ")
        yield Thread(
            origin=str(task),
            name=_text(task / "comm").rstrip("\n") or None,
            pid=pid,
            tid=tid,
            frames=(call,) if call else (),
            waits_for=waits_for,
            descriptor=descriptor,
            running=False,
            run_ns=int(run_ns) if run_ns.isdecimal() else None,
        )


def _stands_in(told: str, descriptors: Path) -> tuple[WaitsFor | None, int | None, str | None]:
    """What /proc/PID/task/TID/syscall says: `running`, or the call's number, its arguments and two registers."""
    number, *arguments = told.split() or ["running"]
    if number == "running" or int(number) < 0:
        return None, None, None
    call = system_call(int(number))
    descriptor = int(arguments[0], 16) if call.about_descriptor and arguments else None
    if call.waits_for in (WaitsFor.READ, WaitsFor.WRITE) and _link(descriptors / str(descriptor)).startswith(PIPES):
        return None, descriptor, call.name
    return call.waits_for, descriptor, call.name


def watches(pid: int, sockets: Set[int], proc: Path = PROC) -> Iterator[Watch]:
    """Every epoll set of a process, as the inodes of what it watches; `sockets` are descriptors that are none."""
    descriptors, told = proc / str(pid) / "fd", proc / str(pid) / "fdinfo"
    for fd in _numbers_in(descriptors, sockets):
        if _link(descriptors / str(fd)) == EPOLL_LINK:
            inodes = WATCHED_INODE.findall(_text(told / str(fd)))
            yield Watch(pid=pid, descriptor=fd, inodes=tuple(sorted({int(inode, 16) for inode in inodes})))


def frozen(pid: int, proc: Path = PROC) -> bool:
    """Whether the process's control group is frozen (cgroup v2, cgroup.events)."""
    path = _text(proc / str(pid) / "cgroup").rpartition("0::")[2].splitlines()[:1]
    events = _text(CGROUPS / path[0].lstrip("/") / "cgroup.events") if path else ""
    return "frozen 1" in events


def _numbers_in(folder: Path, known: Set[int] = frozenset()) -> list[int]:
    """The numbers that name something in a folder of /proc, but for those known already."""
    try:
        return sorted(set(map(int, os.listdir(folder))) - known)  # noqa: PTH208  many, by name alone
    except OSError:
        return []


def _link(path: Path) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  a socket's link is no path
    except OSError:
        return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
