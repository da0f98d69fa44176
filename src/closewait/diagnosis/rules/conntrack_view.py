"""conntrack-view (B902): these are flows that a firewall or NAT tracks, not sockets; or its table of them is full.

What it sees
    An input that lists flows (`conntrack -L`, /proc/net/nf_conntrack). Among them ten and more connections that stay
    in CLOSE_WAIT, when they are more than pass through beside ESTABLISHED; or the same ones listed again and again
    while their timers run down, more than are in use. On any host: as many flows as 80 % (critical: 95 %) of what its
    table holds, or the kernel's complaint that it was full.

Why it matters
    A flow's CLOSE_WAIT ends by a timer of the firewall, whether or not a program closes: counted as sockets it is a
    leak that does not exist. But a NAT that has forgotten a flow no longer translates it: the FIN that comes later
    finds nobody, and one end waits for ever. When the table is full, new connections are dropped without a word to
    either end.

When it is wrong
    A connection that one end has closed may go on on purpose. The timer's length is not listed: 60 s are assumed.

What to do
    Look at the sockets on the hosts where the connections end. Let clients drop idle connections before the firewall
    does.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import (
    CLOSE_WAIT_PASSING_S,
    CONNTRACK_CRITICAL,
    CONNTRACK_WARNING,
    PASSING_SHARE,
    PILE_UP_SOCKETS,
)
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.snapshot.evidence import Sign
from closewait.tcp.states import Move

if TYPE_CHECKING:
    import polars as pl

    from closewait.diagnosis.case import Case

#: What tells one connection from another where nothing else is told.
ENDS = ("local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service")

#: nf_conntrack_tcp_timeout_close_wait unless it was set (Linux net/netfilter/nf_conntrack_proto_tcp.c).
CLOSE_WAIT_TIMER_S = 60.0

FLOWS_ARE_NO_SOCKETS = (
    "conntrack lists what passes a firewall or NAT: the ends may be elsewhere, and no program holds a flow"
)


def of_flows(case: "Case", flows: "pl.DataFrame") -> Finding:
    """What conntrack lists, which looks like sockets and is none."""
    waiting = flows.filter(state="CLOSE_WAIT").unique(ENDS, keep="last", maintain_order=True)
    established = flows.filter(state="ESTABLISHED").n_unique(ENDS)
    left_s = flows.filter(state="CLOSE_WAIT")["timer_left_s"].drop_nulls().to_list()
    counts_down = many_stand(flows, established) or watched(flows, established)
    rows = count_of(len(flows), "row")
    return RULE.finding(
        case,
        certainty="certain",
        sockets=0,  # flows are none
        severity=Severity.WARNING if counts_down else Severity.BENIGN,
        says=f"{rows} of conntrack: flows that a firewall or NAT tracks, not sockets; "
        f"{count_of(len(waiting), 'connection')} in CLOSE_WAIT will be forgotten when a timer ends, closed or not."
        if len(waiting)
        else f"{rows} of conntrack: these are flows that a firewall or NAT tracks, not sockets.",
        because=(FLOWS_ARE_NO_SOCKETS, *(_of_waiting(flows, len(waiting), left_s) if len(waiting) else ())),
        doubt=("a connection of which one end has closed may still be in use",) if counts_down else (),
        next=(
            "on the hosts where the connections end, as root: ss -tanpoei | closewait -",
            "let clients drop idle connections before nf_conntrack_tcp_timeout_close_wait ends (a pool's idle time-out "
            "below 60 s), or raise it where closes come later than that",
        ),
        will_not_help=(
            "looking for a leak of descriptors by this list: no process holds a flow",
            "a shorter nf_conntrack_tcp_timeout_close_wait: it ends entries of a table, not sockets",
        ),
        second_look="whether the same connections are still there",
    )


def standing(flows: "pl.DataFrame") -> "pl.DataFrame":
    """The rows of connections that have been in CLOSE_WAIT for longer than it takes to close."""
    waiting = flows.filter(state="CLOSE_WAIT").select(*ENDS, "timer_left_s")
    return waiting.filter(waiting["timer_left_s"] < CLOSE_WAIT_TIMER_S - CLOSE_WAIT_PASSING_S)


def many_stand(flows: "pl.DataFrame", established: int) -> bool:
    """There are more of them than pass through a healthy firewall."""
    return standing(flows).n_unique(ENDS) >= max(PILE_UP_SOCKETS, PASSING_SHARE * established)


def watched(flows: "pl.DataFrame", established: int) -> bool:
    """Somebody has picked them out, few as they are, and has listed each again and again while its timer ran down."""
    times = standing(flows).group_by(ENDS).n_unique()["timer_left_s"]
    return int((times > 1).sum()) > established


def _of_waiting(flows: "pl.DataFrame", connections: int, left_s: list[float]) -> Iterator[str]:
    """What CLOSE_WAIT means for these flows, of which one may be told several times."""
    rows = flows.filter(state="CLOSE_WAIT").height
    connection = "one connection" if connections == 1 else f"{connections:,} connections"
    yield f"{count_of(rows, 'row')} in CLOSE_WAIT: {connection} of which a FIN and its ACK passed by"
    yield (
        "nf_conntrack_tcp_timeout_close_wait (60 s unless it was set) lets such a flow be forgotten, whether or not a "
        "program closes; a FIN that comes later is not translated any more"
    )
    if left_s:
        yield f"the timers have {age_in_words(min(left_s))} to {age_in_words(max(left_s))} left"


def of_table(case: "Case") -> Finding | None:
    """How full the table of flows is on the host that was looked at."""
    host = case.timeline.latest.host
    told_full = case.timeline.latest.evidence.messages_of(Sign.CONNTRACK_FULL)
    share = host.conntrack_flows / host.conntrack_limit if host.conntrack_flows and host.conntrack_limit else None
    if (share is None or share < CONNTRACK_WARNING) and not told_full:
        return None
    filled = "" if share is None else f" {host.conntrack_flows:,} of {host.conntrack_limit:,} flows ({share:.0%})"
    full = bool(told_full) if share is None else share >= CONNTRACK_CRITICAL
    return RULE.finding(
        case,
        certainty="certain",
        sockets=0,
        severity=Severity.CRITICAL if full else Severity.WARNING,
        says=f"The table of tracked connections {'holds' if filled else 'was full'}{filled}; when it is full, new "
        "connections are dropped without a word to either end.",
        because=(
            f"nf_conntrack_count {host.conntrack_flows:,}, nf_conntrack_max {host.conntrack_limit:,}"
            if filled
            else None,
            "the kernel says “nf_conntrack: table full, dropping packet”" if told_full else None,
        ),
        doubt=("the log may be of another day",) if told_full and share is None else (),
        next=(
            "see what fills it: conntrack -L -o extended | awk '{print $4, $6}' | sort | uniq -c",
            "raise net.netfilter.nf_conntrack_max, and nf_conntrack_buckets with it",
            "shorten nf_conntrack_tcp_timeout_established (5 days unless it was set), and track only what needs NAT",
        ),
        will_not_help=("restarting programs: the table forgets by its own timers",),
        check_with="sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
    )


def check(case: "Case") -> Iterator[Suspicion]:
    """Say of flows that they are flows, and of a full table that it is full."""
    look = case.timeline.latest
    if look.kind == "flows" and look.sockets.height:
        yield Suspicion(of_flows(case, look.sockets))
    if table := of_table(case):
        yield Suspicion(table)


RULE = Rule(
    code="B902",
    name="conntrack-view",
    summary="flows that a firewall or NAT tracks, which are no sockets; or its table of them is nearly full",
    whose_move=Move.ADMIN,
    check=check,
)
