"""syn-backlog (H304): new clients are turned away before the program hears of them.

What it sees
    A listener whose accept queue is full (Recv-Q above Send-Q in `ss -tln`; full at one more than the limit) with
    connections that have not waited long, so that the program does accept: its backlog is too small for its clients, or
    it accepts too slowly. Or a queue that is more than half full at both looks. Or a hundred and more handshakes in
    SYN_RECEIVED while the accept queue is not full: more than connections in use and TIME_WAIT (where the answer is
    seen to be sent again, a tenth of TIME_WAIT).

Why it matters
    The kernel drops the SYN of whoever comes to a full queue. The client tries again after a second, then after more;
    nothing is logged by the program, which has never seen it.

When it is wrong
    A burst fills a short queue for a moment. Where the kernel tells that it has never turned anybody away, nothing is
    said; where it tells nothing, one look at a full queue stays `possible`, and so do two at a queue that is nearly
    full. Counters count from the start of the host.

What to do
    For a full accept queue: raise the backlog the program gives to listen(), and see why it accepts slowly. For
    handshakes that are never finished: find out whether the answers arrive at those who asked.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Certainty, Finding, Owner, Severity
from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.thresholds import (
    ACCEPT_QUEUE_WARNING,
    CLOSE_WAIT_PASSING_S,
    HALF_OPEN_PILE_CONNS,
    SECOND_LOOK_S,
)
from closewait.diagnosis.wording import count_of, name_of
from closewait.records import record
from closewait.snapshot.evidence import Sign
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.listener import Listener

OVERFLOWS = "TcpExtListenOverflows"  # the accept queue was full (net/ipv4/tcp_ipv4.c, tcp_conn_request())

#: The queue of half-open connections was full: the SYN was answered with a cookie, or dropped.
HALF_OPEN_OVERFLOWS = ("TcpExtTCPReqQFullDoCookies", "TcpExtTCPReqQFullDrop")

#: Handshakes wait for a minute at most, as TIME_WAIT does. Of the clients of a public server that many in a minute may
#: be scanners, or vanish, without a word.
UNFINISHED_SHARE = 0.10

STILL_FULL = "whether the queue is full again"
WHETHER_IT_OVERFLOWS = "whether TcpExtListenOverflows grows (nstat -az): then clients are turned away"


@record
class Strength:
    """How bad, how sure, and what a second look would settle."""

    severity: Severity
    certainty: Certainty
    second_look: str | None = None


def strength(case: "Case", listener: "Listener") -> Strength | None:
    """How strongly a listener's accept queue shows that clients are turned away; None: not at all."""
    overflows = case.counter(OVERFLOWS)
    if not listener.is_full:
        return _often_nearly_full(case, listener)
    if listener.was_full or (case.counter_growth(OVERFLOWS) or 0) > 0:
        return Strength(Severity.CRITICAL, "certain")
    if overflows or listener.half_open or _called_flooding(case, listener):
        return Strength(Severity.CRITICAL, "likely", STILL_FULL)
    if overflows == 0:
        return None
    burst = listener.waiting_s is not None and listener.waiting_s < CLOSE_WAIT_PASSING_S
    return Strength(Severity.WARNING if burst else Severity.CRITICAL, "possible", STILL_FULL)


def _often_nearly_full(case: "Case", listener: "Listener") -> Strength | None:
    """More than half full at two looks that are far enough apart: a burst overflows it, unless it never did."""
    span_s = case.timeline.span_s
    if case.counter(OVERFLOWS) == 0 or (span_s is not None and span_s < SECOND_LOOK_S):
        return None
    waiting, before, limit = listener.queue_conns, listener.queue_conns_before, listener.queue_limit
    if waiting is None or before is None or not limit or min(waiting, before) <= ACCEPT_QUEUE_WARNING * limit:
        return None
    return Strength(Severity.WARNING, "possible", WHETHER_IT_OVERFLOWS) if min(waiting, before) > 1 else None


def of_accept_queue(case: "Case", listener: "Listener", judged: Strength) -> Finding:
    """Clients come faster than the program accepts, for a queue as short as this."""
    owner = f"{name_of(listener.pid, listener.process)} on " if listener.pid or listener.process else ""
    filled = "is full" if listener.is_full else "is more than half full, at both looks"
    follows = "new clients are turned away" if listener.is_full else "a burst would overflow it"
    facts = (
        f"Recv-Q {listener.queue_conns:,} above Send-Q {listener.queue_limit:,} on the LISTEN row: a queue is full at "
        "one more than its limit, and the next SYN is dropped"
        if listener.is_full
        else f"{listener.queue_conns:,} of {listener.queue_limit:,} wait, {listener.queue_conns_before:,} at the "
        "earlier look",
        f"{listener.queue_conns_before:,} waited at the earlier look: it was full then, too"
        if listener.is_full and listener.was_full
        else None,
        who_set_the_limit(case, listener),
        turned_away(case),
        f"{count_of(listener.half_open, 'handshake')} not finished (SYN_RECEIVED): more clients are coming"
        if listener.half_open
        else None,
        "the kernel's message “possible SYN flooding” misleads here: it says the same whenever a queue is full"
        if _called_flooding(case, listener)
        else None,
    )
    return RULE.finding(
        case,
        severity=judged.severity,
        certainty=judged.certainty,
        owners=(Owner(listener.pid, listener.process, listener.waiting),) if listener.pid or listener.process else (),
        role="server",
        places=((listener.where, listener.queue_conns or 0),),
        sockets=listener.queue_conns or 0,
        says=f"The accept queue of {owner}{listener.where} {filled} "
        f"({listener.queue_conns:,} waiting, limit {listener.queue_limit:,}): {follows}.",
        because=facts,
        check_with=case.there(f"ss -tln 'sport = :{listener.port}'"),
        second_look=judged.second_look,
    )


def who_set_the_limit(case: "Case", listener: "Listener") -> str | None:
    """The limit is the smaller of what the program asks for and what the host allows (listen(2))."""
    most, limit = case.timeline.latest.host.somaxconn, listener.queue_limit
    if most is None or limit is None:
        return "the limit is the smaller of the program's own backlog, given to listen(), and net.core.somaxconn"
    if limit < most:
        return f"the limit {limit:,} is the program's own backlog: net.core.somaxconn would allow {most:,}"
    return f"the limit {limit:,} is net.core.somaxconn: the program asked for that many or more"


def turned_away(case: "Case") -> str | None:
    """How many connections the whole host has turned away because of a full accept queue."""
    overflows, growth = case.counter(OVERFLOWS), case.counter_growth(OVERFLOWS)
    if not overflows:
        return None
    since = f", {growth:+,} between the looks" if growth else ""
    return f"ListenOverflows {overflows:,}{since}: that often a client of this host came to a full accept queue"


def unfinished(listener: "Listener") -> int:
    """Handshakes nobody finishes: those whose answer was sent again, or all where no timers are told."""
    return listener.half_open if listener.half_open_unanswered is None else listener.half_open_unanswered


def half_open_piles_up(listener: "Listener") -> bool:
    """Far more clients begin a connection than finish one, and the program's queue is not what stops them."""
    share = 1.0 if listener.half_open_unanswered is None else UNFINISHED_SHARE
    finished = listener.established + share * listener.time_wait
    return unfinished(listener) >= HALF_OPEN_PILE_CONNS and unfinished(listener) > finished and not listener.is_full


def of_half_open(case: "Case", listener: "Listener") -> Finding:
    """A flood, a scan, or clients whom the answers do not reach."""
    count, overflowing = unfinished(listener), {name: case.counter(name) for name in HALF_OPEN_OVERFLOWS}
    room = listener.queue_limit
    full = any(overflowing.values()) or _called_flooding(case, listener) or (room is not None and count >= room)
    facts = (
        f"from {count_of(listener.half_open_sources, 'address', 'addresses')}, beside {listener.established:,} "
        f"ESTABLISHED and {listener.time_wait:,} TIME_WAIT",
        f"{listener.half_open_unanswered:,} of {listener.half_open:,} have been answered more than once"
        if listener.half_open_unanswered is not None
        else None,
        f"the accept queue holds {listener.queue_conns:,} of {room:,}: the program does accept"
        if listener.queue_conns is not None and room is not None
        else None,
        *(f"{name.removeprefix('TcpExt')} {count:,}" for name, count in overflowing.items() if count),
        "the kernel says “possible SYN flooding”" if _called_flooding(case, listener) else None,
    )
    return RULE.finding(
        case,
        severity=Severity.CRITICAL if full else Severity.WARNING,
        certainty="likely" if listener.half_open_unanswered is not None or full else "possible",
        whose_move=Move.ADMIN,
        role="server",
        places=((listener.where, listener.half_open),),
        sockets=listener.half_open,
        says=f"{count_of(count, 'client')} began a connection to {listener.where} and did not finish the handshake: "
        "a flood, a scan, or a path on which our answers are lost.",
        because=facts,
        doubt=("clients far away, all at once: then the number falls within a round trip",),
        next=(
            "see who asks: do the sources exist, are they one network, do real clients complain?",
            "follow one of them with tcpdump: does our SYN-ACK leave by the same way, and is it answered?",
            "keep net.ipv4.tcp_syncookies=1, and raise the program's backlog (and net.core.somaxconn where that limits "
            "it): it bounds unfinished handshakes as well; tcp_max_syn_backlog has a say with tcp_syncookies=0 alone",
        ),
        will_not_help=("the program's accept loop: it has never heard of these clients",),
        check_with=case.there(f"ss -tno state syn-recv 'sport = :{listener.port}'"),
        second_look="whether the same handshakes still wait",
    )


def _called_flooding(case: "Case", listener: "Listener") -> bool:
    """Whether the kernel has complained about this port."""
    told = case.timeline.latest.evidence.messages_of(Sign.SYN_FLOODING)
    return any(message.port in (None, listener.port) for message in told)


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each listener whose accept queue is full, and each that is asked far more often than it is answered."""
    for listener in case.listeners:
        judged = strength(case, listener)
        if judged is not None:
            yield Suspicion(of_accept_queue(case, listener, judged), claims=_groups(case, listener, OwnerKind.LISTENER))
        elif half_open_piles_up(listener):
            yield Suspicion(of_half_open(case, listener), claims=_groups(case, listener, OwnerKind.KERNEL))


def _groups(case: "Case", listener: "Listener", kind: OwnerKind) -> tuple[Subject, ...]:
    """The groups that are this listener's."""
    return tuple(
        ("group", group.key)
        for group in case.groups
        if group.role == "server"
        and group.owner_kind is kind
        and (group.place_port, group.place_service) == (listener.port, listener.service)
        and (kind is OwnerKind.KERNEL or group.owner_pid == listener.pid)
    )


RULE = Rule(
    code="H304",
    name="syn-backlog",
    summary="a listener's queue is full, and new clients are turned away before the program hears of them",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "a burst fills a short queue for a moment: then it is empty at the next look, and the counter stands still",
    ),
    next=(
        "raise the backlog that the program itself gives to listen(): nginx `listen … backlog=`, gunicorn `--backlog`, "
        "Tomcat `acceptCount`, Node `server.listen({backlog})`, and so on; then restart it",
        "see why it accepts slowly: one thread that also serves, a descriptor limit, a pause of its collector",
        "raise net.core.somaxconn as well where it is the smaller of the two",
    ),
    will_not_help=(
        "net.core.somaxconn alone: the smaller of it and the program's own backlog counts",
        "tcp_max_syn_backlog and SYN cookies: they are for handshakes, and these connections are complete",
        "looking for an attacker because the kernel says “SYN flooding”",
    ),
)
