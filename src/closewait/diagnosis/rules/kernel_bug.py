"""kernel-bug (H305): sockets stay in a state that the kernel itself should have ended long ago.

What it sees
    Only what no program and no setting can do. Nearly all TIME_WAIT of one look still there in a second, farther away
    than TIME_WAIT lasts, and not by reuse of their ports; TIME_WAIT with a told age beyond any system's; closing
    sockets resent more often than any system does, and still there at a second look. And TIME_WAIT on a Windows (7,
    Server 2008 R2 or before) that has run for more than 497 days, whose clock for them then stands still (KB2553549).

Why it matters
    Each one keeps its port, and in the end connect() finds none; no program can do anything about it.

When it is wrong
    A port may have been used again, between the same two ends, and closed again: cookies exclude that, without them
    only ends with few ports in use are counted. The clock of a dump may be wrong.

What to do
    Look for a known fault of this kernel version and install its correction; a restart of the host helps until then.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.thresholds import (
    CRITICAL_PILE_SOCKETS,
    PILE_UP_SOCKETS,
    STAYED_NEARLY_ALL,
    TIME_WAIT_CLOCK_STOPS_S,
    TIME_WAIT_PILE_SOCKETS,
)
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.unending import Unending

#: Versions of Windows whose TIME_WAIT clock stops (KB2553549): Vista and Server 2008, 7 and Server 2008 R2.
CLOCK_STOPS_ON = ("6.0", "6.1")

AN_HOUR_LATER = "whether the same sockets are there after an hour"


def stayed_too_long(case: "Case", found: "Unending") -> str | None:
    """Nearly all of the earlier look's TIME_WAIT are still there."""
    span_s = case.timeline.span_s
    if found.stayed < PILE_UP_SOCKETS or found.stayed < STAYED_NEARLY_ALL * found.before or span_s is None:
        return None
    known = "by their cookies" if found.by_cookie else "by their two ends, which use few of the ports there are"
    later = age_in_words(span_s)
    return f"{found.stayed:,} of {found.before:,} TIME_WAIT are still there after {later}, known again {known}"


def too_old(found: "Unending") -> str | None:
    """A told age that no system allows."""
    if found.too_old < PILE_UP_SOCKETS or found.oldest_s is None:
        return None
    return (
        f"{found.too_old:,} are in TIME_WAIT for longer than any system lets them, up to {age_in_words(found.oldest_s)}"
    )


def resent_for_ever(found: "Unending") -> str | None:
    """Retransmission that does not give up."""
    if not found.resent:
        return None
    return (
        f"{count_of(found.resent, 'closing socket')} resent up to {found.most_resent} times: "
        "tcp_retries2 is 15 unless it was set, tcp_orphan_retries 8"
    )


def clock_has_stopped(case: "Case", found: "Unending") -> str | None:
    """A Windows that runs for so long that its clock for TIME_WAIT has come to its end."""
    host = case.timeline.latest.host
    if case.system != "Windows" or host.uptime_s is None or host.uptime_s < TIME_WAIT_CLOCK_STOPS_S:
        return None
    affected = host.kernel is None or host.kernel.startswith(CLOCK_STOPS_ON)
    if not affected or found.time_wait < TIME_WAIT_PILE_SOCKETS:
        return None
    version = f"Windows {host.kernel}" if host.kernel else "Windows (version not told)"
    return f"{version} runs for {age_in_words(host.uptime_s)}: after 497 days TIME_WAIT never ends there (KB2553549)"


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect the kernel where a state lasts that only the kernel ends."""
    found = case.unending
    signs = (
        stayed_too_long(case, found),
        too_old(found),
        clock_has_stopped(case, found),
    )
    facts = tuple(sign for sign in signs if sign)
    if facts:
        yield Suspicion(_of_time_wait(case, found, facts), claims=_destinations(case))
    if resends := resent_for_ever(found):
        yield Suspicion(_of_resends(case, found, resends))


def _of_time_wait(case: "Case", found: "Unending", facts: tuple[str, ...]) -> Finding:
    certain = found.by_cookie or len(facts) > 1
    return RULE.finding(
        case,
        second_look=AN_HOUR_LATER,
        severity=Severity.CRITICAL if found.time_wait >= CRITICAL_PILE_SOCKETS else Severity.WARNING,
        certainty="certain" if certain else "likely",
        sockets=found.time_wait,
        says=f"{count_of(found.time_wait, 'socket')} in TIME_WAIT do not end, though the kernel's clock should end "
        "them: a fault of this system's kernel.",
        because=facts,
        check_with='netstat -ano | find /c "TIME_WAIT"'
        if case.system == "Windows"
        else case.there("ss -tano state time-wait"),
    )


def _of_resends(case: "Case", found: "Unending", resends: str) -> Finding:
    return RULE.finding(
        case,
        second_look=AN_HOUR_LATER,
        severity=Severity.WARNING,
        certainty="possible",
        sockets=found.resent,
        says=f"{count_of(found.resent, 'closing socket')} resent without an end: a setting far above the usual, or a "
        "fault of this system's kernel.",
        because=(resends,),
        check_with=case.there("ss -tano state fin-wait-1")
        + "; sysctl net.ipv4.tcp_retries2 net.ipv4.tcp_orphan_retries",
    )


def _destinations(case: "Case") -> tuple[Subject, ...]:
    """The destinations whose ports these sockets take: how near the wall is, is said with this finding."""
    return tuple(("destination", one.target_address, one.target_port) for one in case.destinations if one.time_wait)


RULE = Rule(
    code="H305",
    name="kernel-bug",
    summary="sockets stay in a state that only the kernel ends, long after it should have",
    whose_move=Move.ADMIN,
    check=check,
    doubt=(
        "ports may have been used again between the same two ends; the clocks of the two looks may be wrong",
        "net.ipv4.tcp_retries2 or TcpTimedWaitDelay may be set far above the usual",
    ),
    next=(
        "search for a known fault of this kernel's version, and install its correction",
        "restart the host before its ports run out: nothing less ends such sockets",
    ),
    will_not_help=(
        "restarting programs: these sockets belong to none any more",
        "tcp_fin_timeout: it is no clock of TIME_WAIT",
    ),
)
