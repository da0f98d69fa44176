"""inherited-fd (P106): a child process keeps a socket open that its parent has done with, or the other way round.

What it sees
    One CLOSE_WAIT socket (same inode) held by two processes or more. A shared listener is normal and never counted, and
    so is a shared ESTABLISHED connection (sshd and inetd do that).

Why it matters
    close() in one process sends nothing while another holds the same socket. The peer sees no FIN, the row stays, and
    the program whose code is right looks guilty.

When it is wrong
    Between fork() and exec() every child holds everything for a moment: sockets younger than 2 s accuse nobody.

What to do
    Open sockets with SOCK_CLOEXEC, close what a child does not need, or start children before connections exist.
"""

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight, weight
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.wording import count_of, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case


def strength(group: Group) -> Weight | None:
    """As for any pile, but one shared socket is enough: sharing a closed connection has no use."""
    judged = weight(group, group.shared)
    if judged is not None or group.persisting is not None:
        return judged
    return Weight(Severity.WARNING, "possible", "seen in one look", "whether the sharing lasts")


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect groups most of whose CLOSE_WAIT sockets are held by several processes."""
    for group in case.held:
        if not group.shared or 2 * group.shared < group.standing:
            continue
        judged = strength(group)
        if judged is None:
            continue
        pids = ", ".join(map(str, case.pids_that_share(group)))
        inodes = ", ".join(map(str, case.inodes_shared(group)))
        yield RULE.about_group(
            case,
            group,
            group.shared,
            judged,
            says=f"{who(group)} shares {count_of(group.shared, 'closed connection')} on {group.where} with another "
            "process; each ends only when every holder closes it.",
            because=(f"the same socket{f' (inode {inodes})' if inodes else ''} is open in processes {pids}",),
            check_with=f"lsof -nPi @{quote(group.where)} -s TCP:CLOSE_WAIT"
            if group.place_address and group.role == "client"
            else None,
        )


RULE = Rule(
    code="P106",
    name="inherited-fd",
    summary="two processes hold the same closed connection; it ends only when both close it",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("a program may share connections between its processes on purpose",),
    next=(
        "open sockets with SOCK_CLOEXEC (accept4 as well); in Python that is the default, but not across fork()",
        "close inherited descriptors in the child, or start children before connections are made",
        "end the child that keeps them: then they close",
    ),
    will_not_help=("looking for the missing close() in the parent: it may be there",),
)
