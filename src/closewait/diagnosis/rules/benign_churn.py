"""benign-churn (N402): connections that are closing as they should.

What it sees
    CLOSE_WAIT too young or too few to mean anything, TIME_WAIT that takes no scarce port, and FIN_WAIT_2 that no
    process holds and the kernel ends by its timer.

Why it matters
    It does not. It is said so that nobody hunts for it.

When it is wrong
    One look shows a moment: if the same CLOSE_WAIT sockets are there a minute later, they are no churn.

What to do
    Nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.wording import count_of
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def check(case: "Case") -> Iterator[Suspicion]:
    """Sum up what is closing normally, over all groups that nobody suspects."""
    passing = sum(
        group.close_wait - group.patience_exceeded if group.passes_through else group.passing for group in case.groups
    )
    scarce = sum(destination.time_wait for destination in case.destinations)
    time_wait = max(0, sum(group.time_wait for group in case.groups) - scarce)
    orphans = sum(group.fin_wait_2 for group in case.groups if group.owner_kind is OwnerKind.KERNEL)
    total = passing + time_wait + orphans
    if not total:
        return
    facts = (
        f"{count_of(passing, 'CLOSE_WAIT', 'CLOSE_WAIT')}, too young or too few to mean anything" if passing else None,
        f"{count_of(time_wait, 'TIME_WAIT', 'TIME_WAIT')}: no process holds one, the kernel ends each by itself"
        if time_wait
        else None,
        f"{count_of(orphans, 'FIN_WAIT_2', 'FIN_WAIT_2')} without a holder: the kernel ends each after tcp_fin_timeout"
        if orphans
        else None,
    )
    finding = RULE.finding(
        case,
        severity=Severity.BENIGN,
        certainty="likely",
        sockets=total,
        says=f"{count_of(total, 'connection is closing as it', 'connections are closing as they')} should.",
        because=facts,
        check_with=case.second_look,
    )
    yield Suspicion(finding)


RULE = Rule(
    code="N402",
    name="benign-churn",
    summary="connections that are closing as they should",
    whose_move=Move.KERNEL_TIMER,
    check=check,
    doubt=("one look shows a moment: a CLOSE_WAIT that is still there in a minute is no churn",),
    next=("nothing",),
)
