"""Where the threads of a live process stand, and what its loops watch: facts beside a verdict, in sentences.

A system call says less than a stack: a thread in futex may wait for a lock or for work. So these facts say what is
seen; only a stopped process is proof.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from closewait.diagnosis.wording import count_of
from closewait.snapshot.evidence import Thread, WaitsFor, Watch

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.group import Group

#: What a thread may wait for at a peer that makes its own peers wait.
AT_A_PEER = (WaitsFor.READ, WaitsFor.WRITE, WaitsFor.CONNECT)
MOST_NAMED = 2
POLLERS = ("poll", "ppoll", "select", "pselect6")  # nobody outside sees what these watch


def whereabouts(case: "Case", group: "Group") -> tuple[str, ...]:
    """What is seen of the process that holds the sockets of this group; nothing where no live process was asked."""
    threads = _seen(case, group)
    if not threads or stopped(threads):
        return ()
    seen = (
        *_at_other_peers(case, group, threads),
        *_idle_elsewhere(threads),
        *at_lines(case, group),
        unwatched(case, group),
    )
    return tuple(fact for fact in seen if fact)


def not_accepting(case: "Case", group: "Group") -> str | None:
    """What is seen of the accept loops of the listener that this group waits for, in all processes that hold it."""
    pids = _acceptors(case, group)
    threads = _threads(case, pids)
    if not threads or stopped(threads):
        return None
    if lie_still := sorted({pid for pid in pids if stopped(_threads(case, [pid]))}):
        are = "is" if len(lie_still) == 1 else "are"
        return (
            f"of the {len(pids)} processes that hold the listener {len(lie_still)} {are} stopped (SIGSTOP, a debugger "
            f"or a frozen control group) until somebody lets them run: kill -CONT {' '.join(map(str, lie_still))}"
        )
    if any(thread.waits_for is WaitsFor.ACCEPT for thread in threads):
        return None
    listening = case.rows.filter(state="LISTEN", pid=group.owner_pid, local_port=group.place_port)
    if _polls(threads) or _watched(case, pids, listening["inode"].drop_nulls().to_list()):
        return None
    return f"none of its {count_of(len(threads), 'thread')} is in accept(), and no epoll set of it holds the listener"


def stopped(threads: Sequence[Thread]) -> bool:
    """There are threads, and every one waits for a signal to go on."""
    return bool(threads) and all(thread.waits_for is WaitsFor.STOPPED for thread in threads)


def _acceptors(case: "Case", group: "Group") -> list[int]:
    """The processes that hold the listener of this group."""
    return [] if group.owner_pid is None else case.who_may_accept(group.owner_pid, group.place_port)


def _seen(case: "Case", group: "Group") -> list[Thread]:
    """The threads of the group's owner, as /proc showed them."""
    return [] if group.owner_pid is None else _threads(case, [group.owner_pid])


def _threads(case: "Case", pids: Sequence[int]) -> list[Thread]:
    """The threads of these processes, as /proc showed them."""
    return [thread for thread in case.timeline.latest.evidence.threads if thread.is_live and thread.pid in pids]


def _at_other_peers(case: "Case", group: "Group", threads: Sequence[Thread]) -> Iterator[str]:
    """`thread 4130 (worker-3) waits for bytes to read from 10.0.0.9:5432 (descriptor 7)`."""
    look = case.timeline.latest
    held = look.holders.filter(pid=group.owner_pid)
    waiting = [thread for thread in threads if thread.waits_for in AT_A_PEER and thread.descriptor is not None]
    for thread in waiting[:MOST_NAMED]:
        rows = held.filter(fd=thread.descriptor)["socket"].to_list()
        peers = look.sockets[rows]
        peers = peers.filter(peers["state"] != "CLOSE_WAIT")
        for address, port in peers.select("remote_address", "remote_port").iter_rows():
            name = f" ({thread.name})" if thread.name else ""
            yield (
                f"thread {thread.tid}{name} waits for {thread.waits_for}: {address}:{port} "
                f"(descriptor {thread.descriptor}, in {thread.frames[0]})"
            )
    if len(waiting) > MOST_NAMED:
        yield f"{count_of(len(waiting), 'thread')} in all wait for a peer so"


def at_lines(case: "Case", group: "Group") -> Iterator[str]:
    """`thread 4130 (worker-3) stands at /srv/shop.py:88, in fetch`; of a Python program, where py-spy is installed."""
    standing = [thread for thread in _seen(case, group) if thread.line]
    for thread in standing[:MOST_NAMED]:
        name = f" ({thread.name})" if thread.name else ""
        yield f"thread {thread.tid}{name} stands at {thread.line} (py-spy)"


def _idle_elsewhere(threads: Sequence[Thread]) -> Iterator[str]:
    """`none of its 4 threads waits for events or reads: 3 in futex, 1 in fsync`."""
    if any(thread.running or thread.waits_for in (WaitsFor.EVENTS, WaitsFor.READ) for thread in threads):
        return
    calls = Counter(thread.frames[0] if thread.frames else "no known call" for thread in threads)
    said = ", ".join(f"{count:,} in {call}" for call, count in calls.most_common(3))
    yield f"of its {count_of(len(threads), 'thread')} none waits for events or reads: {said}"


def unwatched(case: "Case", group: "Group") -> str | None:
    """That no epoll set holds the sockets, where the process has such sets and no other way to watch is seen."""
    threads = _seen(case, group)
    inodes = case.timeline.latest.sockets["inode"][list(group.rows)].drop_nulls().to_list()
    pids = [] if group.owner_pid is None else [group.owner_pid]
    if not threads or stopped(threads) or not inodes or not _sets(case, pids):
        return None
    if _polls(threads) or _watched(case, pids, inodes):
        return None
    return f"the oldest of them ({len(inodes)} looked at) are in no epoll set of it: nobody waits to read them"


def _sets(case: "Case", pids: Sequence[int]) -> list[Watch]:
    """The epoll sets of these processes."""
    return [watch for watch in case.timeline.latest.evidence.watches if watch.pid in pids]


def _watched(case: "Case", pids: Sequence[int], inodes: Sequence[int]) -> bool:
    """Whether an epoll set of these processes holds any of these."""
    wanted = frozenset(inodes)
    return any(not wanted.isdisjoint(watch.inodes) for watch in _sets(case, pids))


def _polls(threads: Sequence[Thread]) -> bool:
    return any(call in POLLERS for thread in threads for call in thread.frames[:1])
