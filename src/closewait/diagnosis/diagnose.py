"""Asks the rules in decision order: the first to claim a group keeps it, later ones are mentioned with it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Finding, Owner, Severity
from closewait.diagnosis.residence import settled_in
from closewait.diagnosis.rule import Rule, Subject, Suspicion
from closewait.diagnosis.wording import count_of, name_of


def diagnose(case: Case, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What the rules find in the latest look, worst first; findings about one program and role are one finding."""
    docket = Docket()
    for rule in rules:
        for suspicion in rule.check(case):
            docket.hear(suspicion)
    findings = [replace(finding, owners=settled_in(case, finding.owners)) for finding in merged(docket.findings)]
    order = {rule.name: place for place, rule in enumerate(rules)}
    return tuple(sorted(findings, key=lambda f: (-f.severity.rank, order[f.rule], -f.sockets, f.where)))


def suspects(case: Case, findings: Iterable[Finding]) -> list[int]:
    """The processes that a finding above benign is charged to, the most sockets first, then who shares their work."""
    charged = Counter[int]()
    for finding in findings:
        if finding.severity is not Severity.BENIGN:
            charged.update({owner.pid: owner.sockets for owner in finding.owners if owner.pid is not None})
    pids = [pid for pid, _ in charged.most_common()]
    return list(dict.fromkeys([*pids, *(other for pid in pids for other in case.who_may_accept(pid))]))


class Docket:
    """The findings so far and who has claimed what."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._keeper: dict[Subject, int] = {}

    def hear(self, suspicion: Suspicion) -> None:
        """Add a suspicion as a finding of its own, or to the finding that has claimed its subject before."""
        kept_by = self._earlier(suspicion)
        if kept_by is None:
            for subject in suspicion.claims:
                self._keeper.setdefault(subject, len(self.findings))
            self.findings.append(suspicion.finding)
        elif not suspicion.stands_back:
            self.findings[kept_by] = _with_mention(self.findings[kept_by], suspicion)

    def _earlier(self, suspicion: Suspicion) -> int | None:
        """The finding that keeps one of the groups claimed, or of the subjects amplified."""
        groups = (subject for subject in suspicion.claims if subject[0] == "group")
        return next(
            (self._keeper[subject] for subject in (*groups, *suspicion.amplifies) if subject in self._keeper), None
        )


def _with_mention(finding: Finding, suspicion: Suspicion) -> Finding:
    other = suspicion.finding
    if other.rule == finding.rule or other.rule in finding.also_seen:
        return finding
    mention = replace(finding, also_seen=(*finding.also_seen, other.rule))
    if not suspicion.amplifies:
        return mention
    return replace(mention, severity=worse(finding.severity, other.severity), because=(*finding.because, other.says))


def worse(one: Severity, other: Severity) -> Severity:
    """The worse of two severities."""
    return one if one.rank >= other.rank else other


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each rule, program and role: forty workers with the same fault are one fault."""
    together: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        together.setdefault(finding.subject, []).append(finding)
    return [_one(same) for same in together.values()]


def _one(same: list[Finding]) -> Finding:
    """The finding with the most sockets, with the owners and places of all of them."""
    first = max(same, key=lambda finding: (finding.severity.rank, finding.sockets))
    if len(same) == 1:
        return first
    owners, places = Counter[tuple[int | None, str | None]](), Counter[str]()
    for finding in same:
        owners.update({(owner.pid, owner.process): owner.sockets for owner in finding.owners})
        places.update(dict(finding.places))
    sockets = sum(finding.sockets for finding in same)
    spans = [finding.age_s for finding in same if finding.age_s is not None]
    return replace(
        first,
        owners=tuple(Owner(pid, process, count) for (pid, process), count in owners.most_common()),
        places=tuple(places.most_common()),
        sockets=sockets,
        because=(*first.because, _spread(owners, places)),
        age_s=(min(low for low, _ in spans), max(high for _, high in spans)) if spans else None,
        also_seen=tuple(dict.fromkeys(name for finding in same for name in finding.also_seen)),
        rows=tuple(row for finding in same for row in finding.rows)[:5],
    )


def _spread(owners: Counter[tuple[int | None, str | None]], places: Counter[str]) -> str:
    """`in all 905 sockets: gunicorn[1101] 497, gunicorn[1102] 402, 3 more processes`."""
    named = [(name_of(*who), count) for who, count in owners.most_common()] if len(owners) > 1 else places.most_common()
    kind = ("process", "processes") if len(owners) > 1 else ("place", "places")
    said = ", ".join(f"{name} {count:,}" for name, count in named[:4])
    more = f", {count_of(len(named) - 4, 'more ' + kind[0], 'more ' + kind[1])}" if len(named) > 4 else ""
    return f"in all {sum(count for _, count in named):,}: {said}{more}"
