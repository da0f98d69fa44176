"""A report: what was found and what could not be seen, in reading order."""

from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Finding, Severity
from closewait.records import record
from closewait.snapshot.series import Moment
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline


@record
class NotUnderstood:
    """An input that gave nothing, named rather than dropped."""

    file: str
    why: str


@record
class Report:
    """The answer to one examination: findings worst first, and the case they were found in.

    `series` is every look that the sources hold of that host, oldest first, of which the timeline has the last ones.
    """

    case: Case
    findings: tuple[Finding, ...]
    not_understood: tuple[NotUnderstood, ...] = ()
    series: tuple[Moment, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """The looks that were judged."""
        return self.case.timeline

    @property
    def snapshot(self) -> Snapshot:
        """The latest look."""
        return self.timeline.latest

    @property
    def severity(self) -> Severity:
        """The worst of the findings; benign when there is none."""
        return max((finding.severity for finding in self.findings), key=lambda s: s.rank, default=Severity.BENIGN)

    @property
    def second_look_would_settle(self) -> tuple[Finding, ...]:
        """The findings that a second look would make more certain."""
        return tuple(finding for finding in self.findings if finding.second_look)
