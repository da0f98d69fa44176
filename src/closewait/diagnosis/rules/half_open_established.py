"""half-open-established (E202): we hold a connection that the other end has long forgotten.

What it sees
    ESTABLISHED sockets with nothing under way whose other end is seen not to have them: a dump of the other host lies
    beside ours, or the other end would be on this host. Without that view, connections without any timer from which
    no sign of life has come for two hours: those may as well be alive and idle, and accuse nobody.

Why it matters
    The peer crashed, lost its power, or a firewall forgot the flow: no FIN and no RST came. Who only waits for data
    never notices. Each takes a descriptor, and a place among the clients that are allowed, until the program ends.

When it is wrong
    Idle is no fault: a connection may rest for days and be used again. Where addresses are translated on the way, the
    other end may have the connection under another name.

What to do
    Ask from time to time: SO_KEEPALIVE with intervals that fit, TCP_USER_TIMEOUT, or a ping of the protocol.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, looked_twice
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import (
    FEWEST_HALF_OPEN,
    HALF_OPEN_SILENCE_S,
    PILE_UP_SOCKETS,
    SERVER_PATIENCE_S,
)
from closewait.diagnosis.wording import age_in_words, ages, count_of, list_state, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def proven(case: "Case", group: Group) -> Weight | None:
    """How strongly connections accuse whose other end is known not to have them."""
    stall, elsewhere = group.half_open, case.timeline.other_end is not None
    if stall.sockets < (FEWEST_HALF_OPEN if elsewhere else PILE_UP_SOCKETS):
        return None
    told = "the other host's list does not have them" if elsewhere else "the other end is on this host, and is not"
    if looked_twice(group):
        if not stall.persisting:
            return None
        stayed = f"{told}; {count_of(stall.persisting, 'socket')} stayed like this since a look ago"
        return Weight(Severity.WARNING, "certain", stayed, None)
    silent_s = stall.youngest_s
    if silent_s is not None and silent_s >= SERVER_PATIENCE_S:
        return Weight(Severity.WARNING, "certain", told, None)
    return Weight(Severity.WARNING, "likely", told, "whether the same sockets stay")


def presumed(group: Group) -> Weight | None:
    """What mere silence says: that they may be half open. More beside them accuse nobody: so does a pool's morning."""
    silent = group.silent
    if silent.sockets < PILE_UP_SOCKETS:
        return None
    told = f"no timer runs, and no segment came from the peer for {age_in_words(HALF_OPEN_SILENCE_S)}"
    return Weight(Severity.BENIGN, "possible", told, DECIDES)


DECIDES = "whether the other end has these connections: list them there"


def check(case: "Case") -> Iterator[Suspicion]:
    """Name each holder of connections that the other end has forgotten, or may have."""
    for group in case.groups:
        judged, stall = proven(case, group), group.half_open
        if judged is None:
            judged, stall = presumed(group), group.silent
        if judged is None:
            continue
        forgotten = (
            "that the other end has forgotten; nothing will come on them, and nothing asks."
            if stall is group.half_open
            else "on which nothing has come for hours, and nothing asks whether the other end is still there."
        )
        yield RULE.about_group(
            case,
            group,
            stall.sockets,
            judged,
            says=f"{who(group)} holds {count_of(stall.sockets, 'connection')} on {group.where} {forgotten}",
            because=(
                "nothing is under way on them (both queues empty)",
                "no keepalive: no timer runs on them" if stall.untimed == stall.sockets else None,
                ages(stall, "without a sign of life"),
            ),
            check_with=list_state(group, case.system, "ESTABLISHED"),
            stall=stall,
        )


RULE = Rule(
    code="E202",
    name="half-open-established",
    summary="we hold connections that the other end has forgotten, and nothing asks whether it is still there",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "an idle connection that is alive looks the same from one end: only the other end decides",
        "behind address translation the other end may have it under another name",
    ),
    next=(
        "turn on SO_KEEPALIVE in the program, with TCP_KEEPIDLE of minutes and not the two hours of the default",
        "set TCP_USER_TIMEOUT, or use the protocol's own ping and an idle time-out",
        "list the connections on the other host: what is missing there is half open",
    ),
    will_not_help=(
        "net.ipv4.tcp_keepalive_time alone: it applies only to sockets with SO_KEEPALIVE",
        "waiting: without a timer and without data to send the kernel never asks",
        "tcp_fin_timeout: no FIN was ever sent",
    ),
)
