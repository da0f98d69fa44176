"""Carrying out a plan: the only place from which anything is closed. Every act is written to the audit log.

The network namespace is the one that the calling thread stands in. Identity is checked again at each act: the socket's
cookie, the process's start time, and before a process or its unit is ended, that it still holds one of the sockets.
"""

import socket
from collections.abc import Iterator
from typing import Any

from closewait.actions import audit
from closewait.actions.destroy_socket import destroy
from closewait.actions.identity import capable, effective_uid, holds
from closewait.actions.plan import Asked, How, Plan, Step, descriptors_of
from closewait.actions.restart_unit import restart
from closewait.actions.shutdown_socket import shut_down
from closewait.actions.signal_owner import send
from closewait.diagnosis.candidates import Candidate
from closewait.errors import BadInput, CannotAct
from closewait.formats.sock_diag.destroy import SocketId
from closewait.records import record

#: What each way needs, where the process is another user's; SOCK_DESTROY needs it always.
NEEDS = {How.SHUTDOWN: "CAP_SYS_PTRACE", How.DESTROY: "CAP_NET_ADMIN", How.SIGNAL: "CAP_KILL"}


@record
class Result:
    """How one step went; `why_not` is None where it was done."""

    step: Step
    why_not: str | None


def missing_capability(plan: Plan, own_uid: int) -> str | None:
    """The capability that the plan needs and this process lacks; None where it has what it needs."""
    needed = NEEDS.get(plan.asked.how)
    if needed is None or not plan.steps or capable(needed):
        return None
    users = {effective_uid(step.pid) for step in plan.steps if step.pid is not None}
    others = bool(users - {own_uid, None})  # None: it has ended, and its step will say so
    return needed if plan.asked.how is How.DESTROY or others else None


def carry_out(plan: Plan, *, why: str) -> Iterator[Result]:
    """Do the steps one after the other; one that is refused does not hold up the next. `why` goes into the log."""
    audit.ready()
    for step in plan.steps:
        try:
            _act(step, plan.asked)
            result = Result(step, None)
        except (CannotAct, BadInput, OSError) as refused:
            result = Result(step, str(refused))
        except BaseException as broken_off:  # Ctrl-C while systemctl runs, above all
            unsure = Result(step, f"broken off by {type(broken_off).__name__}: it is not known whether it was done")
            audit.record(entry(unsure, plan.asked, why))
            raise
        audit.record(entry(result, plan.asked, why))
        yield result


def entry(result: Result, asked: Asked, why: str) -> dict[str, Any]:
    """The line of the audit log: what was done to what, why, with which result."""
    step = result.step
    return {
        "what": "close",
        "how": f"signal {asked.signal}" if asked.how is How.SIGNAL else asked.how.value,
        "why": why,
        "result": "done" if result.why_not is None else result.why_not,
        "pid": step.pid,
        "fd": step.fd,
        "unit": step.unit,
        "sockets": [
            {"here": one.here, "there": one.there, "state": one.state, "cookie": one.cookie, "inode": one.inode}
            for one in step.sockets
        ],
    }


def still_held(target: Candidate) -> bool | None:
    """Whether a holder still has the descriptor; None where none was known."""
    known = tuple(descriptors_of(target))
    return any(map(holds, known)) if known else None


def _act(step: Step, asked: Asked) -> None:
    if asked.how is How.DESTROY:
        destroy(socket_id(step.sockets[0]))
    elif step.pid is None:
        raise CannotAct("no process is known to hold it")
    elif asked.how is How.SIGNAL:
        send(step.pid, step.started, step.descriptors, asked.signal)
    elif asked.how is How.RESTART_UNIT:
        restart(step.unit or "", step.pid, step.started, step.descriptors)
    else:
        target = step.sockets[0]
        shut_down(step.pid, step.started, step.fd or 0, target.cookie or 0, listening=target.state == "LISTEN")


def socket_id(target: Candidate) -> SocketId:
    """The socket as the kernel is asked for it. Raises CannotAct where its interface is gone."""
    try:
        index = 0 if target.interface is None else socket.if_nametoindex(target.interface)
    except OSError:
        raise CannotAct(f"the interface {target.interface} is gone since the look") from None
    return SocketId(
        is_ipv6=target.is_ipv6,
        local_address=target.local_address,
        local_port=target.local_port or 0,
        remote_address=target.remote_address,
        remote_port=target.remote_port or 0,
        interface=index,
        cookie=target.cookie or 0,
    )
