"""For programs: schema `closewait/1`. Keys may be added, none of these may vanish; unknown is null."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # counts are written without loading the table
    from closewait.diagnosis.finding import Finding
    from closewait.diagnosis.report import Report
    from closewait.diagnosis.survey import Survey
    from closewait.snapshot.series import Moment
    from closewait.snapshot.table import Snapshot

SCHEMA = "closewait/1"


def looks_as_json(looks: "Iterable[Snapshot]") -> str:
    """`closewait list --json`: every look with its rows, as told."""
    return "".join(looks_in_parts(looks))


def looks_in_parts(looks: "Iterable[Snapshot]") -> Iterator[str]:
    """The same in parts, for a log has more looks than can be held."""
    before = f'{{"schema": "{SCHEMA}", "looks": ['
    for look in looks:
        yield before + _look_with_rows(look)
        before = ", "
    yield "]}" if before == ", " else before + "]}"


def report_as_json(report: "Report") -> str:
    """`closewait --json`: the looks without their rows, the findings worst first, and what was not understood."""
    answer = {
        "schema": SCHEMA,
        "looks": [look_head(look) for look in report.timeline.looks],
        "findings": [finding_as_dict(finding) for finding in report.findings],
        "not_understood": [asdict(item) for item in report.not_understood],
        "series": [moment_as_dict(moment) for moment in report.series] if len(report.series) > 1 else [],
    }
    return json.dumps(answer, ensure_ascii=False)


def survey_as_json(survey: "Survey") -> str:
    """`closewait --all-netns --json`: every namespace's looks, the findings of all, what was empty or hidden."""
    answer = {
        "schema": SCHEMA,
        "looks": [look_head(look) for look in survey.looks],
        "findings": [finding_as_dict(finding) for finding in survey.findings],
        "not_understood": [],
        "namespaces": {"with_sockets": len(survey.reports), "empty": survey.empty, "caveats": list(survey.caveats)},
    }
    return json.dumps(answer, ensure_ascii=False)


def counts_as_json(looks: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    """`closewait list --by state --json`: counts of states for each source."""
    answer = {"schema": SCHEMA, "looks": [{"source": source, "states": dict(states)} for source, states in looks]}
    return json.dumps(answer, ensure_ascii=False)


def groups_as_json(looks: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """`closewait list --by process,state --json`: the groups of each source, with how many sockets are in each."""
    answer = {"schema": SCHEMA, "looks": [{"source": source, "groups": groups} for source, groups in looks]}
    return json.dumps(answer, ensure_ascii=False)


def rows_as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """`closewait sql --json`: the rows of an answer."""
    return json.dumps({"schema": SCHEMA, "rows": rows}, ensure_ascii=False, default=str)


def heads_as_json(looks: "Sequence[Snapshot]") -> str:
    """What a table of rows cannot hold: of each look everything but its rows."""
    heads = [{**look_head(look), "processes": look.processes.to_dicts()} for look in looks]
    return json.dumps({"schema": SCHEMA, "looks": heads}, ensure_ascii=False)


def look_head(look: "Snapshot") -> dict[str, Any]:
    """One look without its rows."""
    return {
        "kind": look.kind,
        **_time_of(look),
        "command": look.command,
        "source": look.source,
        "netns": look.netns,
        "netns_inode": look.netns_inode,
        "format": look.format,
        "sight": {
            "rows": look.sight.rows,
            "lines_not_understood": [asdict(line) for line in look.sight.lines_not_understood],
            "owners_hidden": look.sight.owners_hidden,
            "owners_told": look.sight.owners_told,
            "caveats": list(look.sight.caveats),
            "took_s": {phase: round(seconds, 4) for phase, seconds in look.sight.took_s.items()},
        },
        "states": look.states,
        "host": asdict(look.host),
        "evidence": asdict(look.evidence),
    }


def finding_as_dict(finding: "Finding") -> dict[str, Any]:
    """One finding with the keys of the contract, and more."""
    owner = finding.owner
    return {
        "rule": finding.rule,
        "code": finding.code,
        "severity": finding.severity.value,
        "certainty": finding.certainty,
        "whose_move": finding.whose_move.value,
        "owner": None if owner is None else {key: told for key, told in asdict(owner).items() if key != "sockets"},
        "role": finding.role,
        "where": finding.where,
        "sockets": finding.sockets,
        "says": finding.says,
        "because": list(finding.because),
        "next": list(finding.next),
        "will_not_help": list(finding.will_not_help),
        "check_with": finding.check_with,
        "also_seen": list(finding.also_seen),
        "doubt": list(finding.doubt),
        "second_look": finding.second_look,
        "owners": [asdict(each) for each in finding.owners],
        "places": [{"where": where, "sockets": sockets} for where, sockets in finding.places],
        "pairs": None if finding.pairs is None else asdict(finding.pairs),
        "found_in": finding.found_in,
        "age_low_s": None if finding.age_s is None else finding.age_s[0],
        "age_oldest_low_s": None if finding.age_s is None else finding.age_s[1],
    }


def moment_as_dict(moment: "Moment") -> dict[str, Any]:
    """One look of a series: its time, and how many sockets were in each state."""
    return {**_time_of(moment), "states": dict(moment.states)}


def _time_of(look: "Snapshot | Moment") -> dict[str, Any]:
    """When it was: a moment, or else by a clock that tells no date."""
    at_s = look.taken_at_unix_s
    return {"taken_at": None if at_s is None else iso_time(at_s), "clock_s": look.clock_s}


def iso_time(unix_s: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _look_with_rows(look: "Snapshot") -> str:
    head = look_head(look)
    head["processes"] = look.processes.to_dicts()
    key = "flows" if look.kind == "flows" else "sockets"
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{key}": {look.rows_as_told().write_json()}}}'
