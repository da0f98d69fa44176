"""leaked-established (P108): a client opens connection after connection to one place, and uses none of them again.

What it sees
    A program with more idle ESTABLISHED connections to one destination than a pool holds, of which a second look shows
    the same ones, still unused, and more beside them that are idle as well: a twentieth more, and three at least. In
    one look only a hundred and more that were idle for five minutes, in a process that nears its descriptor limit.

Why it matters
    A client object is made for each request, or a response is not read to its end or not closed, so that its connection
    never returns to the pool. Each takes a descriptor and a local port here, and as much of the server. When the
    server's idle time-out strikes they become CLOSE_WAIT all at once.

When it is wrong
    A program may hold a silent connection for each of its own clients (a subscription, a tunnel). Where it serves about
    as many connections as it holds idle, or is a relay by name, nothing is said.

What to do
    One client object for all requests; close every response. Who opens a new connection while many wait has no pool.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, grows, looked_twice
from closewait.diagnosis.relays import is_relay
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import (
    CRITICAL_PILE_SOCKETS,
    CROWD_SOCKETS,
    DESCRIPTORS_WARNING,
    IDLE_S,
    POOL_BOUND_SOCKETS,
    TURNOVER_SHARE,
)
from closewait.diagnosis.wording import age_in_words, ages, count_of, list_state, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

#: A program that serves this share of its idle connections, or more, may hold each of them for one that it serves.
SERVED_SHARE = 0.5


def only_grows(group: Group) -> bool:
    """The connections of the look before are still there, still unused, and there are more, as unused as they."""
    before, kept = group.established_before or 0, group.idle.persisting or 0
    return kept >= (1 - TURNOVER_SHARE) * before and grows(group.idle.sockets, before)


def strength(group: Group, descriptor_share: float | None) -> Weight | None:
    """How strongly the idle connections accuse their holder; None: not at all."""
    idle, bound = group.idle, POOL_BOUND_SOCKETS * group.destinations
    severity = Severity.CRITICAL if idle.sockets >= CRITICAL_PILE_SOCKETS else Severity.WARNING
    if looked_twice(group):
        kept, clocks_told = idle.persisting or 0, idle.youngest_s is not None
        if kept <= bound or not only_grows(group) or (not clocks_told and kept < CROWD_SOCKETS):
            return None
        grown = group.established - (group.established_before or 0)
        between = "" if group.seconds_between is None else f" {age_in_words(group.seconds_between)}"
        fact = f"{kept:,} were there a look ago and were not used since; {grown:+,} within{between or ' two looks'}"
        if clocks_told:
            return Weight(
                severity, "likely", fact, "whether it goes on: a pool for each of many users ends at its bound"
            )
        return Weight(Severity.WARNING, "possible", fact, "whether data moves on them: the dumps tell no clocks")
    crowd = idle.overdue > max(bound, CROWD_SOCKETS)
    if crowd and descriptor_share is not None and descriptor_share >= DESCRIPTORS_WARNING:
        fact = f"{idle.overdue:,} of them unused for {age_in_words(IDLE_S)} at least, and the descriptors run out"
        return Weight(severity, "possible", fact, "whether the number grows while these stay unused")
    return None


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each client that collects idle connections to one place."""
    served = Counter[tuple[int | None, str | None]]()
    for group in case.groups:
        if group.role == "server" and group.owner_known:
            served[group.owner_pid, group.owner_process] += group.established
    for group in case.groups:
        idle = group.idle
        serves = served[group.owner_pid, group.owner_process] >= SERVED_SHARE * idle.sockets
        if not idle.sockets or serves or is_relay(group):
            continue
        process = case.processes.get(group.owner_pid) if group.owner_pid is not None else None
        judged = strength(group, process.descriptor_share if process else None)
        if judged is None:
            continue
        yield RULE.about_group(
            case,
            group,
            idle.sockets,
            judged,
            says=f"{who(group)} holds {count_of(idle.sockets, 'idle connection')} to {group.where} and opens more "
            "instead of using them.",
            because=(
                f"more than a pool holds ({POOL_BOUND_SOCKETS} to one destination)",
                ages(idle, "unused"),
                f"{group.established - idle.sockets:,} in use beside them"
                if group.established > idle.sockets
                else "none is in use",
            ),
            check_with=list_state(group, case.system, "ESTABLISHED"),
            stall=idle,
        )


RULE = Rule(
    code="P108",
    name="leaked-established",
    summary="a client opens connection after connection to one place and uses none of them again",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("a program may hold a silent connection for each of its users, such as a subscription",),
    next=(
        "use one client object for all requests (requests.Session, HttpClient, http.Client), not one for each",
        "read each response to its end and close it, also when it is an error (Go: defer resp.Body.Close())",
        "bound the pool: a limit for each host and an idle time-out",
    ),
    will_not_help=(
        "raising the descriptor limit: it only falls over later",
        "a shorter idle time-out of the server: they become CLOSE_WAIT here and are still open",
        "keepalive: the other end is alive and answers",
    ),
)
