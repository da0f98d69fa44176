"""dead-fd (P107): connections that are gone, of which the program never closed the descriptors.

What it sees
    More than 32 open descriptors of TCP sockets that are in no table of the kernel: the other end reset the connection,
    or keepalive gave it up. On the live host each was asked for its state; in an lsof dump they are the sockets with
    `protocol: TCP` or `can't identify protocol` for a name, and those that macOS calls CLOSED.

Why it matters
    ss and netstat show nothing, and yet each takes a descriptor until the program closes it or ends. At the limit
    accept() and open() fail. It is leaked-close-wait in another dress: with SO_KEEPALIVE on, a CLOSE_WAIT that was
    leaked ends like this once the other end forgets it, and the leak that was visible is no longer (measured).

When it is wrong
    A pool whose server was restarted holds as many for a moment, until it looks at them. lsof cannot tell a dead socket
    from one that was never connected.

What to do
    Close the socket wherever reading or writing fails: after ECONNRESET or ETIMEDOUT nothing closes it by itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Owner, Severity
from closewait.diagnosis.pile import Weight
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import CRITICAL_PILE_SOCKETS, POOL_BOUND_SOCKETS, SECOND_LOOK_S
from closewait.diagnosis.wording import age_in_words, count_of, name_of
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def strength(dead: int, before: int | None, seconds_between: float | None) -> Weight | None:
    """How strongly so many dead descriptors accuse their holder, with `before` of them a look ago; None: not at all."""
    severity = Severity.CRITICAL if dead >= CRITICAL_PILE_SOCKETS else Severity.WARNING
    if before is None or (seconds_between is not None and seconds_between < SECOND_LOOK_S):
        return Weight(severity, "possible", "seen in one look", "whether they stay, or are closed at their next use")
    between = "" if seconds_between is None else f", {age_in_words(seconds_between)} earlier"
    if dead > before:
        return Weight(severity, "certain", f"{dead - before:+,} since the look before{between}", None)
    if dead == before:
        return Weight(severity, "likely", f"as many as in the look before{between}", "whether the number grows")
    return None


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each process that keeps more dead descriptors than a pool would."""
    told = "lsof could not place them" if case.timeline.latest.format.startswith("lsof") else None
    for process in case.processes.values():
        dead = process.dead_descriptors or 0
        if dead <= POOL_BOUND_SOCKETS:
            continue
        judged = strength(dead, case.dead_before.get(process.pid), case.timeline.span_s)
        if judged is None:
            continue
        because = (
            told or "each was connected once and its state is CLOSED now",
            f"of its {process.descriptors:,} descriptors" if process.descriptors else None,
            f"more than a pool keeps for its next use ({POOL_BOUND_SOCKETS})",
            judged.because,
        )
        finding = RULE.finding(
            case,
            severity=judged.severity,
            certainty=judged.certainty,
            owners=(Owner(process.pid, process.process, dead),),
            sockets=dead,
            says=f"{name_of(process.pid, process.process)} keeps {count_of(dead, 'descriptor')} of connections that "
            "are gone: no table of the kernel has them, and the program never closed them.",
            because=because,
            check_with=f"lsof -nP -a -p {process.pid} | grep -c -e 'protocol: TCP' -e CLOSED",
            second_look=judged.second_look,
        )
        subject = ("process", process.pid)
        yield Suspicion(finding, claims=(subject,), amplifies=(subject,))


RULE = Rule(
    code="P107",
    name="dead-fd",
    summary="connections that are gone, and whose descriptors the program never closed; no table shows them",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=(
        "a pool whose server was restarted holds dead connections until it looks at them",
        "lsof cannot tell a dead socket from one that was never connected; a look at the live host can",
    ),
    next=(
        "close the socket in every error path: after ECONNRESET, ETIMEDOUT or EPIPE it is not closed by itself",
        "compare what the program counts as open with its descriptors: ls -l /proc/PID/fd | grep -c socket",
        "restart the program before it runs out of descriptors; that frees them all and hides the leak",
    ),
    will_not_help=(
        "SO_KEEPALIVE: it ends connections, not descriptors; a leaked CLOSE_WAIT becomes one of these",
        "ss -K: there is nothing left to end",
        "watching ss and netstat: these sockets are in no table",
        "raising the descriptor limit: it only falls over later",
    ),
)
