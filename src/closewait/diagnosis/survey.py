"""Several places of one host, each judged by itself, told as one: its network namespaces."""

from collections import Counter
from dataclasses import replace

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.report import Report
from closewait.records import record
from closewait.snapshot.table import Snapshot


@record
class Survey:
    """The reports on the places with sockets; `empty` is how many have none, `caveats` what could not be seen."""

    reports: tuple[Report, ...]
    empty: int = 0
    caveats: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all, worst first, each with its place; what is the whole kernel's is told once."""
        placed = [replace(one, found_in=report.snapshot.source) for report in self.reports for one in report.findings]
        told = {
            (one.rule, one.says if one.owner is None else one.found_in, one.owners, one.where): one for one in placed
        }
        return tuple(sorted(told.values(), key=lambda one: (-one.severity.rank, -one.sockets)))

    @property
    def severity(self) -> Severity:
        """The worst of the findings; benign when there is none."""
        return max((report.severity for report in self.reports), key=lambda s: s.rank, default=Severity.BENIGN)

    @property
    def looks(self) -> tuple[Snapshot, ...]:
        """Every look, the earlier ones too, place by place."""
        return tuple(look for report in self.reports for look in report.timeline.looks)

    @property
    def states(self) -> dict[str, int]:
        """How many sockets of all the latest looks are in each state."""
        counts = Counter[str]()
        for report in self.reports:
            counts.update(report.snapshot.states)
        return dict(counts)
