"""What would be done, to which sockets, and which are left alone and why. Nothing here touches anything.

A plan is made of what was looked at, and only a plan is carried out (`carry_out.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from closewait.actions.identity import Descriptor
from closewait.actions.own_connection import Session
from closewait.diagnosis.candidates import Candidate
from closewait.records import record


class How(StrEnum):
    """The ways to close, the gentlest first."""

    SHUTDOWN = "shutdown"
    DESTROY = "destroy"
    SIGNAL = "signal"
    RESTART_UNIT = "restart-unit"


#: States in which a program's shutdown() still sends something.
SHUTDOWN_WORKS_IN = ("CLOSE_WAIT", "ESTABLISHED")

#: States that are connections in use, or on their way to be: they are closed only where a filter names the state.
IN_USE = ("ESTABLISHED", "SYN_SENT", "SYN_RECEIVED")

#: What has no connection, and cannot be ended by its ends.
NO_CONNECTION = ("BOUND", "CLOSED", "IDLE")


@record
class Known:
    """What is known of a holder, to meet the same process again: its start in ticks since boot, its unit."""

    started: int | None
    unit: str | None


@record
class Asked:
    """What was asked for. `named` are the states that the filter names itself."""

    how: How = How.SHUTDOWN
    signal: str = "TERM"
    include_listen: bool = False
    named: frozenset[str] = frozenset()


@record
class Step:
    """One act and the sockets it is for: one for shutdown and destroy, all of a process or unit for the others."""

    sockets: tuple[Candidate, ...]
    pid: int | None = None
    fd: int | None = None
    started: int | None = None
    unit: str | None = None

    @property
    def descriptors(self) -> tuple[Descriptor, ...]:
        """By which its sockets are held."""
        return tuple(one for socket in self.sockets for one in descriptors_of(socket))


@record
class Spared:
    """A socket that matches and is left alone."""

    socket: Candidate
    why: str


@record
class Plan:
    """Everything that would be done, in order."""

    asked: Asked
    scanned: int
    matched: int
    steps: tuple[Step, ...]
    spared: tuple[Spared, ...]

    @property
    def sockets(self) -> tuple[Candidate, ...]:
        """The sockets that would be closed; one that several processes hold is in the step of each, and here once."""
        return tuple(dict.fromkeys(socket for step in self.steps for socket in step.sockets))


def plan(
    scanned: int, sockets: Sequence[Candidate], asked: Asked, known: Mapping[int, Known], session: Session
) -> Plan:
    """The plan for `sockets`, whose holders are `known` by process id; nothing of `session` is ever in it."""
    spared = [Spared(socket, why) for socket in sockets if (why := _reason_to_spare(socket, asked, session))]
    left_alone = {id(one.socket) for one in spared}
    taken = [socket for socket in sockets if id(socket) not in left_alone]
    by_unit = asked.how is How.RESTART_UNIT
    if asked.how in (How.SHUTDOWN, How.DESTROY):
        steps = [_one(socket, known) for socket in taken]
    else:
        spared += [Spared(s, why) for s in taken if by_unit and (why := _without_unit(s, known, session))]
        taken = [s for s in taken if not by_unit or not _without_unit(s, known, session)]
        steps = list(_by_process(taken, known, by_unit=by_unit))
    return Plan(asked, scanned, len(sockets), tuple(steps), tuple(spared))


def descriptors_of(socket: Candidate) -> Iterator[Descriptor]:
    """By which the socket was held at the look; none where its holder is not known."""
    for one in socket.holders:
        if one.pid is not None and one.fd is not None and socket.inode is not None:
            yield Descriptor(one.pid, one.fd, socket.inode)


def situation(socket: Candidate) -> str:
    """The socket's situation, as `effects.py` calls it."""
    if socket.state == "CLOSE_WAIT" and socket.is_queued:
        return "CLOSE_WAIT, not accepted"
    if socket.state == "CLOSE_WAIT" and (socket.recv_queue_bytes or 0) > 1:
        return "CLOSE_WAIT, data unread"
    if socket.state == "FIN_WAIT_2" and socket.inode is None:
        return "FIN_WAIT_2, no process"
    return socket.state


def _reason_to_spare(socket: Candidate, asked: Asked, session: Session) -> str | None:
    """Why the socket is left alone; None where nothing speaks against closing it."""
    how, state = asked.how, socket.state
    if (socket.inode is not None and socket.inode in session.inodes) or socket.ends in session.ends:
        return "it carries your own session, or belongs to a program that closewait runs under"
    if how in (How.SIGNAL, How.RESTART_UNIT) and any(one.pid in session.pids for one in socket.holders):
        return "its process is one that closewait runs under, or carries your own session"
    if how is How.SIGNAL and any(one.pid == 1 for one in socket.holders):
        return "process 1 holds it, and is not asked to end"
    if state == "LISTEN" and how is How.DESTROY:
        return "a listener is never destroyed"
    if state == "LISTEN" and not asked.include_listen:
        return "it listens; --include-listen would take it too"
    if state in NO_CONNECTION:
        return "it has no connection to close"
    if state in IN_USE and state not in asked.named:
        return f"it is in use; state={state.lower()} in the filter would take it too"
    if socket.cookie is None:
        return "the kernel gave no cookie for it, so it could not be told from a later one"
    if how is How.DESTROY:
        return None
    if not any(one.pid is not None and one.fd is not None for one in socket.holders):
        return _without_holder(socket, how)
    if how is How.SHUTDOWN and state not in (*SHUTDOWN_WORKS_IN, "LISTEN"):
        return f"shutdown() has nothing left to send in {state}; --how destroy would end it"
    return None


def _without_holder(socket: Candidate, how: How) -> str:
    if socket.is_queued:
        return "no process has accepted it, so there is no descriptor to borrow; --how destroy ends its connection"
    if socket.inode is None:
        gone = "; --how destroy would end it" if how is How.SHUTDOWN else ""
        return f"no process holds it, the kernel finishes it by itself{gone}"
    return "its holder cannot be seen: CAP_SYS_PTRACE is needed; run as root"


def _one(socket: Candidate, known: Mapping[int, Known]) -> Step:
    """A step for one socket, through the first of its holders: shutdown() is felt by all of them."""
    for held in socket.holders:
        if held.pid is not None:
            fact = known.get(held.pid)
            return Step((socket,), held.pid, held.fd, fact.started if fact else None)
    return Step((socket,))


def _without_unit(socket: Candidate, known: Mapping[int, Known], session: Session) -> str | None:
    """Why no unit can be restarted for the socket; None where one can."""
    units = {fact.unit for one in socket.holders if one.pid is not None and (fact := known.get(one.pid)) and fact.unit}
    if not units:
        return "its process belongs to no service of systemd"
    return "its unit is one that closewait runs under, or carries your own session" if units & session.units else None


def _by_process(sockets: Sequence[Candidate], known: Mapping[int, Known], *, by_unit: bool) -> Iterator[Step]:
    """One step for each process, or for each unit, with the sockets that belong to it."""
    grouped: dict[int | str, list[tuple[int, Candidate]]] = {}
    for socket in sockets:
        for pid in dict.fromkeys(held.pid for held in socket.holders if held.pid is not None):
            fact = known.get(pid)
            key = (fact.unit if fact else None) if by_unit else pid
            if key is not None:
                grouped.setdefault(key, []).append((pid, socket))
    for key, members in grouped.items():
        pid = members[0][0]
        fact = known.get(pid)
        yield Step(
            sockets=tuple(dict.fromkeys(socket for _, socket in members)),
            pid=pid,
            started=fact.started if fact else None,
            unit=str(key) if by_unit else None,
        )
