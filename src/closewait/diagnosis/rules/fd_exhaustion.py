"""fd-exhaustion (H303): a process nears the number of descriptors it may open.

What it sees
    A process that holds TCP sockets and has 80 % (critical: 95 %) of its soft descriptor limit open, or of which a log
    beside the dump says "too many open files" (EMFILE).

Why it matters
    At the limit accept() and open() fail with EMFILE: no new client is served, log files and name look-ups fail too.

When it is wrong
    A program may be configured to live near its limit. Where another finding accuses the same process, that one says
    why, and this one only how near the wall is.

What to do
    See what the descriptors are. Raising the limit buys time and nothing else, unless the load is simply that large.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Owner, Severity
from closewait.diagnosis.process import Process
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.thresholds import DESCRIPTORS_CRITICAL, DESCRIPTORS_WARNING
from closewait.diagnosis.wording import count_of, name_of
from closewait.snapshot.evidence import Message
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

MESSAGES_SHOWN = 2


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each process whose open descriptors near its soft limit, or of which a log says that it is there."""
    said = case.out_of_descriptors
    for pid in [*case.processes, *(pid for pid in said if pid is not None and pid not in case.processes)]:
        process = case.processes.get(pid) or Process(pid, case.names.get(pid))
        share, messages = process.descriptor_share, said.get(pid, [])
        if messages or (share is not None and share >= DESCRIPTORS_WARNING):
            yield about(case, process, messages)
    if None in said:
        yield about(case, None, said[None])


def about(case: "Case", process: Process | None, messages: Sequence[Message]) -> Suspicion:
    """How near one process is to its limit; None: a log says that some process of this host is there."""
    pid = process.pid if process else None
    share = (process and process.descriptor_share) or 0.0
    sockets = sum(group.sockets for group in case.groups if pid is not None and group.owner_pid == pid)
    waiting = sum(group.close_wait for group in case.groups if pid is not None and group.owner_pid == pid)
    facts = (
        f"soft limit {process.descriptor_limit:,} (RLIMIT_NOFILE)" if process and process.descriptor_limit else None,
        f"{count_of(sockets, 'TCP socket')} among them, {waiting:,} in CLOSE_WAIT" if sockets else None,
        *(f"told by {source}" for source in dict.fromkeys(process.told_by if process else ())),
        *(f"{message.origin} says: {message.text}" for message in messages[:MESSAGES_SHOWN]),
    )
    finding = RULE.finding(
        case,
        severity=Severity.CRITICAL if messages or share >= DESCRIPTORS_CRITICAL else Severity.WARNING,
        certainty="certain" if share >= DESCRIPTORS_WARNING else "likely",
        owners=(Owner(process.pid, process.process, sockets),) if process else (),
        sockets=sockets,
        says=sentence(process),
        because=facts,
        check_with=f"ls /proc/{pid or 'PID'}/fd | wc -l; grep 'open files' /proc/{pid or 'PID'}/limits",
    )
    return Suspicion(finding, amplifies=(("process", pid),) if process else ())


def sentence(process: Process | None) -> str:
    """How near it is, in numbers where both are told."""
    if process is None:
        return "Some program of this host has reached its limit of open files; the log does not say which."
    name = name_of(process.pid, process.process)
    if process.descriptors is None or not process.descriptor_limit:
        return f"{name} has reached its limit of open files: it can accept, connect and open nothing."
    left = max(0, process.descriptor_limit - process.descriptors)
    return (
        f"{name} has {process.descriptors:,} of {process.descriptor_limit:,} descriptors open "
        f"({process.descriptors / process.descriptor_limit:.0%}); "
        f"{count_of(left, 'more', 'more')} and it can open nothing."
    )


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
