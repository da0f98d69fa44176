"""never-read (P102): bytes or a FIN wait in the socket, and the program that holds it does not read.

What it sees
    CLOSE_WAIT sockets with a holder whose Recv-Q is not 0 (an unread FIN counts as one byte, an unread request as its
    length and one), most of their group, that stay: over two looks, or longer than 60 s, or ten and more at once.
    On the client side only those with data unread: an idle pool leaves goodbyes unread and is no fault. Where stacks
    beside the dump show that the thread which should read waits for a lock, one socket is enough, on either side.

Why it matters
    The program is stuck before the read: all workers busy or blocked, the event loop stalled, or the descriptor is in
    no poll set. The clients have gone; new ones will get no answer either. Three such sockets can be a dead service.

When it is wrong
    A handler busy with a long request whose client left reads late: such sockets live as long as a request takes.

What to do
    Look where the program's threads stand. The number of stuck sockets is often the number of workers.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, descriptors_open_at_once, of_owner, weight
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import unread_goodbyes
from closewait.diagnosis.testimony import Stuck
from closewait.diagnosis.whereabouts import whereabouts
from closewait.diagnosis.wording import count_of, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def unread(group: Group, reader: Stuck | None = None) -> int:
    """How many of the group's sockets nobody reads although somebody should; a stuck pool is no idle one."""
    return group.unread if group.role == "server" or held_up(group, reader) else group.unread_data


def held_up(group: Group, reader: Stuck | None) -> bool:
    """The stacks beside the dump prove that nobody can read; a few that pass through prove nothing."""
    return reader is not None and reader.proves and not group.passes_through


def strength(group: Group, reader: Stuck | None, of_its_owner: int) -> Weight | None:
    """As for any pile, but where a stack shows the stuck reader one socket is enough."""
    if reader is None or not held_up(group, reader):
        return weight(group, unread(group), of_its_owner)
    certain = reader.assumed is None or reader.assumed.certain
    return Weight(Severity.CRITICAL, "certain" if certain else "likely", reader.says, None)


def holder_is_certain(group: Group) -> bool:
    """The sockets were accepted: a holder is shown, or data was sent on them, or no accept queue is long enough."""
    too_short = group.queue_conns is not None and group.queue_conns < unread(group)
    return group.certainly_held or group.served >= unread(group) or too_short


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each holder most of whose CLOSE_WAIT sockets have something unread."""
    in_all_places = of_owner(case.held, unread)
    for group in case.held:
        reader = case.stuck(group)
        sockets = unread(group, reader)
        if 2 * sockets < group.standing or not sockets or not holder_is_certain(group):
            continue
        judged = strength(group, reader, in_all_places(group))
        if judged is None:
            continue
        yield RULE.about_group(
            case,
            group,
            sockets,
            judged,
            says=f"{who(group)} does not read {count_of(sockets, 'connection')} on {group.where} "
            "that the other end has closed.",
            because=(
                f"{group.unread_data:,} with data and the FIN unread (Recv-Q above any goodbye)"
                if group.unread_data
                else None,
                unread_goodbyes(group) if sockets > group.unread_data else None,
                f"beside {group.read:,} that were read and not closed" if group.read else None,
                f"the listener's accept queue holds {group.queue_conns:,}: accepting works, reading does not"
                if group.role == "server" and group.queue_conns is not None and group.queue_conns < sockets
                else None,
                reader.says if reader and not held_up(group, reader) else None,
                *whereabouts(case, group),
                descriptors_open_at_once(group),
            ),
        )


RULE = Rule(
    code="P102",
    name="never-read",
    summary="something waits in the socket and the program that holds it does not read",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("a handler busy with a long request reads late: then the number stays below the requests in flight",),
    next=(
        "see where its threads stand: py-spy dump, jstack, a goroutine dump, or /proc/PID/task/*/wchan",
        "look for a blocked worker pool, a lock, a synchronous call in an event loop, a socket in no poll set",
        "give reads and handlers a time-out, so that a stuck one is closed",
    ),
    will_not_help=(
        "a longer accept backlog: these connections are accepted already",
        "tcp_fin_timeout and keepalive settings: no timer ends CLOSE_WAIT",
        "a health check that only connects: the kernel answers it for a dead program",
    ),
)
