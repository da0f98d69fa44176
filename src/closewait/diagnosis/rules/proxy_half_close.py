"""proxy-half-close (P105): a relay passed a goodbye on to its other leg, and keeps both legs until that one answers.

What it sees
    One process with as many connections in CLOSE_WAIT on one side (read to the end) as in FIN_WAIT_2 on the other, or,
    where the program is known to relay (docker-proxy, haproxy, socat, …), FIN_WAIT_2 that it holds, or connections in
    CLOSE_WAIT whose other legs are still ESTABLISHED. They must stay: over two looks, longer than 60 s, or in number.
    Of a program that is not known to relay, each side for itself: three at least.

Why it matters
    Each such session costs two descriptors and waits for an end that owes it nothing any more. No timer of the kernel
    ends either leg while a process holds it.

When it is wrong
    Half-closed sessions are legal, and a relay must carry them. One whose configured time limit is longer than the
    ages seen works as it was told to: then this is benign. A client's pool that keeps what servers have closed, in a
    program that lingers in FIN_WAIT_2 after its own answers, has the same numbers for a moment: one look at these
    without ages says nothing.

What to do
    Give half-closed sessions a short time limit in the relay. Only the relay can end them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Owner, Severity
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.pile import Patience, Weight, looked_twice, weight_of
from closewait.diagnosis.relays import is_relay
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.rules.peer_not_closing import timer_told
from closewait.diagnosis.stall import Stall, summed
from closewait.diagnosis.thresholds import FEWEST_HALF_CLOSED, HALF_CLOSED_S, PASSING_SHARE, PILE_UP_SOCKETS
from closewait.diagnosis.wording import age_in_words, ages, count_of, name_of
from closewait.records import record
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

#: Legs belong together where their numbers differ by no more than this, or by two.
LEGS_DIFFER = 0.2

PATIENCE = Patience(HALF_CLOSED_S, fewest=FEWEST_HALF_CLOSED, share=PASSING_SHARE)

#: A program that is not known to relay looks like one only where both legs are piles.
PATIENCE_WITH_STRANGERS = Patience(HALF_CLOSED_S, fewest=FEWEST_HALF_CLOSED, at_once=2 * PILE_UP_SOCKETS)

OTHER_END = {"server": "client", "client": "server"}


def alike(one: int, other: int) -> bool:
    """Two counts that may be the two legs of the same sessions."""
    return min(one, other) > 0 and abs(one - other) <= max(2, LEGS_DIFFER * max(one, other))


@record
class Legs:
    """What stands still at one end of a program: for each place its part of the sessions."""

    parts: tuple[tuple[Group, Stall], ...] = ()

    @property
    def stall(self) -> Stall:
        """All of them together."""
        return summed(stall for _, stall in self.parts)

    @property
    def sockets(self) -> int:
        """How many they are."""
        return self.stall.sockets

    def joined(self, other: "Legs") -> "Legs":
        """Both ends of the same sessions."""
        return Legs((*self.parts, *other.parts))


def left_open(group: Group) -> Stall:
    """CLOSE_WAIT that were read to their end: of these the relay knows that they are over."""
    sockets = group.read + group.queue_not_told
    age_s = group.age_s if not group.unread else None  # the ages are told of all together
    return Stall(
        sockets=sockets,
        overdue=group.read_overdue,
        youngest_s=age_s and age_s[0],
        median_s=age_s and group.median_s,
        oldest_s=age_s and age_s[1],
        persisting=None if group.persisting is None else min(group.persisting, sockets),
        rows=group.rows,
    )


@record
class Program:
    """All groups of one process."""

    groups: tuple[Group, ...]

    def waiting(self, role: str) -> Legs:
        """CLOSE_WAIT at this end that were read to their end."""
        return self._legs(role, left_open, beside=lambda group: group.unread)

    def half_closed(self, role: str) -> Legs:
        """FIN_WAIT_2 at this end."""
        return self._legs(role, lambda group: group.half_closed, beside=lambda group: group.standing)

    def _legs(self, role: str, stall_of: Callable[[Group], Stall], *, beside: Callable[[Group], int]) -> Legs:
        """Not of places where more CLOSE_WAIT stand for another reason: they are the fault there, and no leg's."""
        stalls = ((group, stall_of(group)) for group in self.groups if group.role == role)
        return Legs(tuple((group, stall) for group, stall in stalls if stall.sockets >= max(1, beside(group))))

    def established(self, role: str) -> int:
        """Connections in use at this end."""
        return sum(group.established for group in self.groups if group.role == role)

    @property
    def is_relay(self) -> bool:
        """It is known by its name."""
        return is_relay(self.groups[0])

    @property
    def legs(self) -> tuple[Legs, Legs] | None:
        """CLOSE_WAIT at one end and FIN_WAIT_2 at the other, where their numbers are alike."""
        pairs = [(self.waiting(role), self.half_closed(other)) for role, other in OTHER_END.items()]
        waiting, half_closed = max(pairs, key=lambda pair: min(legs.sockets for legs in pair))
        return (waiting, half_closed) if alike(waiting.sockets, half_closed.sockets) else None

    @property
    def open_legs(self) -> tuple[Legs, int] | None:
        """CLOSE_WAIT at one end, and at the other as many ESTABLISHED more than sessions in use explain."""
        for role, other in OTHER_END.items():
            waiting, over = self.waiting(role), self.established(other) - self.established(role)
            if waiting.sockets >= FEWEST_HALF_CLOSED and alike(waiting.sockets, over):
                return waiting, over
        return None


def programs(case: "Case") -> Iterator[Program]:
    """The processes that hold anything half closed, each with its groups."""
    held: dict[tuple[object, ...], list[Group]] = {}
    for group in case.groups:
        if group.owner_kind is OwnerKind.HOLDER:
            held.setdefault((group.owner_pid, group.owner_process), []).append(group)
    for groups in held.values():
        if any(group.half_closed.sockets or group.close_wait for group in groups):
            yield Program(tuple(groups))


@record
class Relayed:
    """What stands still in a relay, what shows that it is one, and how patient to be with it."""

    legs: Legs
    stall: Stall
    told: str
    patience: Patience


def relayed(program: Program) -> Relayed | None:
    """The legs that a relay keeps; None where the program may as well be none."""
    if program.legs:
        waiting, half_closed = program.legs
        both = (
            f"{waiting.sockets:,} in CLOSE_WAIT on one side and {half_closed.sockets:,} in FIN_WAIT_2 on the other: "
            "two legs each"
        )
        legs = waiting.joined(half_closed)
        if program.is_relay:
            return Relayed(legs, legs.stall, both, replace(PATIENCE, at_once=2 * FEWEST_HALF_CLOSED))
        stall = as_one(waiting, half_closed)
        return None if stall is None else Relayed(legs, stall, both, PATIENCE_WITH_STRANGERS)
    if not program.is_relay:
        return None
    if program.open_legs:
        waiting, over = program.open_legs
        told = f"{waiting.sockets:,} in CLOSE_WAIT on one side, {over:,} legs on the other side still ESTABLISHED"
        return Relayed(waiting, waiting.stall, told, PATIENCE)
    held = program.half_closed("server").joined(program.half_closed("client"))
    if held.sockets >= FEWEST_HALF_CLOSED:
        told = f"{held.sockets:,} in FIN_WAIT_2 that a relaying program holds"
        return Relayed(held, held.stall, told, replace(PATIENCE, at_once=FEWEST_HALF_CLOSED, share=1.0))
    return None


def as_one(waiting: Legs, half_closed: Legs) -> Stall | None:
    """Both legs of a program that is not known to relay; None where one of them has another explanation.

    A pool that keeps what servers have closed, beside a server that lingers after its answers, has the same numbers:
    as a client's CLOSE_WAIT counts only what both legs prove by age or by staying, each for itself.
    """
    parts, both = (waiting.stall, half_closed.stall), waiting.joined(half_closed).stall
    if min(part.sockets for part in parts) < FEWEST_HALF_CLOSED:
        return None
    twice = all(looked_twice(group) for group, _ in (*waiting.parts, *half_closed.parts))
    stay = twice and min(part.persisting or 0 for part in parts) >= FEWEST_HALF_CLOSED
    old = min(part.overdue for part in parts) >= FEWEST_HALF_CLOSED
    if not (stay or old) and any(group.role == "client" for group, _ in waiting.parts):
        return None
    persisting = both.persisting if stay or both.persisting is None else 0
    return replace(both, persisting=persisting, overdue=both.overdue if old else 0)


def strength(program: Program, found: Relayed, case: "Case") -> Weight | None:
    """How strongly the legs accuse; a limit that is configured and not yet reached makes it benign."""
    limit_s = max((timeout.seconds for timeout in case.timeline.latest.evidence.timeouts), default=None)
    established = sum(group.established for group in program.groups)
    ended = case.time_wait_beside(program.groups)
    stall = found.stall
    judged = weight_of(stall, found.patience, case.timeline.span_s, beside=established, ended=ended)
    if judged is None or limit_s is None or stall.oldest_s is None or stall.oldest_s > limit_s:
        return judged
    reached = f"the oldest is younger than the longest time limit configured ({age_in_words(limit_s)})"
    return Weight(Severity.BENIGN, "likely", f"works as configured: {reached}", "whether any outlives that limit")


def limits(case: "Case", stall: Stall) -> str | None:
    """The longest configured limit, where something outlives it."""
    timeouts = case.timeline.latest.evidence.timeouts
    if not timeouts or stall.oldest_s is None:
        return None
    longest = max(timeouts, key=lambda timeout: timeout.seconds)
    if stall.oldest_s <= longest.seconds:
        return None
    return f"older than the longest time limit configured: {longest.name} {age_in_words(longest.seconds)}"


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each process that keeps the legs of half-closed sessions."""
    for program in programs(case):
        found = relayed(program)
        judged = found and strength(program, found, case)
        if found and judged:
            yield about(case, program, found, judged)


def about(case: "Case", program: Program, found: Relayed, judged: Weight) -> Suspicion:
    """The finding about one process and all the places of its legs."""
    first, stall = program.groups[0], found.stall
    name = name_of(first.owner_pid, first.owner_process)
    counts = Counter[str]()
    for group, part in found.legs.parts:
        counts[group.where] += part.sockets
    half_closed = summed(part for group, part in found.legs.parts if part is group.half_closed)
    facts = (
        found.told,
        f"{name} holds the descriptors: tcp_fin_timeout applies only to orphaned sockets, not to these"
        if half_closed.sockets
        else None,
        timer_told(half_closed) if half_closed.sockets else None,
        ages(stall, "half closed"),
        limits(case, stall),
        judged.because,
    )
    finding = RULE.finding(
        case,
        severity=judged.severity,
        certainty=judged.certainty,
        owners=(Owner(first.owner_pid, first.owner_process, stall.sockets),),
        places=tuple(counts.most_common()),
        sockets=stall.sockets,
        says=f"{name} keeps {count_of(stall.sockets, 'half-closed connection')}: one end has said goodbye, and it "
        "waits for the other.",
        because=facts,
        check_with=case.there(f"ss -tanpo | grep -F {quote(_as_ss_names(first))}") if case.system == "Linux" else None,
        second_look=judged.second_look,
        age_s=stall.age_s,
        rows=stall.rows,
    )
    claims: list[Subject] = [("group", group.key) for group, _ in found.legs.parts]
    if judged.severity is not Severity.BENIGN and first.owner_pid is not None:
        claims.append(("process", first.owner_pid))
    return Suspicion(finding, claims=tuple(claims))


def _as_ss_names(group: Group) -> str:
    """The holder in the words of ss's `users:((…))`."""
    return f'"{group.owner_process}"' if group.owner_pid is None else f"pid={group.owner_pid},"


RULE = Rule(
    code="P105",
    name="proxy-half-close",
    summary="a relay passed one end's goodbye on and keeps both legs until the other end answers",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "a half-closed session may still be in use: then data moves on it now and then",
        "the relay may be told to wait this long: compare the ages with its time limits",
    ),
    next=(
        "give half-closed sessions a limit of some seconds: HAProxy `timeout client-fin` and `timeout server-fin`, "
        "Envoy `idle_timeout`, socat -t, nginx `proxy_timeout`",
        "in your own relay: after passing the FIN on, set a deadline on the other direction and close both legs",
        'docker-proxy: "userland-proxy": false where the kernel can forward; kube-proxy: use a version that bounds it',
        "restart the relay to free what is there now",
    ),
    will_not_help=(
        "tcp_fin_timeout: it applies only to orphaned sockets, and the relay holds these",
        "keepalive: both ends are alive and answer the probes",
    ),
)
