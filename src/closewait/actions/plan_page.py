"""A plan, and what became of it, as a person reads it in 80 columns; and the same for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from closewait.actions.carry_out import Result
from closewait.actions.effects import DESCRIPTOR_STAYS, Effect, effect_on
from closewait.actions.plan import SHUTDOWN_WORKS_IN, How, Plan, Step, situation
from closewait.actions.restart_unit import command
from closewait.diagnosis.candidates import Candidate, SeenAgain
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.records import record
from closewait.views.page import Block, Page, listed
from closewait.views.visible import visible

#: As many sockets are told one by one; of the others the number.
TOLD_ONE_BY_ONE = 10
NOT_WITHOUT_APPLY = "Nothing is done without --apply."
ENDS_MORE = "It ends every connection of the process, not only these, and frees its descriptors."


@record
class Outcome:
    """What really became of one socket: its row and its other end in a later look, and its descriptor."""

    socket: Candidate
    why_not: str | None
    again: SeenAgain
    still_held: bool | None


def plan_text(plan: Plan, *, width: int = 80, applied: bool = False) -> str:
    """The plan: each socket, what will be felt, what stays, what is left alone, and better ways."""
    blocks = [
        Block(None, tuple(row for step in plan.steps[:TOLD_ONE_BY_ONE] for row in _step_rows(step, plan))),
        Block(None, lead=_others(len(plan.steps) - TOLD_ONE_BY_ONE)),
        *(_felt(name, plan) for name in dict.fromkeys(map(situation, plan.sockets))),
        Block("What stays", lead=what_stays(plan)),
        listed("Better", better(plan)),
        listed("Left alone", _spared(plan)),
    ]
    return Page(title=headline(plan), lead=() if applied else (NOT_WITHOUT_APPLY,), blocks=tuple(blocks)).text(width)


def headline(plan: Plan) -> str:
    """What was scanned, what matched, what would be done."""
    scanned = count_of(plan.scanned, "socket")
    said = f"{scanned} scanned, {plan.matched:,} matched"
    return f"{said}, {len(plan.sockets):,} to close by {way(plan)}"


def way(plan: Plan) -> str:
    """The way, as the options say it."""
    return f"signal {plan.asked.signal}" if plan.asked.how is How.SIGNAL else plan.asked.how.value


def what_stays(plan: Plan) -> str:
    """The truth about the descriptor, each time."""
    if not plan.steps:
        return ""
    if plan.asked.how in (How.SHUTDOWN, How.DESTROY):
        return DESCRIPTOR_STAYS
    if plan.asked.how is How.RESTART_UNIT:
        return f"Nothing of the old process. {ENDS_MORE}"
    return (
        f"If the program ends on {plan.asked.signal}: nothing of it. {ENDS_MORE} If it catches the signal: "
        "what it makes of it; the descriptor stays open in the process until the program closes it."
    )


def better(plan: Plan) -> Iterator[str]:
    """Better ways than this one, if there are any."""
    states = {situation(socket) for socket in plan.sockets}
    if plan.asked.how is How.DESTROY and any(one.holders and one.state in SHUTDOWN_WORKS_IN for one in plan.sockets):
        yield "--how shutdown is gentler: a clean end for the peer instead of a reset."
    if "TIME_WAIT" in states:
        yield "TIME_WAIT is better left alone: it ends by itself within a minute, and holds no descriptor."
    if "FIN_WAIT_2, no process" in states:
        yield "FIN_WAIT_2 without a process ends by itself (net.ipv4.tcp_fin_timeout)."
    if "CLOSE_WAIT, not accepted" in states:
        yield "The program has to accept these; find out why it does not: closewait explain never-accepted"
    if any(state.startswith("CLOSE_WAIT") for state in states) and plan.asked.how in (How.SHUTDOWN, How.DESTROY):
        yield "The program has to close them; where it does not, is found with: closewait state=close_wait"
        yield "A restart at a quiet time frees the descriptors as well: --how restart-unit, --how signal"


def results_text(outcomes: Sequence[Outcome], plan: Plan, log: str, *, width: int = 80) -> str:
    """What really happened, socket by socket, and where it is written down."""
    rows = [row for outcome in outcomes[:TOLD_ONE_BY_ONE] for row in _outcome_rows(outcome)]
    more = _others(len(outcomes) - TOLD_ONE_BY_ONE)
    blocks = (Block(None, tuple(rows)), Block(None, lead=more), Block("What stays", lead=_kept(outcomes)))
    return Page(title=summary(outcomes, plan), lead=(), blocks=blocks).text(width) + f"\n\nAudit log: {visible(log)}"


def summary(outcomes: Sequence[Outcome], plan: Plan) -> str:
    """`closed 3 of 4 by shutdown: 3 rows gone, 3 descriptors still open`."""
    done = sum(one.why_not is None for one in outcomes)
    gone = sum(one.again.state is None for one in outcomes)
    held = sum(bool(one.still_held) for one in outcomes)
    return (
        f"Done for {done:,} of {len(outcomes):,} by {way(plan)}: {count_of(gone, 'row')} gone, "
        f"{count_of(held, 'descriptor')} still open"
    )


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan for programs."""
    return {
        "how": plan.asked.how.value,
        "signal": plan.asked.signal if plan.asked.how is How.SIGNAL else None,
        "scanned": plan.scanned,
        "matched": plan.matched,
        "steps": [
            {"pid": step.pid, "fd": step.fd, "unit": step.unit, "sockets": [*map(socket_json, step.sockets)]}
            for step in plan.steps
        ],
        "left_alone": [{**socket_json(one.socket), "why": one.why} for one in plan.spared],
        "what_stays": what_stays(plan) or None,
        "better": list(better(plan)),
    }


def socket_json(one: Candidate) -> dict[str, Any]:
    """One socket of a plan."""
    return {
        "here": one.here,
        "there": one.there,
        "state": one.state,
        "age_low_s": one.age_low_s,
        "cookie": one.cookie,
        "inode": one.inode,
        "holders": [{"pid": held.pid, "process": held.process, "fd": held.fd} for held in one.holders],
        "peer_state": one.peer_state,
    }


def outcome_json(one: Outcome) -> dict[str, Any]:
    """What became of one socket."""
    return {
        **socket_json(one.socket),
        "done": one.why_not is None,
        "why_not": one.why_not,
        "state_after": one.again.state,
        "peer_state_after": one.again.peer_state,
        "descriptor_still_open": one.still_held,
    }


def outcomes_of(results: Sequence[Result], again: Sequence[SeenAgain], held: Sequence[bool | None]) -> list[Outcome]:
    """What became of each socket, beside what a later look shows of it; one in several steps has one outcome."""
    reasons: dict[Candidate, list[str | None]] = {}
    for result in results:
        for socket in result.step.sockets:
            reasons.setdefault(socket, []).append(result.why_not)
    return [
        Outcome(socket, _why_not(each, is_held=is_held), seen, is_held)
        for (socket, each), seen, is_held in zip(reasons.items(), again, held, strict=True)
    ]


def _why_not(reasons: Sequence[str | None], *, is_held: bool | None) -> str | None:
    """Why a socket is not closed; None where every step was done, or one was and nobody holds it any more.

    A program's first process often ends the others, before they are sent their own signal.
    """
    return None if None in reasons and is_held is False else next(filter(None, reasons), None)


def _step_rows(step: Step, plan: Plan) -> Iterator[tuple[str, str]]:
    if step.unit is not None:
        yield "Runs", visible(" ".join(command(step.unit)))
    elif plan.asked.how is How.SIGNAL:
        yield "Sends", f"{plan.asked.signal} to process {step.pid}"
    for socket in step.sockets[:TOLD_ONE_BY_ONE]:
        age = "" if socket.age_low_s is None else f" for {age_in_words(socket.age_low_s)} at least"
        yield "Closes", visible(f"{socket.here}-{socket.there}, {socket.state}{age}")
        yield "held by", visible(", ".join(map(str, socket.holders)) or "no process")
        yield "peer", f"{socket.peer_state}, on this host" if socket.peer_state else "not seen from here"
    if more := _others(len(step.sockets) - TOLD_ONE_BY_ONE):
        yield "", more


def _felt(name: str, plan: Plan) -> Block:
    """What the program and the peer will experience in one situation, as it was measured."""
    ends = plan.asked.how in (How.SIGNAL, How.RESTART_UNIT)
    effect = effect_on(How.SIGNAL if ends else plan.asked.how, name)
    if ends:
        told = (("the program", "ends, if it does as it is told"), *([_peer_row(effect)] if effect else []))
        return Block(f"What is felt in {name}", told)
    if effect is None:
        return Block(f"What is felt in {name}", lead="It stops listening: accept() fails, waiting clients are reset.")
    has_program = any(one.holders or one.is_queued for one in plan.sockets if situation(one) == name)
    heading = f"What is felt in {name} (measured with a peer that is still there)"
    return Block(heading, tuple(_effect_rows(effect, has_program=has_program)))


def _effect_rows(effect: Effect, *, has_program: bool) -> Iterator[tuple[str, str]]:
    program = f"poll tells {effect.poll}; recv gives {effect.recv}, send {effect.send}"
    yield "the program", program if effect.poll and has_program else "nothing: no program has the socket"
    yield _peer_row(effect)
    yield "the row here", effect.here_after


def _peer_row(effect: Effect) -> tuple[str, str]:
    peer = f"recv gives {effect.peer_recv}, send {effect.peer_send}; " if effect.peer_recv else ""
    return "the peer", f"{peer}its state then: {effect.there_after}"


def _outcome_rows(one: Outcome) -> Iterator[tuple[str, str]]:
    yield "Socket", visible(f"{one.socket.here}-{one.socket.there}, was {one.socket.state}")
    yield "done", "yes" if one.why_not is None else f"no: {visible(one.why_not)}"
    yield "row", "gone" if one.again.state is None else f"still there, {one.again.state}"
    if one.still_held is not None:
        yield "descriptor", "still open in the process" if one.still_held else "closed"
    if one.socket.peer_state:
        yield "peer", f"was {one.socket.peer_state}, is {one.again.peer_state or 'gone'}"


def _kept(outcomes: Sequence[Outcome]) -> str:
    return DESCRIPTOR_STAYS if any(one.still_held for one in outcomes) else ""


def _spared(plan: Plan) -> Iterator[str]:
    """What is left alone, most common reason first, with a few examples."""
    reasons: dict[str, list[str]] = {}
    for one in plan.spared:
        reasons.setdefault(one.why, []).append(f"{one.socket.here}-{one.socket.there}")
    for why, ends in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield visible(f"{count_of(len(ends), 'socket')}: {why} ({', '.join(ends[:3])}{', …' if len(ends) > 3 else ''})")


def _others(count: int) -> str:
    return f"and {count:,} more." if count > 0 else ""
