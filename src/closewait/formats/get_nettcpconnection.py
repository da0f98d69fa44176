"""PowerShell's Get-NetTCPConnection: as a table, a list, CSV or JSON, whole or with chosen and calculated properties.

Its objects are MSFT_NetTCPConnection (Microsoft's page on that class): LocalAddress, LocalPort, RemoteAddress,
RemotePort, State, AppliedSetting, OwningProcess, CreationTime. Addresses and ports stand apart, and IPv6 without
brackets. What a script adds is known by the names people give it (ProcessName, UserName, …).

- AppliedSetting is empty for listeners and bound sockets.
- OwningProcess 0 is nobody: TIME_WAIT has no process.
- JSON has the state as a number, in the numbering of .NET.
- A listener and a merely bound socket both show remote port 0, so where the state is left out, only the command line
  can tell it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any, Literal

from closewait.formats.addresses import endpoint_of
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.powershell import CSV_ROW, LONGEST_HEADING, RULER, Kind, objects
from closewait.formats.row_by_row import columns_of, end, number
from closewait.tcp.spellings import NUMBERS, canonical

#: What a property tells, by the names that it or a script's own property has.
NAMES = {
    "local_address": ("localaddress", "localip", "localaddr"),
    "local_port": ("localport", "lport"),
    "local": ("local", "localendpoint"),
    "remote_address": ("remoteaddress", "remoteip", "remoteaddr"),
    "remote_port": ("remoteport", "rport"),
    "remote": ("remote", "remoteendpoint"),
    "state": ("state", "status"),
    "pid": ("owningprocess", "pid", "processid", "owningpid"),
    "process": ("processname", "process", "procname", "pname", "application", "program"),
    "user": ("username", "user", "owner"),
    "protocol": ("protocol", "proto"),
}
TOLD_BY_NAME = {name: told for told, names in NAMES.items() for name in names}

MASKED_DIGITS = r"[0-9xX*#?]+"
ADDRESS = re.compile(r"\S*[.:]\S*|\*|[xX*#]+|<\S+>").fullmatch
PORT = re.compile(MASKED_DIGITS).fullmatch


@lru_cache(maxsize=1 << 10)
def state_of(text: str) -> str | None:
    """The state that a word or a number tells."""
    value = number(text)
    return canonical(text) if value is None else NUMBERS["windows_mib"].get(value)


FITS: Mapping[str, Callable[[str], object]] = {
    "local_address": ADDRESS,
    "local_port": PORT,
    "remote_address": ADDRESS,
    "remote_port": PORT,
    "state": state_of,
    "pid": PORT,
}
CONNECTIONS = Kind(
    told_by=frozenset(
        {"localaddress", "localport", "remoteaddress", "remoteport", "localendpoint", "remoteendpoint"}
    ),
    fits={name: FITS[told] for name, told in TOLD_BY_NAME.items() if told in FITS},
    always=frozenset(
        {"localaddress", "localport", "remoteaddress", "remoteport", "localendpoint", "remoteendpoint", "state",
         "owningprocess"}
    ),
    usual=(
        "localaddress", "localport", "remoteaddress", "remoteport", "state", "appliedsetting", "owningprocess",
    ),
)  # fmt: skip

PROPERTY = r"(?:Local|Remote)(?:Address|Port|EndPoint)"
HEADING = rf'(?!.*Foreign) *"?(?:[A-Za-z]\w*"?[ ,;]+"?)*?{PROPERTY}\b"?(?:[ ,;]|$)'
TYPE_LINE = r" *#TYPE .*MSFT_NetTCPConnection"
MARK = re.compile(rf'(?i:{HEADING}|{TYPE_LINE}| *"?{PROPERTY}"? *:)')
PROCESS_OBJECT = re.compile(r"System\.Diagnostics\.Process \((?P<name>.*)\)")
STATE_ASKED_FOR = re.compile(
    r"(?i:Get-NetTCPConnection\b.*?\bState['\"]? +(?:-(?:eq|match|like) +)?['\"]?(?P<state>\w+)\b(?!['\"]? *,))"
)
LONGEST_COMMAND = 1000  # characters
NOBODY = "0"


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are of such objects, in any shape; a ruler alone is a weak sign."""
    told = sum(map(is_mark, lines)) + len(objects(lines, CONNECTIONS))
    return told or int(any(RULER.match(line) or CSV_ROW.match(line) for line in lines))


def is_mark(line: str) -> bool:
    """Whether a property of such an object is named here as one of its shapes names it."""
    return MARK.match(line[:LONGEST_HEADING]) is not None


def read(paste: Paste) -> Sequence[Reading]:
    """The connections of one listing."""
    lines = [*paste]
    told = objects(lines, CONNECTIONS)
    if not told and not any(map(is_mark, lines)):
        return ()
    found = [one for one in told if is_of_tcp(one.properties)]
    needed = CONNECTIONS.always & {name for one in found for name in one.properties}
    are_whole = [all(one.properties.get(name) for name in needed) for one in found]
    state = state_asked_for(lines)
    columns = columns_of([row(one.properties, state) for one in compress(found, are_whole)])
    return (
        Reading(
            format=FORMAT.name,
            columns=columns,
            lines_not_understood=tuple(
                paste.not_understood(one.line, "The connection is cut: not all that is told of the others is there.")
                for one, is_whole in zip(found, are_whole, strict=True)
                if not is_whole
            ),
            owners_told=True if "pid" in columns or "process" in columns else None,
        ),
    )


def is_of_tcp(properties: Mapping[str, str]) -> bool:
    """Whether this is no endpoint of UDP, which scripts list beside the connections."""
    return not any(properties.get(name, "").lower().startswith("udp") for name in NAMES["protocol"])


def state_asked_for(lines: Sequence[str]) -> str | None:
    """The one state that the command line asks for."""
    asked = (STATE_ASKED_FOR.search(line) for line in lines if len(line) <= LONGEST_COMMAND)
    return next((canonical(found["state"]) for found in asked if found), None)


def row(properties: Mapping[str, str], state: str | None) -> dict[str, Any]:
    """One connection as columns of the one table; `state` where its own properties do not tell it."""
    told = {TOLD_BY_NAME[name]: text for name, text in properties.items() if name in TOLD_BY_NAME}
    columns = {
        "protocol": "tcp",
        **end_in(told, "local"),
        **end_in(told, "remote"),
        "state": state_of(told["state"]) if "state" in told else state,
    }
    if "pid" in told:
        columns["pid"] = number(told["pid"]) or None
    if "process" in told and told.get("pid") != NOBODY:
        columns["process"] = process_of(told["process"])
    if told.get("user"):
        columns["user"] = told["user"]
    return columns


def end_in(told: Mapping[str, str], side: Literal["local", "remote"]) -> dict[str, Any]:
    """The columns of one end, told as address and port apart, or by a script in one; what is not told is null."""
    if side in told:
        return end(side, told[side])
    columns = end(side, endpoint_of(told.get(f"{side}_address", ""), told.get(f"{side}_port", "")))
    return columns if told.get(f"{side}_address") else columns | {f"{side}_address": None}


def process_of(text: str) -> str | None:
    """The name of a process, told as such or as the process object that a script added."""
    found = PROCESS_OBJECT.fullmatch(text)
    return (found["name"] if found else text) or None


FORMAT = TextFormat(
    name="get_nettcpconnection",
    told_by="Get-NetTCPConnection of PowerShell: table, list, CSV or JSON",
    opens=f"(?i:{HEADING}|{TYPE_LINE})",
    recognises=recognises,
    read=read,
)
