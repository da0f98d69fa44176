"""stale-idle-pool (N401): connections of a client's pool that the server has closed in the meantime.

What it sees
    Client-side CLOSE_WAIT sockets with a holder, no more of them to one destination than a pool holds, with nothing or
    only a goodbye (a FIN, a TLS alert) unread.

Why it matters
    It does not, while the number stays: many pools do not watch idle connections and drop a dead one at its next use.
    It is listed so that nobody takes it for a leak.

When it is wrong
    Pools that multiply (one per request) are a leak that begins like this: the number grows from look to look. A pool
    that uses a stale connection blindly gets an error or hangs on the first request after a pause.

What to do
    Nothing, or let the pool drop idle connections before the server does.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, looked_twice
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import closed_after_silence, pool_bound, unread_goodbyes
from closewait.diagnosis.thresholds import POOL_BOUND_SOCKETS
from closewait.diagnosis.wording import count_of, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def looks_like_a_pool(group: Group) -> bool:
    """Client side, bounded, more than passes through, no data unread, and nothing kept for long after it was read."""
    return (
        group.role == "client"
        and group.standing > 0
        and group.unread_data == 0
        and group.read_overdue == 0
        and not group.passes_through
        and group.close_wait <= POOL_BOUND_SOCKETS * group.destinations
    )


def check(case: "Case") -> Iterator[Suspicion]:
    """Name each bounded set of idle client connections that the server closed."""
    for group in case.held:
        reader = case.stuck(group)
        if not looks_like_a_pool(group) or (reader and reader.proves):
            continue
        bounded = f"no more than a pool holds ({POOL_BOUND_SOCKETS} to one destination)"
        turnover = looked_twice(group) and (group.growth or 0) <= 0
        weight = Weight(
            Severity.BENIGN,
            "likely" if turnover else "possible",
            bounded,
            None if turnover else "whether the number grows",
        )
        yield RULE.about_group(
            case,
            group,
            group.standing,
            weight,
            says=f"{who(group)} keeps {count_of(group.standing, 'idle connection')} to {group.where} "
            "that the server has closed; a pool drops them at their next use.",
            because=(
                "client side",
                unread_goodbyes(group),
                f"{count_of(group.established, 'connection')} to the same place in use" if group.established else None,
                pool_bound(case, group),
                closed_after_silence(case, group),
            ),
        )


RULE = Rule(
    code="N401",
    name="stale-idle-pool",
    summary="a client pool's idle connections that the server closed in the meantime",
    whose_move=Move.NOBODY,
    check=check,
    doubt=("a leak that began only now looks the same: the number tells, a second time",),
    next=("nothing; or set the pool's idle time-out below the server's",),
    will_not_help=("restarting the program: the pool fills and idles again",),
)
