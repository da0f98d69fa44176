"""What the evidence says of the processes in a dump: whose limits and whose stacks these are, and who is stuck.

A file that names no process is taken to be about the one that the dump is about, and every finding says so.
"""

import re
from collections.abc import Iterable, Sequence

from closewait.diagnosis.group import Group
from closewait.records import record
from closewait.snapshot.evidence import Message, Thread, WaitsFor

#: Where a thread stands that does not look at its sockets; a healthy program's thread does so for a moment only.
ELSEWHERE = (
    WaitsFor.LOCK, WaitsFor.NAME, WaitsFor.CONNECT, WaitsFor.WRITE, WaitsFor.DISK, WaitsFor.STOPPED
)  # fmt: skip
#: The only one of these that is proof where a system call was seen and no stack: the others pass, and may be a pool's.
STOPPED = (WaitsFor.STOPPED,)
#: Where a thread stands that would see a FIN.
LOOKING = (WaitsFor.EVENTS, WaitsFor.READ)

#: Functions of a thread whose work is to read sockets: it holds up every socket that it serves.
ABOUT_SOCKETS = re.compile(
    r"recv|(?<!th)read|sock|poll|select|(?<!inter)net|conn|channel|http|serve|request|broker|event_?loop", re.IGNORECASE
)


@record
class Assumed:
    """The process that evidence without a name is about, and why it is taken to be."""

    pid: int
    why: str
    certain: bool


def suspect(groups: Sequence[Group]) -> Assumed | None:
    """The only process that holds sockets here, or the only one that holds any in CLOSE_WAIT; None: it is not known."""
    holders = {group.owner_pid for group in groups if group.owner_pid is not None}
    if len(holders) == 1:
        return Assumed(holders.pop(), "the only process in the dump", certain=True)
    waiting = {group.owner_pid for group in groups if group.owner_pid is not None and group.standing}
    if len(waiting) == 1:
        return Assumed(waiting.pop(), "the only process with sockets in CLOSE_WAIT", certain=False)
    return None


def process_of(message: Message, groups: Sequence[Group], assumed: Assumed | None) -> int | None:
    """The process that a line of a log is about: by its id in the line, by the port it accepts on, else assumed."""
    pids = {group.owner_pid for group in groups if group.owner_pid is not None}
    named = {pid for pid in pids if re.search(rf"(?:\[|\bpid[ =:]?|\bprocess )0*{pid}\b|\b{pid}#", message.text)}
    serving = {
        group.owner_pid
        for group in groups
        if message.port is not None and group.place_port == message.port and group.role == "server"
    } - {None}
    for found in (named, serving):
        if len(found) == 1:
            return found.pop()
    return assumed.pid if assumed else None


@record
class Stuck:
    """A thread that does not look at its sockets. `proves`: nobody else of its process does, or it is the one to."""

    thread: Thread
    proves: bool
    assumed: Assumed | None

    @property
    def says(self) -> str:
        """`thread 28309 waits for a lock in pthread_rwlock_wrlock, called by f (threads.txt)`."""
        thread = self.thread
        if thread.waits_for is WaitsFor.STOPPED and thread.is_live:
            return (
                "the process is stopped (SIGSTOP, a debugger or a frozen control group): nothing of it runs until "
                f"somebody lets it (kill -CONT {thread.pid})"
            )
        name = thread.name or (f"thread {thread.tid}" if thread.tid is not None else "a thread")
        within = f" in {thread.frames[0]}" if thread.frames else ""
        caller = next((frame for frame in thread.frames[1:] if ABOUT_SOCKETS.search(frame)), None)
        called = f", called by {caller}" if caller else ""
        whose = f"; taken to be of process {self.assumed.pid}, {self.assumed.why}" if self.assumed else ""
        named = name if name.startswith(("thread", "a thread", "goroutine")) else f"thread {name}"
        return f"{named} waits for {thread.waits_for}{within}{called} ({thread.origin}{whose})"


def stuck(threads: Iterable[Thread], pid: int, assumed: Assumed | None) -> Stuck | None:
    """The thread of this process that most likely holds up its sockets; None where no stack shows one."""
    unnamed = assumed if assumed and assumed.pid == pid else None
    own = [thread for thread in threads if thread.pid == pid or (thread.pid is None and unnamed)]
    elsewhere = [thread for thread in own if thread.waits_for in (STOPPED if thread.is_live else ELSEWHERE)]
    if not elsewhere:
        return None
    somebody_looks = any(thread.waits_for in LOOKING for thread in own)
    locked = [thread for thread in elsewhere if thread.waits_for in (WaitsFor.LOCK, WaitsFor.STOPPED)]
    readers = [thread for thread in locked if any(map(ABOUT_SOCKETS.search, thread.frames))]
    named = (readers or locked or elsewhere)[0]
    proves = bool(readers) or (bool(locked) and not somebody_looks)
    return Stuck(named, proves, unnamed if named.pid is None else None)
