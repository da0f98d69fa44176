"""A check for a monitoring daemon: a line with the status, numbers behind a bar, then what a person wants to read.

Text from a dump can break neither the lines nor the numbers: it is escaped, and bars are taken out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from closewait.diagnosis.alarm import STATUS_OF, Alarm, Outcome, Range, Status
from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.gauges import MEASURES, Gauge
from closewait.diagnosis.report import Report
from closewait.diagnosis.wording import count_of, name_of
from closewait.records import record
from closewait.views.as_json import SCHEMA, finding_as_dict
from closewait.views.plugin_line import first_line, plain

MOST_LINES = 20  # of findings and of numbers out of range, each; some daemons keep 4 KiB
UNITS = {"_seconds": "s", "_bytes": "B"}  # of perfdata; what only grows is told with `c`


@record
class Check:
    """A look held against alarms; without any, the worst finding decides."""

    report: Report
    gauges: tuple[Gauge, ...]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def status(self) -> Status:
        """The worst of the alarms, or what was found."""
        if not self.outcomes:
            return STATUS_OF[self.report.severity]
        return max((one.status for one in self.outcomes), key=lambda status: status.badness)

    @property
    def findings(self) -> list[Finding]:
        """Those above benign."""
        return [one for one in self.report.findings if one.severity is not Severity.BENIGN]


def as_plugin(check: Check) -> str:
    """The whole output, without a newline at its end."""
    said = _of_alarms(check.outcomes) if check.outcomes else _of_findings(check)
    numbers = " ".join(_perfdata(check))
    return "\n".join([f"{first_line(check.status.name, said)} | {numbers}", *map(plain, _further(check))])


def check_as_json(check: Check) -> str:
    """`closewait check --json`: the status, each alarm with its worst number, and the findings."""
    answer = {
        "schema": SCHEMA,
        "status": check.status.name,
        "exit_status": check.status.value,
        "alarms": [_outcome_as_dict(one) for one in check.outcomes],
        "findings": [finding_as_dict(finding) for finding in check.report.findings],
    }
    return json.dumps(answer, ensure_ascii=False)


def _of_findings(check: Check) -> str:
    """The worst finding in a sentence."""
    if not check.findings:
        seen = count_of(sum(check.report.snapshot.states.values()), "socket")
        return f"{seen}, nothing that somebody has to see to"
    first, *others = check.findings
    more = f" ({len(others)} more below)" if others else ""
    return f"{first.rule}: {first.says}{more}"


def _of_alarms(outcomes: Sequence[Outcome]) -> str:
    """The alarms that ring, or all of them where none does."""
    bad = [one for one in outcomes if one.status is not Status.OK]
    return ", ".join(_told(one) for one in sorted(bad or outcomes, key=lambda one: -one.status.badness))


def _told(one: Outcome) -> str:
    """`CLOSE_WAIT 317 (may be 100)`."""
    alarm = one.alarm
    if one.worst is None:
        return f"{alarm.name} {'none' if one.status is Status.OK else 'not told by this look'}"
    limits = alarm.crit if one.status is Status.CRITICAL else alarm.warn if one.status is Status.WARNING else None
    more = f", {len(one.ringing) - 1} more" if len(one.ringing) > 1 else ""
    allowed = f" ({_allowed(limits)}{more})" if limits else ""
    return f"{alarm.name} {_amount(alarm, one.worst)}{allowed}"


def _amount(alarm: Alarm, gauge: Gauge) -> str:
    """The number, of what wall, and whose it is."""
    wall = "" if gauge.limit is None else f" of {_digits(gauge.limit, ',')}"
    share = alarm.value(gauge) if alarm.is_share else None
    per_cent = "" if share is None else f", {share:.0f} %"
    unknown = ", and its wall is not told" if alarm.is_share and share is None else ""
    whose = _whose(gauge) if alarm.label is None else ""
    return f"{_digits(gauge.value, ',')}{wall}{per_cent}{unknown}" + (f" for {whose}" if whose else "")


def _whose(gauge: Gauge) -> str:
    """`java[4121]`, `10.0.0.1 10.0.0.2:5432`."""
    labels = _labels(gauge.measure, gauge)
    pid, process = labels.pop("pid", ""), labels.pop("process", "")
    holder = name_of(int(pid) if pid else None, process or None) if pid or process else ""
    return " ".join(part for part in (holder, *labels.values()) if part)


def _allowed(limits: Range) -> str:
    sign = "%" if limits.is_share else ""
    return f"{'not in' if limits.inside else 'may be'} {limits.text.removeprefix('@')}{sign}"


def _further(check: Check) -> Iterator[str]:
    """Each number out of range, each finding with what to do, and what could not be seen."""
    for one in check.outcomes:
        for gauge in one.ringing[:MOST_LINES]:
            yield f"{one.alarm.status(gauge).name} {one.alarm.name} {_amount(one.alarm, gauge)}"
    for finding in check.findings[:MOST_LINES]:
        first = f" Next: {finding.next[0]}" if finding.next else ""
        yield f"{finding.severity.name} {finding.rule} ({finding.code}): {finding.says}{first}"
    if len(check.findings) > MOST_LINES:
        yield f"{len(check.findings) - MOST_LINES} more findings."
    yield from check.report.snapshot.sight.caveats
    yield from (f"{one.file}: {one.why}" for one in check.report.not_understood)


def _perfdata(check: Check) -> Iterator[str]:
    """`'label'=value[unit];warn;crit;min;max`: the alarms first, then every state, then how many findings."""
    watched = {one.alarm.name for one in check.outcomes}
    for one in check.outcomes:
        yield _alarm_as_perfdata(one)
    for gauge in check.gauges:
        if gauge.measure == "sockets" and gauge.labels[0] not in watched:
            yield f"{gauge.labels[0]}={_digits(gauge.value)};;;0"
    for severity in (Severity.WARNING, Severity.CRITICAL):
        count = sum(finding.severity is severity for finding in check.findings)
        yield f"{severity.value}_findings={count};;;0"


def _alarm_as_perfdata(one: Outcome) -> str:
    """The worst gauge under the alarm's name, so that a graph keeps its name when another process is the worst."""
    alarm, worst = one.alarm, one.worst
    value = None if worst is None else alarm.value(worst)
    top = "100" if alarm.is_share else "" if worst is None or worst.limit is None else _digits(worst.limit)
    limits = ";".join("" if limits is None else limits.text for limits in (alarm.warn, alarm.crit))
    if value is None:
        return f"{alarm.name}={'0' if one.status is Status.OK else 'U'};{limits};0;{top}".rstrip(";")
    return f"{alarm.name}={_digits(value)}{_unit(alarm)};{limits};0;{top}".rstrip(";")


def _digits(value: float, grouping: str = "") -> str:
    """Every digit down to a millionth, and no exponent: perfdata has none."""
    return f"{value:{grouping}.6f}".rstrip("0").rstrip(".")


def _unit(alarm: Alarm) -> str:
    if alarm.is_share:
        return "%"
    if any(one.grows for one in MEASURES if one.name == alarm.measure):
        return "c"
    return next((unit for ending, unit in UNITS.items() if alarm.measure.endswith(ending)), "")


def _outcome_as_dict(one: Outcome) -> dict[str, Any]:
    alarm, worst = one.alarm, one.worst
    return {
        "name": alarm.name,
        "status": one.status.name,
        "value": None if worst is None else worst.value,
        "limit": None if worst is None else worst.limit,
        "share_percent": None if worst is None or not alarm.is_share else alarm.value(worst),
        "labels": _labels(alarm.measure, worst),
        "warn": _written(alarm.warn),
        "crit": _written(alarm.crit),
        "out_of_range": [{"labels": _labels(alarm.measure, gauge), "value": gauge.value} for gauge in one.ringing],
    }


def _labels(measure: str, gauge: Gauge | None) -> dict[str, str]:
    names: Iterable[str] = next(one.labels for one in MEASURES if one.name == measure)
    return {} if gauge is None else dict(zip(names, gauge.labels, strict=True))


def _written(limits: Range | None) -> str | None:
    return None if limits is None else limits.text + ("%" if limits.is_share else "")
