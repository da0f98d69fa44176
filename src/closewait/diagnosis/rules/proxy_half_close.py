"""proxy-half-close (P105): a relay passed a goodbye on to its other leg, and keeps both legs until that one answers.

What it sees
    One process with as many connections in CLOSE_WAIT on one side (read to the end) as in FIN_WAIT_2 on the other, or,
    where the program is known to relay (docker-proxy, haproxy, socat, …), FIN_WAIT_2 that it holds, or connections in
    CLOSE_WAIT whose other legs are still ESTABLISHED. They must stay: over two looks, longer than 60 s, or in number.

Why it matters
    Each such session costs two descriptors and waits for an end that owes it nothing any more. No timer of the kernel
    ends either leg while a process holds it.

When it is wrong
    Half-closed sessions are legal, and a relay must carry them. One whose configured time limit is longer than the
    ages seen works as it was told to: then this is benign.

What to do
    Give half-closed sessions a short time limit in the relay. Only the relay can end them.
"""

from collections.abc import Iterator
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Owner, Severity
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.pile import Patience, Weight, weight_of
from closewait.diagnosis.relays import is_relay
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.rules.peer_not_closing import timer_told
from closewait.diagnosis.stall import Stall, summed
from closewait.diagnosis.thresholds import FEWEST_HALF_CLOSED, HALF_CLOSED_S, PASSING_SHARE
from closewait.diagnosis.wording import age_in_words, ages, count_of, name_of
from closewait.records import record
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

#: Legs belong together where their numbers differ by no more than this, or by two.
LEGS_DIFFER = 0.2

PATIENCE = Patience(HALF_CLOSED_S, fewest=FEWEST_HALF_CLOSED, share=PASSING_SHARE)
OTHER_END = {"server": "client", "client": "server"}


def alike(one: int, other: int) -> bool:
    """Two counts that may be the two legs of the same sessions."""
    return min(one, other) > 0 and abs(one - other) <= max(2, LEGS_DIFFER * max(one, other))


@record
class Program:
    """All groups of one process."""

    groups: tuple[Group, ...]

    def waiting(self, role: str) -> int:
        """CLOSE_WAIT at this end that were read to their end: of these the relay knows that they are over."""
        return sum(group.read + group.queue_not_told for group in self.groups if group.role == role)

    def half_closed(self, role: str) -> int:
        """FIN_WAIT_2 at this end."""
        return sum(group.half_closed.sockets for group in self.groups if group.role == role)

    def established(self, role: str) -> int:
        """Connections in use at this end."""
        return sum(group.established for group in self.groups if group.role == role)

    @property
    def legs(self) -> tuple[int, int] | None:
        """CLOSE_WAIT at one end and FIN_WAIT_2 at the other, where their numbers are alike."""
        pairs = [(self.waiting(role), self.half_closed(other)) for role, other in OTHER_END.items()]
        waiting, half_closed = max(pairs, key=min)
        return (waiting, half_closed) if alike(waiting, half_closed) else None

    @property
    def open_legs(self) -> tuple[int, int] | None:
        """CLOSE_WAIT at one end, and at the other as many ESTABLISHED more than sessions in use explain."""
        for role, other in OTHER_END.items():
            waiting, over = self.waiting(role), self.established(other) - self.established(role)
            if waiting >= FEWEST_HALF_CLOSED and alike(waiting, over):
                return waiting, over
        return None

    @property
    def stalled(self) -> Stall:
        """Its FIN_WAIT_2, all places together."""
        return summed(group.half_closed for group in self.groups)

    @property
    def left_open(self) -> Stall:
        """Its CLOSE_WAIT that were read to their end, all places together."""
        return summed(
            Stall(
                sockets=group.read + group.queue_not_told,
                overdue=group.read_overdue,
                youngest_s=group.youngest_s,
                median_s=group.median_s,
                oldest_s=group.oldest_s,
                persisting=group.persisting,
                rows=group.rows,
            )
            for group in self.groups
        )


def programs(case: "Case") -> Iterator[Program]:
    """The processes that hold anything half closed, each with its groups."""
    held: dict[tuple[object, ...], list[Group]] = {}
    for group in case.groups:
        if group.owner_kind is OwnerKind.HOLDER:
            held.setdefault((group.owner_pid, group.owner_process), []).append(group)
    for groups in held.values():
        if any(group.half_closed.sockets or group.close_wait for group in groups):
            yield Program(tuple(groups))


def relayed(program: Program) -> tuple[Stall, str, Patience] | None:
    """What stands still in a relay, what shows that it is one, and how patient to be with it."""
    relay = is_relay(program.groups[0])
    patience = replace(PATIENCE, at_once=FEWEST_HALF_CLOSED) if relay else PATIENCE
    if program.legs:
        waiting, half_closed = program.legs
        both = f"{waiting:,} in CLOSE_WAIT on one side and {half_closed:,} in FIN_WAIT_2 on the other: two legs each"
        return summed((program.left_open, program.stalled)), both, patience
    if relay and program.open_legs:
        waiting, over = program.open_legs
        open_leg = f"{waiting:,} in CLOSE_WAIT on one side, {over:,} legs on the other side still ESTABLISHED"
        return program.left_open, open_leg, patience
    if relay and program.stalled.sockets >= FEWEST_HALF_CLOSED:
        held = f"{program.stalled.sockets:,} in FIN_WAIT_2 that a relaying program holds"
        return program.stalled, held, replace(patience, share=1.0)
    return None


def strength(program: Program, stall: Stall, patience: Patience, case: "Case") -> Weight | None:
    """How strongly the legs accuse; a limit that is configured and not yet reached makes it benign."""
    limit_s = max((timeout.seconds for timeout in case.timeline.latest.evidence.timeouts), default=None)
    established = sum(group.established for group in program.groups)
    judged = weight_of(stall, patience, case.timeline.span_s, beside=established)
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
        if found is None:
            continue
        stall, legs, patience = found
        judged = strength(program, stall, patience, case)
        if judged is None:
            continue
        yield about(case, program, stall, legs, judged)


def about(case: "Case", program: Program, stall: Stall, legs: str, judged: Weight) -> Suspicion:
    """The finding about one process and all the places of its legs."""
    first = program.groups[0]
    name = name_of(first.owner_pid, first.owner_process)
    involved = [group for group in program.groups if group.half_closed.sockets or group.standing]
    counts = {group.where: group.half_closed.sockets + group.standing for group in involved}
    half_closed = program.stalled
    facts = (
        legs,
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
        places=tuple(sorted(counts.items(), key=lambda place: -place[1])),
        sockets=stall.sockets,
        says=f"{name} keeps {count_of(stall.sockets, 'half-closed connection')}: one end has said goodbye, and it "
        "waits for the other.",
        because=facts,
        check_with=case.there(f"ss -tanpo | grep -F {quote(_as_ss_names(first))}") if case.system == "Linux" else None,
        second_look=judged.second_look,
        age_s=stall.age_s,
        rows=stall.rows,
    )
    claims: list[Subject] = [("group", group.key) for group in involved]
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
