"""fd-exhaustion (H303): a process nears the number of descriptors it may open.

What it sees
    A process that holds TCP sockets and has 80 % (critical: 95 %) of its soft descriptor limit open.

Why it matters
    At the limit accept() and open() fail with EMFILE: no new client is served, log files and name look-ups fail too.

When it is wrong
    A program may be configured to live near its limit. Where another finding accuses the same process, that one says
    why, and this one only how near the wall is.

What to do
    See what the descriptors are. Raising the limit buys time and nothing else, unless the load is simply that large.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Finding, Owner, Severity
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import DESCRIPTORS_CRITICAL, DESCRIPTORS_WARNING
from closewait.diagnosis.wording import count_of, name_of
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each process whose open descriptors near its soft limit."""
    for process in case.processes.values():
        share = process.descriptor_share
        if (
            share is None
            or share < DESCRIPTORS_WARNING
            or process.descriptors is None
            or process.descriptor_limit is None
        ):
            continue
        sockets = sum(group.sockets for group in case.groups if group.owner_pid == process.pid)
        left = process.descriptor_limit - process.descriptors
        finding = Finding(
            rule=RULE.name,
            code=RULE.code,
            severity=Severity.CRITICAL if share >= DESCRIPTORS_CRITICAL else Severity.WARNING,
            certainty="certain",
            whose_move=RULE.whose_move,
            owners=(Owner(process.pid, process.process, sockets),),
            role=None,
            places=(),
            sockets=sockets,
            says=f"{name_of(process.pid, process.process)} has {process.descriptors:,} of {process.descriptor_limit:,} "
            f"descriptors open ({share:.0%}); {count_of(left, 'more', 'more')} and it can open nothing.",
            because=(
                f"soft limit {process.descriptor_limit:,} (RLIMIT_NOFILE)",
                f"{count_of(sockets, 'TCP socket')} among them",
            ),
            doubt=RULE.doubt,
            next=RULE.next,
            will_not_help=RULE.will_not_help,
            check_with=f"ls /proc/{process.pid}/fd | wc -l; grep 'open files' /proc/{process.pid}/limits",
        )
        yield Suspicion(finding, amplifies=(("process", process.pid),))


RULE = Rule(
    code="H303",
    name="fd-exhaustion",
    summary="a process nears its descriptor limit; at the limit it can accept and open nothing",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("the load may simply be that large: then the limit is too small and nothing leaks",),
    next=(
        "see what they are: ls -l /proc/PID/fd, grouped by kind",
        "if it is load: raise LimitNOFILE= of the unit, or ulimit -n, and restart",
    ),
    will_not_help=("raising the limit of a program that leaks: it only falls over later",),
)
