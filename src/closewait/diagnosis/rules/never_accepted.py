"""never-accepted (P103): clients came, waited in the accept queue, and left before the program took them.

What it sees
    Connections that no process holds (inode 0) on a listening port, closed by their clients while they waited, or an
    accept queue that is full with connections that have waited longer than a healthy program needs.

Why it matters
    The program does not call accept(): out of descriptors, at its own connection limit, frozen, or its accept loop is
    dead. The kernel shakes hands for it until the queue is full; then new clients get no answer at all.

When it is wrong
    A look into a burst: a healthy server empties its queue within milliseconds. Sockets younger than 2 s accuse nobody,
    and ownerless rows of a dump made without root are hidden, not unaccepted.

What to do
    Find out why the owner of the listener does not accept. The sockets cost it no descriptor: it has never had them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.pile import Weight, looked_twice
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import unread_goodbyes
from closewait.diagnosis.thresholds import (
    ACCEPT_QUEUE_WARNING,
    CLOSE_WAIT_PASSING_S,
    PILE_UP_SOCKETS,
    SERVER_PATIENCE_S,
)
from closewait.diagnosis.whereabouts import at_lines, not_accepting
from closewait.diagnosis.wording import age_in_words, count_of, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


STILL_WAIT = "whether the same connections still wait"


def queue_is_full(group: Group) -> bool:
    """The kernel takes no more connections for this listener: full at one more than its limit (measured)."""
    return group.queue_conns is not None and group.queue_limit is not None and group.queue_conns > group.queue_limit


def mostly_full(group: Group) -> bool:
    """More than half of the listener's queue is taken."""
    return bool(group.queue_limit) and (group.queue_conns or 0) > ACCEPT_QUEUE_WARNING * (group.queue_limit or 0)


def strength(group: Group) -> Weight | None:
    """How strongly the waiting connections accuse the owner of the listener; None: not at all."""
    left, waited_s = group.standing, group.unaccepted_waiting_s or 0.0
    severity = Severity.CRITICAL if queue_is_full(group) or left >= PILE_UP_SOCKETS else Severity.WARNING
    if looked_twice(group):
        stayed = group.unaccepted_stayed or 0 if group.persisting or mostly_full(group) else 0
        still = f"{count_of(stayed, 'socket')} still waited at a second look"
        return Weight(severity, "certain", still, None) if stayed else None
    if left and waited_s >= SERVER_PATIENCE_S:
        return Weight(severity, "certain", f"the longest has waited {age_in_words(waited_s)} at least", None)
    if left and waited_s:
        return Weight(severity, "likely", f"the longest has waited {age_in_words(waited_s)} at least", STILL_WAIT)
    if left >= PILE_UP_SOCKETS or (left and queue_is_full(group)):
        return Weight(
            severity, "likely", f"{count_of(left, 'socket')} at once, seen in one look without ages", STILL_WAIT
        )
    if mostly_full(group) and waited_s >= CLOSE_WAIT_PASSING_S:
        waited = f"the longest of the ESTABLISHED ones has waited {age_in_words(waited_s)} at least"
        return Weight(severity, "possible", waited, "whether the queue empties")
    return None


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each listener whose clients give up in its accept queue."""
    for group in case.groups:
        weight = strength(group) if group.owner_kind is OwnerKind.LISTENER and group.unaccepted else None
        if weight is None:
            continue
        gave_up = f"{group.close_wait:,} of them have given up" if group.close_wait else "none has given up yet"
        yield RULE.about_group(
            case,
            group,
            group.unaccepted,
            weight,
            says=f"{who(group)} listens on {group.where} and does not accept: "
            f"{count_of(group.unaccepted, 'client waits', 'clients wait')} in its queue, {gave_up}.",
            because=(
                "no process holds these sockets (inode 0): accept() has not returned them",
                f"accept queue {group.queue_conns:,} of {group.queue_limit:,}"
                + (" (full)" if queue_is_full(group) else "")
                if group.queue_conns is not None and group.queue_limit is not None
                else None,
                f"{group.unread_data:,} with a request unread" if group.unread_data else None,
                unread_goodbyes(group),
                reader.says if (reader := case.stuck(group)) else None,
                not_accepting(case, group),
                *at_lines(case, group),
            ),
            check_with=f"ss -tanpe 'sport = :{group.place_port}'"
            if case.system == "Linux" and group.place_port
            else None,
        )


RULE = Rule(
    code="P103",
    name="never-accepted",
    summary="clients waited in the accept queue and left before the program took them",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("one look into a burst shows the same for a moment: a healthy program empties its queue at once",),
    next=(
        "see why the listener's program does not accept: descriptor limit (EMFILE), its own connection limit, frozen "
        "or stopped (state T or D), a dead accept loop",
        "compare its open descriptors with its limit: /proc/PID/limits, ls /proc/PID/fd | wc -l",
        "restart it if clients must be served now; the waiting ones are reset",
    ),
    will_not_help=(
        "looking for a missing close(): the program has never had these sockets",
        "a longer backlog: more clients would wait for nobody",
    ),
)
