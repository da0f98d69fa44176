"""blocked-writer (P104): a program has something to send, the peer takes none of it, and nobody gives up.

What it sees
    ESTABLISHED or CLOSE_WAIT sockets whose Send-Q does not shrink: the peer's window is shut and the kernel asks for
    room (timer: zero_window_probe), or sends again and again without an answer, for longer than 60 s, or in number, or
    nothing of it was acknowledged between two looks. At least three, and more than a twentieth of those in use.

Why it matters
    Who writes without a time limit waits for as long as the peer likes: a thread, a buffer and a descriptor for each.
    A peer whose window is shut but which is alive is never given up by the kernel.

When it is wrong
    A Send-Q above 0 is normal where data flows: only what does not move is counted. Paused players, stopped terminals
    and sleeping laptops take nothing for a while; they are few beside the others.

What to do
    Give sending a time limit, and close what exceeds it. Then see why those peers do not read.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.pile import Patience, Weight, weight_of
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.stall import Stall
from closewait.diagnosis.thresholds import BLOCKED_S, FEWEST_BLOCKED, PASSING_SHARE
from closewait.diagnosis.wording import ages, count_of, list_state, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

#: Where no age is told: more than half of the connections in use must stand still.
PATIENCE = Patience(BLOCKED_S, fewest=FEWEST_BLOCKED, share=0.5)


def strength(group: Group) -> Weight | None:
    """How strongly the blocked sockets accuse their holder; None: not at all, or the group has a larger trouble."""
    stall = group.blocked
    if stall.sockets < FEWEST_BLOCKED or stall.sockets <= PASSING_SHARE * group.established:
        return None
    if stall.sockets < group.standing or group.owner_kind is OwnerKind.KERNEL:
        return None
    return weight_of(stall, PATIENCE, group.seconds_between, beside=group.established)


def stuck_at(stall: Stall) -> str:
    """What the kernel does about them, as its timers tell."""
    if not stall.resent:
        return "nothing of it was acknowledged since a look ago"
    return (
        f"for {count_of(stall.resent, 'of them', 'of them')} the kernel asks for room (the peer's window is shut) or "
        "sends again without an answer"
    )


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each holder whose peers take nothing of what it has to send."""
    for group in case.groups:
        judged = strength(group)
        if judged is None:
            continue
        stall = group.blocked
        half_closed = min(group.still_written, stall.sockets)
        yield RULE.about_group(
            case,
            group,
            stall.sockets,
            judged,
            says=f"{who(group)} has something to send on {count_of(stall.sockets, 'connection')} of {group.where} that "
            "the other end does not take, and waits without a limit.",
            because=(
                f"{stall.send_queue_bytes or 0:,} bytes wait in Send-Q",
                stuck_at(stall),
                f"they wait for {count_of(stall.remotes, 'peer')}, most for {stall.remote}" if stall.remote else None,
                f"{half_closed:,} of them in CLOSE_WAIT: the peer has said that it sends no more, not that it reads"
                if half_closed
                else None,
                ages(stall, "stuck"),
            ),
            check_with=list_state(
                group, case.system, "CLOSE_WAIT" if 2 * half_closed > stall.sockets else "ESTABLISHED"
            ),
            stall=stall,
        )


RULE = Rule(
    code="P104",
    name="blocked-writer",
    summary="something is to be sent that the peer does not take, and the program waits for it without a limit",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "a peer may have stopped reading on purpose (a paused player, a stopped terminal) and go on later",
        "where nothing at all comes back, the network or the peer may be gone: the kernel gives up in a quarter hour",
    ),
    next=(
        "give sending a time limit and close what exceeds it: Go SetWriteDeadline, Erlang send_timeout and "
        "send_timeout_close, nginx send_timeout, C SO_SNDTIMEO; TCP_USER_TIMEOUT where the kernel is to do it",
        "see where its threads stand: blocked in send() or flush() for these connections",
        "see why these peers do not read: frozen, stopped, or out of room themselves",
    ),
    will_not_help=(
        "a larger send buffer: it fills as well",
        "keepalive: it does not run while something waits to be sent, and a live peer answers it",
        "looking for a missing close(): the program still uses these connections",
    ),
)
