"""What a rule is: a name, what to say about it, and a check that reads the case and suspects some of its groups."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Certainty, Finding, Owner, Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.pile import Weight
from closewait.diagnosis.remedies import remedies
from closewait.diagnosis.signatures import runtime_in
from closewait.diagnosis.stall import Stall
from closewait.diagnosis.wording import list_state, owner
from closewait.records import record
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.destination import Destination

#: What a finding is about: a group, a process, a destination. The first rule to claim a subject keeps it.
Subject = tuple[object, ...]


#: Said where no listener row proves which end this host is.
ROLE_GUESSED = "which end this host is was guessed: the dump shows no listener on that port"


@record
class Suspicion:
    """A finding and the subjects it claims.

    `amplifies` names processes or destinations: where another finding already accuses one of them, this one is only
    mentioned there (`also_seen`) and lends it its severity, because it says how bad that is and not why.
    `stands_back`: it speaks only where no other rule has claimed the subject, and leaves no mention otherwise.
    """

    finding: Finding
    claims: tuple[Subject, ...] = ()
    amplifies: tuple[Subject, ...] = ()
    stands_back: bool = False


@record
class Rule:
    """One verdict closewait can reach. `summary` completes the sentence "suspected <name>: …"."""

    code: str  # first letter: P program, E other end, H host, N nobody, B our blindness
    name: str
    summary: str
    whose_move: Move
    check: Callable[["Case"], Iterator[Suspicion]]
    doubt: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    will_not_help: tuple[str, ...] = ()

    def finding(
        self,
        case: "Case",
        *,
        severity: Severity,
        certainty: Certainty,
        says: str,
        because: Iterable[str | None],
        sockets: int,
        owners: tuple[Owner, ...] = (),
        role: str | None = None,
        places: tuple[tuple[str, int], ...] = (),
        whose_move: Move | None = None,
        doubt: tuple[str, ...] | None = None,
        next: tuple[str, ...] | None = None,
        will_not_help: tuple[str, ...] | None = None,
        check_with: str | None = None,
        second_look: str | None = None,
        age_s: tuple[float, float] | None = None,
        rows: tuple[int, ...] = (),
    ) -> Finding:
        """This rule's finding. What is left out comes from the rule, a fact that is None is not told, and what helps
        the runtime of the first owner is what to do first.
        """
        pid, process = (owners[0].pid, owners[0].process) if owners else (None, None)
        return Finding(
            rule=self.name,
            code=self.code,
            severity=severity,
            certainty=certainty,
            whose_move=whose_move or self.whose_move,
            owners=owners,
            role=role,
            places=places,
            sockets=sockets,
            says=says,
            because=tuple(fact for fact in because if fact),
            doubt=self.doubt if doubt is None else doubt,
            next=(
                *remedies(runtime_in(case, pid, process), self.name, role, pid),
                *(self.next if next is None else next),
            ),
            will_not_help=self.will_not_help if will_not_help is None else will_not_help,
            check_with=check_with,
            second_look=second_look,
            age_s=age_s,
            rows=rows,
        )

    def about_group(
        self,
        case: "Case",
        group: Group,
        sockets: int,
        weight: Weight,
        *,
        says: str,
        because: tuple[str | None, ...],
        check_with: str | None = None,
        stall: Stall | None = None,
    ) -> Suspicion:
        """This rule's finding about `sockets` of one group; what is not told in the arguments comes from the rule.

        `stall` is what the finding is about where that is not CLOSE_WAIT.
        """
        finding = self.finding(
            case,
            severity=weight.severity,
            certainty=weight.certainty,
            owners=owner(group, sockets),
            role=group.role,
            places=((group.where, sockets),),
            sockets=sockets,
            says=says,
            because=(*because, weight.because),
            doubt=(*((ROLE_GUESSED,) if group.role_guessed else ()), *self.doubt),
            check_with=case.there(check_with or list_state(group, case.system)),
            second_look=weight.second_look,
            age_s=(stall or group).age_s,
            rows=(stall or group).rows,
        )
        claims: list[Subject] = [("group", group.key)]
        if weight.severity is not Severity.BENIGN:
            claims += [("process", group.owner_pid)] if group.owner_pid is not None else []
            claims += [("destination", group.place_address, group.place_port)] if group.role == "client" else []
        return Suspicion(finding, claims=tuple(claims))

    def about_destination(
        self,
        case: "Case",
        destination: "Destination",
        *,
        severity: Severity,
        sockets: int,
        says: str,
        because: tuple[str | None, ...],
        check_with: str,
        second_look: str | None = None,
    ) -> Suspicion:
        """This rule's finding about the ports taken towards one destination, charged to whoever is seen there."""
        held = destination.ports - destination.time_wait  # TIME_WAIT has no owner
        seen = destination.pid is not None or destination.process is not None
        finding = self.finding(
            case,
            severity=severity,
            certainty="certain" if destination.range_told else "likely",
            owners=(Owner(destination.pid, destination.process, held),) if seen else (),
            role="client",
            places=((destination.where, sockets),),
            sockets=sockets,
            says=says,
            because=because,
            check_with=check_with,
            second_look=second_look,
        )
        subject = ("destination", destination.target_address, destination.target_port)
        return Suspicion(finding, claims=(subject,), amplifies=(subject,))
