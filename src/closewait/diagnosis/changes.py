"""What became of the findings from one look to the next: only changes are told.

A finding that is not seen in one look may be seen in the next again; it is resolved when it was missing twice, and not
while the looks cannot tell whether it is (insufficient-evidence about the same program). One that grows is told again
when it is half as large again, so that a leak that doubles is told twice and not a hundred times.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.thresholds import PILE_UP_SOCKETS
from closewait.records import record

Kind = Literal["opened", "grew", "worsened", "eased", "resolved"]

#: Looks in a row in which a finding is missed before it is gone.
LOOKS_MISSED = 2

UNDECIDED = "insufficient-evidence"

#: By how much a finding has grown since it was told before it is told again: half as many more, and a pile's worth.
GROWN = 1.5


@record
class Change:
    """One finding that is new, has changed, or is gone: as it is now, or as it was last. Times are Unix seconds."""

    kind: Kind
    finding: Finding
    since_unix_s: float  # when it was first seen
    at_unix_s: float  # of the look that shows the change; of one that is resolved, the first that missed it
    sockets_before: int | None = None  # when it was told last

    @property
    def key(self) -> str:
        """The same for all changes of one finding."""
        return " ".join(part or "-" for part in self.finding.subject)

    @property
    def lasted_s(self) -> float:
        """From the first look that showed it to this change."""
        return self.at_unix_s - self.since_unix_s


@record
class Open:
    """A finding that stands, and what was told of it last."""

    finding: Finding
    since_unix_s: float
    told_sockets: int
    missed: int = 0
    missed_at_unix_s: float | None = None


@record
class Standing:
    """The findings that stand after a look."""

    open: tuple[Open, ...] = ()

    def after(self, findings: Iterable[Finding], at_unix_s: float) -> tuple["Standing", tuple[Change, ...]]:
        """The findings that stand after one more look, and what has changed; benign ones are none."""
        now: dict[tuple[str, ...], Finding] = {}
        undecided: set[tuple[str, ...]] = set()  # programs of which this look cannot tell
        for finding in findings:
            if finding.severity is not Severity.BENIGN:
                now[finding.subject] = finding
            elif finding.rule == UNDECIDED:
                undecided.add(finding.subject[1:])
        standing: list[Open] = []
        changes: list[Change] = []
        for one in self.open:
            seen = now.pop(one.finding.subject, None)
            if seen is None and one.finding.subject[1:] in undecided:
                standing.append(one)
                continue
            kept, change = _missed(one, at_unix_s) if seen is None else _seen(one, seen, at_unix_s)
            standing += [kept] if kept else []
            changes += [change] if change else []
        for finding in now.values():
            standing.append(Open(finding, at_unix_s, finding.sockets))
            changes.append(Change("opened", finding, at_unix_s, at_unix_s))
        return Standing(tuple(standing)), tuple(changes)


NOTHING_STANDS = Standing()


def _missed(one: Open, at_unix_s: float) -> tuple[Open | None, Change | None]:
    first = at_unix_s if one.missed_at_unix_s is None else one.missed_at_unix_s
    if one.missed + 1 < LOOKS_MISSED:
        return replace(one, missed=one.missed + 1, missed_at_unix_s=first), None
    return None, Change("resolved", one.finding, one.since_unix_s, first, one.told_sockets)


def _seen(one: Open, finding: Finding, at_unix_s: float) -> tuple[Open, Change | None]:
    kind: Kind | None = None
    if finding.severity is not one.finding.severity:
        kind = "worsened" if finding.severity.rank > one.finding.severity.rank else "eased"
    elif finding.sockets >= max(GROWN * one.told_sockets, one.told_sockets + PILE_UP_SOCKETS):
        kind = "grew"
    told = one.told_sockets if kind is None else finding.sockets
    change = kind and Change(kind, finding, one.since_unix_s, at_unix_s, one.told_sockets)
    return Open(finding, one.since_unix_s, told), change or None
