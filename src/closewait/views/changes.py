"""What has changed since the last look, a line for each change; and the same for programs."""

from datetime import datetime
from typing import Any

from closewait.diagnosis.changes import Change
from closewait.diagnosis.finding import Finding
from closewait.diagnosis.outlooks import Foreseen
from closewait.diagnosis.wording import age_in_words, count_of, name_of
from closewait.views.as_json import SCHEMA, finding_as_dict, iso_time
from closewait.views.forecast import forecast_as_dict, forecast_sentence
from closewait.views.page import wrapped
from closewait.views.visible import visible

EVENT_COLUMNS = len("resolved")


def time_of_day(unix_s: float) -> str:
    """`02:14:07`, in the time of this host."""
    return f"{datetime.fromtimestamp(unix_s).astimezone():%H:%M:%S}"


def change_as_text(change: Change, width: int) -> str:
    """`02:14:07 opened    CRITICAL leaked-close-wait java[4121], 317 sockets: …`, wrapped."""
    return event_as_text(change.at_unix_s, change.kind, f"{_about(change.finding)}{_told(change)}", width)


def event_as_text(at_unix_s: float, event: str, says: str, width: int) -> str:
    """One line of a watch: when, what, and the rest, wrapped."""
    before = f"{time_of_day(at_unix_s)} {event:{EVENT_COLUMNS}} "
    return "\n".join(wrapped(visible(says), width, before, " " * len(before)))


def _about(finding: Finding) -> str:
    """The severity, the rule, and who."""
    name = finding.severity.value.upper() if finding.severity.rank == 2 else finding.severity.value
    program = name_of(finding.owner.pid, finding.owner.process) if finding.owner else finding.where
    return f"{name} {finding.rule}" + (f" {program}" if program else "")


def _told(change: Change) -> str:
    """What the line tells besides: everything of what is new or worse, the growth, or how long it lasted."""
    finding, lasted = change.finding, age_in_words(max(0.0, change.lasted_s))
    sockets = count_of(finding.sockets, "socket")
    if change.kind == "resolved":
        return f" after {lasted}; it had {sockets}"
    if change.kind == "grew":
        return f": {change.sockets_before:,} → {sockets}, first seen {lasted} ago"
    return f", {sockets}: {finding.says}"


def change_as_dict(change: Change) -> dict[str, Any]:
    """One change, with the whole finding."""
    return {
        "schema": SCHEMA,
        "event": change.kind,
        "key": change.key,
        "at": iso_time(change.at_unix_s),
        "since": iso_time(change.since_unix_s),
        "lasted_s": round(max(0.0, change.lasted_s), 3),
        "sockets_before": change.sockets_before,
        "finding": finding_as_dict(change.finding),
    }


def foreseen_as_text(foreseen: Foreseen, width: int) -> str:
    """`02:14:07 forecast descriptors of java[4121] reach 4,096 in 3 h 10 min …`, wrapped."""
    says = forecast_sentence(foreseen.forecast, foreseen.gauge.subject)
    return event_as_text(foreseen.at_unix_s, "forecast", says, width)


def foreseen_as_dict(foreseen: Foreseen) -> dict[str, Any]:
    """One forecast, with the gauge that it is about."""
    gauge = foreseen.gauge
    return {
        "schema": SCHEMA,
        "event": "forecast",
        "at": iso_time(foreseen.at_unix_s),
        "says": forecast_sentence(foreseen.forecast, gauge.subject),
        "measure": gauge.measure,
        "labels": list(gauge.labels),
        **forecast_as_dict(foreseen.forecast),
    }
