"""osquery's tables `process_open_sockets` and `listening_ports`, joined with others or not, however they are printed.

- JSON: a list of objects, all values texts (`--json`, also pretty-printed), and the lines of osqueryd's results log,
  also behind the prefix of a collector. An object of the log has a row under `columns`, or rows under `snapshot` or
  `diffResults`; rows that are `removed` are gone. Objects with one host and time are one look.
- Tables in boxes, as osqueryi prints them, and CSV (see `osquery_tables`).

Protocol 6 is TCP. Tables of old versions, and of macOS and Windows for long, show no state: then a foreign end of
zeros is a listener, and so is what `listening_ports` lists. A pid of -1 is nobody. On Linux, `socket` is the inode.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from closewait.formats import osquery_tables, ownerless
from closewait.formats.addresses import Endpoint, place, port
from closewait.formats.format import Reading, TextFormat
from closewait.formats.json_values import values_in
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import Row, columns_of, end, holders_hidden, number
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

Record = Mapping[str, Any]

#: What shows that JSON is of these tables: a key of the first, or all these of the second.
KEY_OF_SOCKETS = re.compile(r'"(?:local|remote)_(?:address|port)"\s*:')
KEYS_OF_LISTENERS = ('"port"', '"protocol"', '"address"')
KEY = re.compile(r'"(?:pid|fd|socket|family|protocol|port|address|local_port|remote_port)"\s*:')

TCP = ("6", "tcp", "TCP")
IPV6 = ("10", "23", "30", "28", "24", "26")  # AF_INET6 on Linux, Windows, macOS, FreeBSD, NetBSD and OpenBSD, Solaris
NOWHERE = ("0.0.0.0", "::", "*", "")
PROCESS_NAMES = ("process_name", "name", "process")
MOST_LEVELS = 8  # of a log object around its rows
REMOVED = "removed"

DIFFERENCE = "osquery logged what was new since its last look: sockets that were there before are not listed."
PROTOCOL_NOT_ASKED = "The query did not ask for the protocol: the rows are taken to be TCP."


@dataclass(slots=True)
class Look:
    """The rows of one moment; `key` is what the log's objects of that moment have in common."""

    key: tuple[str | None, ...] | None
    records: list[Record] = field(default_factory=list)
    taken_at_unix_s: float | None = None
    is_difference: bool = False


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are a row or a heading, or have keys of these tables."""
    tables = sum(table.last - table.first + 1 for table in osquery_tables.tables(lines))
    if tables:
        return tables
    of_sockets = any(KEY_OF_SOCKETS.search(line) for line in lines)
    if of_sockets or all(any(key in line for line in lines) for key in KEYS_OF_LISTENERS):
        return sum(KEY.search(line) is not None for line in lines)
    return 0


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of each table, or of each moment that JSON tells of."""
    tables = [*osquery_tables.tables(paste)]
    if tables:
        return [
            reading(Look(None, table.records), [paste.not_understood(line, "the row is cut") for line in table.cut])
            for table in tables
        ]
    told, broken = values_in(paste)
    looks: list[Look] = []
    for value in told:
        add(looks, value)
    found = [look for look in looks if look.records] or [Look(None)]
    return [reading(look, broken if look is found[0] else ()) for look in found]


def add(looks: list[Look], told: Any) -> None:
    """Add what one JSON value tells to the look it belongs to: the last, if that is of the same host and time."""
    about = told if isinstance(told, dict) else {}
    records = [*records_in(told, MOST_LEVELS)]
    key = None if isinstance(told, list) else tuple(as_text(about.get(name)) for name in ("hostIdentifier", "unixTime"))
    if not looks or key is None or looks[-1].key != key:
        looks.append(Look(key, taken_at_unix_s=number(as_text(about.get("unixTime")))))
    looks[-1].records += records
    looks[-1].is_difference |= bool(records) and (about.get("action") == "added" or "diffResults" in about)


def records_in(told: Any, levels: int) -> Iterator[Record]:
    """Every row inside a JSON value, without those that are gone."""
    if levels and isinstance(told, list):
        for each in told:
            yield from records_in(each, levels - 1)
    elif isinstance(told, dict) and is_record(told):
        yield told
    elif levels and isinstance(told, dict) and told.get("action") != REMOVED:
        for key, inside in told.items():
            if key != REMOVED:
                yield from records_in(inside, levels - 1)


def is_record(told: Record) -> bool:
    """Whether these are columns of one of the two tables."""
    return "local_port" in told or "remote_port" in told or {"port", "address"} <= told.keys()


def reading(look: Look, cut: Iterable[LineNotUnderstood]) -> Reading:
    """One look at the sockets of TCP among the records."""
    asked = any("protocol" in record for record in look.records)
    rows = [row_of(record) for record in look.records if is_tcp(record, asked)]
    with_pid = any("pid" in record for record in look.records)
    hidden = holders_hidden(rows) if with_pid else 0
    caveats = [
        *([DIFFERENCE] if look.is_difference else []),
        *([PROTOCOL_NOT_ASKED] if rows and not asked else []),
        *([ownerless.caveat(hidden)] if hidden else []),
    ]
    return Reading(
        format=FORMAT.name,
        columns=columns_of(rows),
        taken_at_unix_s=look.taken_at_unix_s,
        lines_not_understood=tuple(cut),
        owners_told=not hidden if with_pid else None,
        caveats=tuple(caveats),
    )


def is_tcp(record: Record, protocol_asked: bool) -> bool:
    """Whether this is a socket of TCP."""
    if protocol_asked:
        return as_text(record.get("protocol")) in TCP
    return as_text(record.get("local_port", record.get("port"))) not in (None, "", "0")


def row_of(record: Record) -> Row:
    """A socket of TCP as a row."""
    listens_only = "port" in record and "local_port" not in record
    told = {name: as_text(value) for name, value in record.items()}
    pid, inode = number(told.get("pid")), number(told.get("socket"))
    columns: dict[str, Any] = {
        **(end_in(told, "local", "address", "port") if listens_only else {}),
        **end_in(told, "local", "local_address", "local_port"),
        **end_in(told, "remote", "remote_address", "remote_port"),
        "state": state_of(told, listens_only),
        "pid": pid,
        "process": next((told[name] for name in PROCESS_NAMES if told.get(name)), None),
        "fd": number(told.get("fd")),
        "inode": inode if inode or pid is None else None,
        "uid": number(told.get("uid")),
        "user": told.get("username") or told.get("user") or None,
    }
    is_ipv6 = told.get("family") in IPV6 or ":" in (columns.get("local_address") or "")
    return {"protocol": "tcp6" if is_ipv6 else "tcp"} | columns


def end_in(
    told: Mapping[str, str | None], side: Literal["local", "remote"], address: str, number_of_port: str
) -> dict[str, Any]:
    """One end's columns, as far as anything is told of it."""
    where, service = told.get(address), told.get(number_of_port)
    if not where and not service:
        return {}
    at, of = place(where or ""), port(service or "")
    columns = end(side, Endpoint(at.address, of.number, of.service, at.interface))
    return columns if where else columns | {f"{side}_address": None}


def state_of(told: Mapping[str, str | None], listens_only: bool) -> str | None:
    """The state; without one, LISTEN where the socket has no foreign end."""
    if told.get("state"):
        return canonical(told["state"] or "")
    nowhere = "remote_address" in told and told["remote_address"] in NOWHERE and told.get("remote_port") in ("0", "")
    return "LISTEN" if listens_only or nowhere else None


def as_text(told: Any) -> str | None:
    """A value as osquery writes it, a text; numbers that another program wrote as numbers too."""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else None


FORMAT = TextFormat(
    name="osquery",
    told_by="osquery: process_open_sockets or listening_ports, as JSON, table or CSV",
    opens=osquery_tables.HEADING.pattern,
    recognises=recognises,
    read=read,
)
