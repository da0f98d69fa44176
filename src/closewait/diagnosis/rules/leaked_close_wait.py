"""leaked-close-wait (P101): the peer has hung up, the program took note, and never closed its side.

What it sees
    CLOSE_WAIT sockets that a program holds, with nothing left to read (Recv-Q 0: the FIN was taken from the queue),
    that stay: over two looks, longer than 60 s on the server side (15 min on the client side), or ten and more at once.
    On the client side also sockets with only a goodbye unread, when there are more than any pool holds.
    Fewer, where a log beside the dump says that their process has no descriptor left.

Why it matters
    No timer on any system ends CLOSE_WAIT. Each one keeps a descriptor (and on the client side a port) until the
    program closes it or ends; then accept() and connect() fail for everybody.

When it is wrong
    A program that still sends after the peer has closed its half is at work: sockets it writes to are not counted.
    A proxy may hold half-closed connections for a configured time; a slow answer may outlive a client that gave up.
    Recv-Q 0 says that the FIN was taken from the queue, not that the program saw it: an event loop reads ahead.

What to do
    Find the code path that returns without close(). Only the program can end this; restarting it hides the leak.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, descriptors_open_at_once, looked_twice, of_owner, weight
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import closed_after_silence, unread_goodbyes
from closewait.diagnosis.thresholds import POOL_BOUND_SOCKETS
from closewait.diagnosis.whereabouts import unwatched
from closewait.diagnosis.wording import count_of, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def forgotten(group: Group) -> int:
    """How many of the group's sockets look forgotten: a client's only beyond what a pool holds, or how long it does."""
    if group.role == "client" and group.close_wait <= POOL_BOUND_SOCKETS * group.destinations:
        return group.read_overdue
    unwatched = group.unread_goodbye if group.role == "client" else 0
    return group.read + unwatched + (group.queue_not_told if group.owner_known else 0)


def at_the_wall(case: "Case", group: Group) -> Weight | None:
    """Few are shown, and a log says that their process has no descriptor left: those shown are a part of the pile."""
    said = case.out_of_descriptors.get(group.owner_pid) if group.owner_pid is not None else None
    if not said or looked_twice(group) or group.close_wait <= group.established:
        return None
    because = f"{said[0].origin} says: {said[0].text}"
    return Weight(Severity.CRITICAL, "possible", because, "whether the number grows")


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each holder with sockets that were read to their end and not closed."""
    in_all_places = of_owner(case.held, forgotten)
    for group in case.held:
        sockets = forgotten(group)
        strength = weight(group, sockets, in_all_places(group)) or at_the_wall(case, group) if sockets else None
        if strength is None:
            continue
        yield RULE.about_group(
            case,
            group,
            sockets,
            strength,
            says=f"{who(group)} holds {count_of(sockets, 'connection')} on {group.where} that the other end has "
            "closed; it never closed its own side.",
            because=(
                f"{group.read:,} with Recv-Q 0: the FIN was taken from the queue" if group.read else None,
                unread_goodbyes(group) if sockets > group.read else None,
                closed_after_silence(case, group),
                "the dump does not tell whether the FIN was read: a stuck reader cannot be told from a forgotten close"
                if group.queue_not_told
                else None,
                unwatched(case, group),
                descriptors_open_at_once(group),
            ),
        )


RULE = Rule(
    code="P101",
    name="leaked-close-wait",
    summary="the peer hung up; the program took note and never closed",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "a program may keep a half-closed connection on purpose while it still has something to send",
        "an event loop may have read the FIN for code that never asked",
    ),
    next=(
        "find the code path that returns without close(): error paths, time-outs, early returns",
        "restart the program before it runs out of descriptors; that frees them all and hides the leak",
    ),
    will_not_help=(
        "keepalive settings: at best the row disappears, the descriptor stays open",
        "tcp_fin_timeout: it ends orphaned FIN_WAIT_2, never CLOSE_WAIT",
        "ss -K: it ends the socket, the descriptor stays open",
    ),
)
