"""dying-unacked (E203): connections that their programs have closed, and whose last bytes the peers do not take.

What it sees
    Orphans: sockets in FIN_WAIT_1, CLOSING or LAST_ACK that no process holds, with something to send. Half of
    tcp_max_orphans or more (critical: all of it), as the host tells it; or ten and more which the kernel sent again and
    again, or which are the same in two looks, more than a tenth of the connections in use or in TIME_WAIT.

Why it matters
    At tcp_max_orphans the kernel resets every connection that a program closes with something left to send: answers are
    cut short. An orphan that has waited for long counts twice or four times. Each holds memory of TCP's own.

When it is wrong
    Clients that vanish (phones, laptops) are normal: a busy public server always has some, and the kernel gives each up
    after tcp_orphan_retries, 100 s or so.

What to do
    Find the peers that vanish or never read. If they are merely many, the limit is too small for this host. No program
    here is at fault: the descriptors are closed.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.pile import Weight
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.stall import Stall, summed
from closewait.diagnosis.thresholds import (
    DYING_SHARE,
    FEWEST_DYING,
    ORPHANS_CRITICAL,
    ORPHANS_WARNING,
    SECOND_LOOK_S,
)
from closewait.diagnosis.wording import count_of
from closewait.records import record
from closewait.snapshot.evidence import Sign
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.snapshot.host import Host

#: Orphans that the kernel ended for want of room, and connections it reset for the same reason (net/ipv4/tcp_timer.c,
#: tcp_out_of_resources()); counted since the start of the system.
ENDED_FOR_ROOM = "TcpExtTCPAbortOnMemory"

OLD_WORDING = " (kernels before 2.6.39 say so of too many orphans, too)"


@record
class Orphans:
    """What is known of the host's orphans: the kernel's count and limit, and the rows that stand still."""

    counted: int | None
    limit: int | None
    groups: tuple[Group, ...]
    others: int  # connections in use, or ended as they should within the minute that TIME_WAIT lasts

    @property
    def stall(self) -> Stall:
        """The rows of all groups together."""
        return summed(group.dying for group in self.groups)

    @property
    def share(self) -> float | None:
        """Of the limit; None where either is not told."""
        return None if self.counted is None or not self.limit else self.counted / self.limit


def orphans(case: "Case") -> Orphans:
    """The host's orphans in the latest look."""
    host = case.timeline.latest.host
    groups = tuple(group for group in case.groups if group.dying.sockets)
    others = sum(group.established + group.time_wait for group in case.groups)
    return Orphans(host.orphans, host.max_orphans, groups, others)


def by_limit(found: Orphans) -> Weight | None:
    """How near the host is to the wall."""
    share = found.share
    if share is None or share < ORPHANS_WARNING:
        return None
    severity = Severity.CRITICAL if share >= ORPHANS_CRITICAL else Severity.WARNING
    return Weight(severity, "certain", f"{share:.0%} of the limit", "whether the number grows")


def by_rows(found: Orphans, seconds_between: float | None) -> Weight | None:
    """Whether many stand still, in two looks or as the kernel's retransmissions tell."""
    stall, least = found.stall, max(FEWEST_DYING, DYING_SHARE * found.others)
    far_apart = seconds_between is None or seconds_between >= SECOND_LOOK_S
    if stall.persisting is not None and far_apart:
        stayed = f"{count_of(stall.persisting, 'socket')} were the same at a second look"
        return Weight(Severity.WARNING, "certain", stayed, None) if stall.persisting >= least else None
    if stall.resent < least:
        return None
    resent = f"for {count_of(stall.resent, 'of them', 'of them')} the kernel has sent or asked again and again"
    return Weight(Severity.WARNING, "likely", resent, "whether the number grows")


def limit_in_words(found: Orphans) -> str | None:
    """`65,738 orphans of 65,536 allowed (net.ipv4.tcp_max_orphans)`."""
    if found.counted is None:
        return None
    if found.limit is None:
        return f"{count_of(found.counted, 'orphan')} on this host; the limit is not told"
    return f"{found.counted:,} orphans of {found.limit:,} allowed (net.ipv4.tcp_max_orphans)"


def memory_in_words(host: "Host") -> str | None:
    """Whether it is the limit of memory that is reached; None where that is not told."""
    if host.tcp_memory_pages is None or host.tcp_mem_pages is None:
        return None
    _, pressure, high = host.tcp_mem_pages
    held = f"TCP's buffers hold {host.tcp_memory_pages:,} pages"
    if host.tcp_memory_pages < pressure:
        return f"not memory: {held}, below the pressure mark of {pressure:,} (net.ipv4.tcp_mem)"
    if host.tcp_memory_pages < high:
        return f"memory is tight as well: {held}, the pressure mark is {pressure:,} (net.ipv4.tcp_mem)"
    return f"memory is used up as well: {held} of {high:,} (net.ipv4.tcp_mem)"


def messages(case: "Case") -> Iterator[str]:
    """What the kernel's log says of it, a line of each kind."""
    for sign, meaning in ((Sign.ORPHANS, ""), (Sign.SOCKET_MEMORY, OLD_WORDING)):
        for message in case.timeline.latest.evidence.messages_of(sign)[:1]:
            yield f"{message.origin} says {message.text!r}{meaning}"


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect the host's peers where orphans near the limit, or stand still in number."""
    found = orphans(case)
    judged = by_limit(found) or by_rows(found, case.timeline.span_s)
    if judged is not None:
        yield about(case, found, judged)


def about(case: "Case", found: Orphans, judged: Weight) -> Suspicion:
    """The one finding about the host."""
    host, stall = case.timeline.latest.host, found.stall
    full = found.share is not None and found.share >= ORPHANS_CRITICAL
    sockets = max(stall.sockets, found.counted or 0) if by_limit(found) else stall.sockets
    places = Counter[str]()
    for group in found.groups:
        places[group.where] += group.dying.sockets
    ended = host.counters.get(ENDED_FOR_ROOM)
    facts = (
        limit_in_words(found),
        memory_in_words(host) if by_limit(found) else None,
        *messages(case),
        f"the kernel has ended {ended:,} connections for want of room since it started ({ENDED_FOR_ROOM})"
        if ended
        else None,
        f"{count_of(stall.sockets, 'socket')} in FIN_WAIT_1, CLOSING or LAST_ACK"
        f"{in_hand(found)}, waiting for {count_of(stall.remotes, 'peer')}, most for {stall.remote}"
        if stall.sockets
        else None,
        f"they hold {stall.send_queue_bytes:,} bytes that nobody acknowledges" if stall.send_queue_bytes else None,
        judged.because if stall.sockets or found.share is None else None,
    )
    finding = RULE.finding(
        case,
        severity=judged.severity,
        certainty=judged.certainty,
        places=tuple(places.most_common()),
        sockets=sockets,
        says=f"{count_of(sockets, 'connection')} that programs have closed cannot end, for the peers do not "
        f"acknowledge{'; the kernel now resets what is closed with something left to send' if full else ''}.",
        because=facts,
        check_with="cat /proc/net/sockstat; sysctl net.ipv4.tcp_max_orphans; "
        f"{case.there('ss -tanoi state fin-wait-1')}"
        if case.system == "Linux"
        else None,
        second_look=judged.second_look,
        rows=stall.rows,
    )
    claims: list[Subject] = [("group", group.key) for group in found.groups if group.owner_kind is OwnerKind.KERNEL]
    return Suspicion(finding, claims=(*claims, ("summary",)))


def in_hand(found: Orphans) -> str:
    """Whether the look shows that no process holds them."""
    shown = all(group.owner_kind is OwnerKind.KERNEL for group in found.groups)
    return " that no process holds" if shown else ""


RULE = Rule(
    code="E203",
    name="dying-unacked",
    summary="closed by their programs, and the peers do not take the last bytes; the kernel may have only so many",
    whose_move=Move.ADMIN,
    check=check,
    doubt=(
        "clients that vanish are normal on a public server: what matters is how near the limit is, and growth",
        "a slow network makes a passing pile of them",
    ),
    next=(
        "find the peers: ss -tanoi state fin-wait-1, the remote addresses; a firewall that drops, clients that never "
        "read, a scanner",
        "if the peers are merely many, raise net.ipv4.tcp_max_orphans (each orphan may hold 64 kB)",
        "lower net.ipv4.tcp_orphan_retries, so that each is given up sooner",
        "close unauthenticated or misbehaving peers with a reset (SO_LINGER 0)",
    ),
    will_not_help=(
        "looking for a missing close(): the descriptors are closed already",
        "tcp_fin_timeout: it ends FIN_WAIT_2, and these wait in other states",
    ),
)
