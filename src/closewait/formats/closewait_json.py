"""Our own JSON, schema `closewait/1`, as `--json` writes it: reading it back loses nothing.

The answer of `list` has its looks' rows under `sockets` or `flows`; the answer of an examination has the same looks
without rows, of which the counts of states are read. Keys that this version does not know are passed over. JSON that
says it is ours and is not, or is broken, is an error with the place where it went wrong.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, get_args

from closewait.errors import BadInput
from closewait.formats.format import BytesFormat, HolderColumns, LookKind, Reading
from closewait.formats.json_records import Types, member, record_in, refuse
from closewait.formats.paste import decode
from closewait.snapshot.columns import FLOWS, HOLDERS, PROCESSES, SOCKETS, Column, Kind
from closewait.snapshot.evidence import (
    Evidence,
    Listing,
    Message,
    ProcessFact,
    Remark,
    SettingFact,
    Thread,
    Timeout,
    Told,
    Watch,
)
from closewait.snapshot.host import Host
from closewait.snapshot.sight import LineNotUnderstood, Sight

SCHEMA = "closewait/1"
BEGINNING_OCTETS = 400  # the schema's name stands within them
OURS = re.compile(r'\s*\{\s*"schema"\s*:\s*"closewait/')

TYPES: Mapping[Kind, Types] = {"text": (str,), "integer": (int,), "real": (float, int), "flag": (bool,)}
INTEGERS = range(-(2**63), 2**63)
KINDS: tuple[LookKind, ...] = get_args(LookKind)
HELD_BY = ("pid", "process", "fd")
#: The lists of an `Evidence`, and what is in each.
EVIDENCE_RECORDS: Mapping[str, type] = {
    "told": Told,
    "processes": ProcessFact,
    "threads": Thread,
    "watches": Watch,
    "messages": Message,
    "timeouts": Timeout,
    "remarks": Remark,
    "settings": SettingFact,
    "listings": Listing,
}


def recognises(data: bytes) -> bool:
    """Whether this is JSON that says it is closewait's."""
    return OURS.match(decode(data[:BEGINNING_OCTETS])) is not None


def read(data: bytes) -> Sequence[Reading]:
    """Every look in the answer."""
    try:
        answer = json.loads(decode(data), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as broken:
        raise BadInput(
            f"the JSON is broken or cut off ({broken}). Write it again with `closewait list --json`."
        ) from None
    schema = member(answer, "schema", (str,), "the answer")
    if schema != SCHEMA:
        raise BadInput(
            f"this JSON has schema {schema!r}; this closewait reads {SCHEMA!r}. Use the version that wrote it."
        )
    looks = member(answer, "looks", (list,), "the answer") or ()
    return [look_in(look, f"looks[{number}]") for number, look in enumerate(looks)]


def look_in(told: Any, where: str) -> Reading:
    """One look: its rows where it has any, else its counts of states."""
    kind = member(told, "kind", (str,), where) or "sockets"
    if kind not in KINDS:
        refuse(f"{where}.kind", kind, f"one of {', '.join(KINDS)}")
    key = "flows" if kind == "flows" else "sockets"
    rows = member(told, key, (list,), where)
    processes = member(told, "processes", (list,), where)
    return Reading(
        format=member(told, "format", (str,), where) or FORMAT.name,
        source=member(told, "source", (str,), where),
        kind="counts" if rows is None else kind,
        columns=columns_in(rows or (), FLOWS if kind == "flows" else SOCKETS, f"{where}.{key}"),
        holders=holders_in(rows or (), f"{where}.{key}"),
        processes=columns_in(processes, PROCESSES, f"{where}.processes") if processes else None,
        states=counts_in(told, where) if rows is None or kind == "counts" else None,
        taken_at_unix_s=time_in(told, where),
        clock_s=member(told, "clock_s", (float, int), where),
        command=member(told, "command", (str,), where),
        host=record_in(Host, member(told, "host", (dict,), where) or {}, f"{where}.host"),
        evidence=evidence_in(member(told, "evidence", (dict,), where) or {}, f"{where}.evidence"),
        sight=sight_in(member(told, "sight", (dict,), where) or {}, f"{where}.sight"),
    )


def columns_in(rows: Sequence[Any], columns: Sequence[Column], where: str) -> dict[str, list[Any]]:
    """The columns of a list of objects; those that no row tells are left out, save the first."""
    for number, row in enumerate(rows):
        if type(row) is not dict:
            refuse(f"{where}[{number}]", row, "an object")
    found = {column.name: [row.get(column.name) for row in rows] for column in columns}
    for column in columns:
        allowed = (type(None), *TYPES[column.kind])
        for number, value in enumerate(found[column.name]):
            if type(value) not in allowed or (type(value) is int and value not in INTEGERS):
                refuse(f"{where}[{number}].{column.name}", value, f"{column.kind} or null")
    first = columns[0].name
    return {name: told for name, told in found.items() if name == first or any(value is not None for value in told)}


def holders_in(rows: Sequence[Any], where: str) -> HolderColumns | None:
    """Every holder of every row, if some row has several; those have them under `holders`."""
    if not any("holders" in row for row in rows):
        return None
    held: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        several = member(row, "holders", (list,), f"{where}[{number}]") or [row] * (row.get("pid") is not None)
        for holder in several:
            held.append({name: member(holder, name, (int, str), f"{where}[{number}].holders") for name in HELD_BY})
            held[-1]["socket"] = number
    columns = columns_in(held, HOLDERS, f"{where}: holders")
    return HolderColumns(**{column.name: columns.get(column.name, [None] * len(held)) for column in HOLDERS})


def counts_in(told: Any, where: str) -> dict[str, int]:
    """The counts of states of a look without rows."""
    states = member(told, "states", (dict,), where) or {}
    return {state: member(states, state, (int,), f"{where}.states") or 0 for state in states}


def time_in(told: Any, where: str) -> float | None:
    """The time of a look, in seconds since 1970."""
    text = member(told, "taken_at", (str,), where)
    if text is None:
        return None
    try:
        taken_at = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"{where}.taken_at", text, "a time such as 2026-11-22T10:00:00Z, or null,")
    return (taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)).timestamp()


def evidence_in(told: Any, where: str) -> Evidence:
    """What was known besides the sockets."""
    facts = {name: member(told, name, (list,), where) or () for name in EVIDENCE_RECORDS}
    return Evidence(
        host=record_in(Host, member(told, "host", (dict,), where) or {}, f"{where}.host"),
        **{
            name: tuple(record_in(kind, each, f"{where}.{name}[{number}]") for number, each in enumerate(facts[name]))
            for name, kind in EVIDENCE_RECORDS.items()
        },
    )


def sight_in(told: Any, where: str) -> Sight:
    """What the look could not see."""
    lines = member(told, "lines_not_understood", (list,), where) or ()
    caveats = member(told, "caveats", (list,), where) or ()
    took_s = member(told, "took_s", (dict,), where) or {}
    return Sight(
        rows=member(told, "rows", (int,), where) or 0,
        lines_not_understood=tuple(
            record_in(LineNotUnderstood, line, f"{where}.lines_not_understood") for line in lines
        ),
        owners_hidden=member(told, "owners_hidden", (int,), where) or 0,
        owners_told=member(told, "owners_told", (bool,), where),
        caveats=tuple(
            caveat if type(caveat) is str else refuse(f"{where}.caveats", caveat, "text") for caveat in caveats
        ),
        took_s={phase: member(took_s, phase, (float, int), f"{where}.took_s") or 0.0 for phase in took_s},
    )


def refuse_constant(name: str) -> NoReturn:
    """JSON has no NaN and no infinity, though Python would read them."""
    raise ValueError(f"{name} is no JSON")


FORMAT = BytesFormat(
    name="closewait_json",
    told_by="`closewait list --json`, `closewait --json`",
    recognises=recognises,
    read=read,
)
