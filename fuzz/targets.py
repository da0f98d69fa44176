"""What is fuzzed: each target takes any bytes and either keeps its promise or raises.

dumps     any bytes as a dump: looks or one clear error; each look goes out as JSON and comes back the same
reports   any bytes as a dump, examined: the report, as text and as JSON, holds no control character
evidence  any bytes as a file beside a dump: facts, or nothing
filters   any words as a filter: a condition or one clear error
"""

import json
from collections.abc import Callable, Mapping

from closewait import doctor
from closewait.errors import BadInput, BadUsage
from closewait.formats import looks
from closewait.formats.evidence import evidence_in
from closewait.formats.service_names import SERVICE_PORTS
from closewait.snapshot.filters.grammar import understood
from closewait.views.as_json import looks_as_json, report_as_json
from closewait.views.as_text import as_text

MAY_STAND_IN_A_REPORT = "\n"


def dumps(data: bytes) -> None:
    """Rows or one clear error, and nothing is lost on the way out and back."""
    try:
        found = looks(data, "fuzz")
    except BadInput as refused:
        check_message(str(refused))
        return
    told = looks_as_json(found)
    again = looks(told.encode(), "fuzz")
    assert len(again) == len(found)
    for before, after in zip(found, again, strict=True):
        assert before.states == after.states
        assert before.sockets.equals(after.sockets) or before.kind == "counts"


def reports(data: bytes) -> None:
    """Whatever stands in a dump, its report can be shown on a terminal."""
    try:
        found = looks(data, "fuzz")
    except BadInput:
        return
    report = doctor.examine(lambda: found[0])
    check_shown(as_text(report, width=80, diagram=True))
    assert json.loads(report_as_json(report))["schema"]


def evidence(data: bytes) -> None:
    """What lies beside a dump may be anything."""
    evidence_in(data, "fuzz")


def filters(data: bytes) -> None:
    """Any words are a condition, or bad usage."""
    try:
        understood(data.decode(errors="replace").split(), SERVICE_PORTS)
    except BadUsage as refused:
        check_message(str(refused))


def check_message(message: str) -> None:
    """An error is there to be read."""
    assert message
    assert len(message) < 2000


def check_shown(text: str) -> None:
    """Nothing in it moves a cursor or rings a bell."""
    odd = {character for character in text if character not in MAY_STAND_IN_A_REPORT and not character.isprintable()}
    assert not odd, odd


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "dumps": dumps,
    "reports": reports,
    "evidence": evidence,
    "filters": filters,
}
