"""Volatility's netscan and netstat plugins: the endpoints found in a memory image of Windows.

A row of version 2, and one of version 3, which separates with tabs, with -r pretty by `|` and with -r csv by commas
(volatility/plugins/netscan.py; volatility3/framework/plugins/windows/netscan.py):

    0x3e6daa58  TCPv4  local:port  remote:port  STATE  Pid  Owner  Created
    0x3e6daa58  TCPv4  local  port  remote  port  STATE  PID  Owner  Created

- An image holds what once was: pool memory that is not reused yet. Closed connections and endpoints of processes that
  ended are in it, and a socket may be in it twice, once for each family it listens on.
- Pid -1, `-` or `N/A` is one that could not be read; so is an address of `-`.
- UDP rows are passed over.
"""

import re
from collections.abc import Sequence
from typing import Any

from closewait.formats.addresses import endpoint_of
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import columns_of, end, number
from closewait.tcp.spellings import canonical

GAP = r"(?:[ ,|]+)"
ADDRESS = r"[^\s,|]+"
ROW = re.compile(
    rf"[0-9 ,|*]*(?<![0-9])0x[0-9A-Fa-f]{{4,16}}{GAP}(?P<protocol>TCP)v(?P<version>[46]){GAP}"
    rf"(?P<local_address>{ADDRESS})(?::|{GAP})(?P<local_port>[0-9]+){GAP}"
    rf"(?P<remote_address>{ADDRESS})(?::|{GAP})(?P<remote_port>[0-9]+){GAP}"
    rf"(?P<state>[A-Z][A-Z_0-9]+|-|N/A){GAP}(?P<pid>-?[0-9]+|-|N/A)"
    rf"(?:{GAP}(?P<owner>(?![0-9]{{4}}-[0-9]{{2}}-)[^\s,|]+(?: [^\s,|]+)*?))?"
    rf"(?:{GAP}(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}.*|-|N/A))?[ |]*$"
)
OF_ANY_PROTOCOL = re.compile(r".{0,40}0x[0-9A-Fa-f]{4,16}[ ,|]+(?:TCP|UDP)v[46][ ,|]")
HEADING = r"[ |*]*(?:TreeDepth,)?Offset(?:\([PV]\))?[ ,|]+Proto[ ,|]+Local ?Addr"
BEGINNING = re.compile(HEADING)
CUT_ROW = re.compile(r".{0,60}TCPv[46][ ,|]")
UNREADABLE = ("-", "N/A")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or headings of such a table."""
    return sum(bool(OF_ANY_PROTOCOL.match(line) or BEGINNING.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP endpoints in one image."""
    rows, missed = [], []
    for index, line in enumerate(paste):
        if found := ROW.match(line):
            rows.append(row(found))
        elif CUT_ROW.match(line):
            missed.append(paste.not_understood(index, "It has a protocol of netscan, but not all of a row's columns."))
    return (
        Reading(
            format=FORMAT.name,
            columns=columns_of(rows),
            lines_not_understood=tuple(missed),
            owners_told=True,
            caveats=("A memory image also holds what is left of connections that had ended.",),
        ),
    )


def row(found: re.Match[str]) -> dict[str, Any]:
    """One endpoint as columns of the one table."""
    local, remote = (endpoint_of(found[f"{side}_address"], found[f"{side}_port"]) for side in ("local", "remote"))
    columns = {
        "protocol": "tcp6" if found["version"] == "6" else "tcp",
        **end("local", local),
        **end("remote", remote),
        "state": canonical(found["state"]),
        "pid": number(found["pid"]) or None,
        "process": found["owner"],
    }
    return {name: None if value in UNREADABLE else value for name, value in columns.items()}


FORMAT = TextFormat(
    name="volatility_netscan",
    told_by="Volatility's netscan and netstat, versions 2 and 3",
    opens=HEADING,
    recognises=recognises,
    read=read,
)
