"""insufficient-evidence (B901): there is something, and this look cannot tell what.

What it sees
    CLOSE_WAIT that no other rule accounts for: a pile whose holder or queues the source does not show, sockets too few
    or too young to accuse anybody, sockets the program still writes to, or a mere count of states, with or without a
    number for CLOSE_WAIT.

Why it matters
    "I could not see" is an answer. It names what it may be and the one command that decides.

When it is wrong
    It cannot accuse wrongly; it can only be silent where more was visible.

What to do
    Run the command it names, or look a second time.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import unread_goodbyes
from closewait.diagnosis.thresholds import CRITICAL_PILE_SOCKETS, PASSING_SHARE, PILE_UP_SOCKETS
from closewait.diagnosis.wording import ages, count_of, owner, who
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

#: The command of each system that shows holders and queues of every socket.
DECIDES = {
    "Linux": "as root: ss -tanpoei | closewait -",
    "Windows": "elevated: netstat -ano | closewait -, twice, a minute apart",
}

NO_ROWS = "the input is a summary: no addresses, no holders, no queues"

#: Formats of summaries that count some states, and not CLOSE_WAIT.
WITHOUT_CLOSE_WAIT = ("ss_summary", "proc_net_sockstat")


def undecided(group: Group) -> bool:
    """There is CLOSE_WAIT beyond what passes through a busy healthy server."""
    return group.close_wait > group.passing and not group.passes_through


def severity_of(close_wait: int, established: int) -> Severity:
    """Far more than any pool and than the smallest descriptor limit is critical, whoever it is and whatever it is."""
    if close_wait >= CRITICAL_PILE_SOCKETS and close_wait > established:
        return Severity.CRITICAL
    return Severity.WARNING if close_wait >= PILE_UP_SOCKETS else Severity.BENIGN


def about(case: "Case", group: Group) -> Finding:
    """What is seen of one group, what it may be, and what would decide."""
    blind = not group.certainly_held
    candidates = (
        "leaked-close-wait, never-read or never-accepted"
        if blind
        else "leaked-close-wait, never-read or nothing at all"
    )
    facts = (
        f"{count_of(group.still_written, 'socket')} the program still writes to: it may use the half that is open"
        if group.still_written
        else None,
        f"{count_of(group.vague, 'socket')} whose age may be a moment or long: keepalive or writes reset the clock"
        if group.vague
        else None,
        "nobody is named as the holder" if blind else None,
        f"{count_of(group.queue_not_told, 'socket')} of which the dump does not tell whether the FIN was read"
        if group.queue_not_told
        else None,
        unread_goodbyes(group),
        ages(group) or "the dump tells no ages",
        f"it may be {candidates}",
    )
    return RULE.finding(
        case,
        severity=severity_of(group.standing, group.established) if blind else Severity.BENIGN,
        certainty="possible",
        owners=owner(group, group.close_wait),
        role=group.role,
        places=((group.where, group.close_wait),),
        sockets=group.close_wait,
        says=f"{who(group)} has {count_of(group.close_wait, 'connection')} in CLOSE_WAIT on {group.where}; "
        "this look cannot tell whether that is a fault.",
        because=facts,
        next=(DECIDES.get(case.system or "Linux", DECIDES["Linux"]) if blind else f"look again: {case.second_look}",),
        check_with=None if blind else case.second_look,
        second_look="whether the same sockets stay",
        age_s=group.age_s,
        rows=group.rows,
    )


def of_counts(case: "Case") -> Finding | None:
    """A summary of states and nothing else."""
    look = case.timeline.latest
    decides = DECIDES.get(case.system or "Linux", DECIDES["Linux"])
    close_wait, established = look.states.get("CLOSE_WAIT", 0), look.states.get("ESTABLISHED", 0)
    if look.format in WITHOUT_CLOSE_WAIT:
        return RULE.finding(
            case,
            severity=Severity.BENIGN,
            certainty="certain",
            sockets=0,
            says="This summary has no number for CLOSE_WAIT: whether sockets pile up in it cannot be told.",
            because=(NO_ROWS,),
            next=(decides,),
        )
    if close_wait <= PASSING_SHARE * established:
        return None
    piles_up = close_wait >= PILE_UP_SOCKETS
    return RULE.finding(
        case,
        severity=severity_of(close_wait, established),
        certainty="possible",
        whose_move=Move.LOCAL_APPLICATION,
        sockets=close_wait,
        says=f"{count_of(close_wait, 'socket')} in CLOSE_WAIT beside {established:,} ESTABLISHED: "
        f"{'some program here does not close' if piles_up else 'too few to accuse a program'}, "
        "but a count of states names nobody.",
        because=(NO_ROWS, "it may be leaked-close-wait, never-read or never-accepted"),
        next=(decides,),
        second_look="whether the number grows",
    )


def check(case: "Case") -> Iterator[Suspicion]:
    """Speak about each group that is beyond passing traffic; other rules that spoke about it come first."""
    if case.timeline.latest.kind == "counts" and (finding := of_counts(case)):
        yield Suspicion(finding, amplifies=(("summary",),), stands_back=True)
    for group in case.with_close_wait:
        if undecided(group):
            yield Suspicion(about(case, group), claims=(("group", group.key),), stands_back=True)


RULE = Rule(
    code="B901",
    name="insufficient-evidence",
    summary="something is there, and this look cannot tell what; the finding names what would decide",
    whose_move=Move.ADMIN,
    check=check,
)
