"""peer-not-closing (E201): we have said goodbye, the program still holds the socket, and the peer never says it.

What it sees
    FIN_WAIT_2 sockets that a process holds, on which no timer runs and no data comes any more: the same in two looks,
    for longer than a socket without a holder is allowed (tcp_fin_timeout, 60 s), or (`possible`) three and more that
    are more than the connections in use and in TIME_WAIT.

Why it matters
    FIN_WAIT_2 without a holder ends by the kernel's timer. With one it has no timer: it ends when the peer closes, or
    when the program gives it up. Until then it keeps a descriptor.

When it is wrong
    A program may close its half on purpose and wait for the answer: while data comes the socket is not counted, but a
    peer that thinks for minutes looks like one that has forgotten. Servers linger for some seconds after their answer.

What to do
    Give the wait for the peer's FIN an end: close (or destroy) the socket after a time-out. Then see why that peer does
    not close: it has these connections in CLOSE_WAIT.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Patience, Weight, weight_of
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.stall import Stall
from closewait.diagnosis.thresholds import FEWEST_HALF_CLOSED, HALF_CLOSED_S
from closewait.diagnosis.wording import ages, count_of, list_state, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

PATIENCE = Patience(HALF_CLOSED_S, fewest=FEWEST_HALF_CLOSED)


def strength(stall: Stall, seconds_between: float | None, *, established: int, time_wait: int) -> Weight | None:
    """How strongly the half-closed sockets accuse; where the timer is told to be off, a few at once are enough."""
    if stall.sockets < FEWEST_HALF_CLOSED:
        return None
    one_look_at_none_timed = stall.untimed == stall.sockets and stall.persisting is None and not stall.overdue
    patience = replace(PATIENCE, at_once=FEWEST_HALF_CLOSED) if one_look_at_none_timed else PATIENCE
    return weight_of(stall, patience, seconds_between, beside=established, ended=time_wait)


def timer_told(stall: Stall) -> str | None:
    """What the timer column says, where there is one."""
    if stall.untimed < stall.sockets:
        return None
    return "timer off and a process holds them: they are not orphaned, and the kernel will never end them"


def peers(stall: Stall) -> str:
    """Whose FIN is missing."""
    if stall.remotes == 1:
        return f"all of them wait for one peer, {stall.remote}"
    return f"they wait for {count_of(stall.remotes, 'peer')}, most for {stall.remote}"


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each holder with connections that it half closed and that nobody ends."""
    for group in case.groups:
        stall = group.half_closed
        time_wait = case.time_wait_beside((group,))
        judged = strength(stall, group.seconds_between, established=group.established, time_wait=time_wait)
        if judged is None:
            continue
        yield about(case, group, judged)


def about(case: "Case", group: Group, judged: Weight) -> Suspicion:
    """The finding about one group."""
    stall = group.half_closed
    return RULE.about_group(
        case,
        group,
        stall.sockets,
        judged,
        says=f"{who(group)} has closed its half of {count_of(stall.sockets, 'connection')} on {group.where} and still "
        "holds them; the other end does not close.",
        because=(
            timer_told(stall) or "a process holds them: they are not orphaned, so tcp_fin_timeout does not end them",
            peers(stall),
            ages(stall, "in FIN_WAIT_2"),
        ),
        check_with=list_state(group, case.system, "FIN_WAIT_2"),
        stall=stall,
    )


RULE = Rule(
    code="E201",
    name="peer-not-closing",
    summary="we closed our half and still hold the socket; the peer never closes its half, and no timer ends that",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("a program may have closed its half on purpose and wait for a slow answer",),
    next=(
        "in the program, close or destroy the socket when the peer's goodbye does not come within some seconds "
        "(Node: socket.setTimeout and destroy(); C: poll with a time-out, then close)",
        "on the peer, find who does not close: there these connections are in CLOSE_WAIT",
    ),
    will_not_help=(
        "tcp_fin_timeout: it applies to orphaned sockets only, and these have a holder",
        "keepalive: a peer that is alive answers the probes and still does not close",
    ),
)
