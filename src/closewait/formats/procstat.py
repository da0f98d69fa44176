"""`procstat -f` of FreeBSD: the files of one process, or with -a of all.

    PID COMM FD T V FLAGS REF OFFSET PRO [Send-Q Recv-Q] local:port remote:port

- The protocol stands behind the offset. Since FreeBSD 12 two numbers without a heading follow it for a stream: what is
  in its send and in its receive queue, in bytes (usr.bin/procstat/procstat_files.c).
- Before the port of IPv6 stands a dot.
- No state is told; a foreign end of zeros is a listener. With -C, V to OFFSET are one column of capabilities.

Rows of other files and protocols are passed over.
"""

import re
from collections.abc import Sequence
from typing import Any

from closewait.formats.addresses import Endpoint, dotted_endpoint, endpoint
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import Row, columns_of, end, number
from closewait.snapshot.sight import LineNotUnderstood

HEADING = re.compile(r" *PID +COMM +FD +T +(?:V +)?FLAGS\b.* PRO +NAME")
FILE = (
    r" *(?P<pid>[0-9]{1,10}) +(?P<process>\S.{0,40}?) +(?P<fd>[0-9]{1,9}|cwd|root|text|jail|ctty|trace) +[a-zA-Z?] +"
    r"(?:[-a-z?] +)?[-rwasfndlcSFNDLC]{6,12}(?: +[0-9-]+ +[0-9-]+| +[a-z]{2}(?:,[a-z]{2})*| +-)?"
)
ROW = re.compile(FILE + r" +(?P<protocol>TCP|\?|[A-Z?]{3}|-) +(?:(?P<send>[0-9]+) +(?P<recv>[0-9]+) +)?(?P<name>\S.*)$")
ENDS = re.compile(r"(?P<local>\S+[:.][0-9*]+) (?P<remote>\S+[:.][0-9*]+) *")
CUT_ROW = re.compile(FILE + r" +(?:T|TC|TCP)(?: [^/]*)?$")

NOBODY = ("0.0.0.0:0", "::.0")  # the foreign end of a socket without a connection


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of procstat."""
    return sum(bool(HEADING.match(line) or ROW.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of procstat."""
    rows: list[Row] = []
    missed: list[LineNotUnderstood] = []
    for line, text in enumerate(paste):
        found = ROW.match(text)
        if found and found["protocol"] != "TCP":
            continue
        if found and (ends := ENDS.fullmatch(found["name"])):
            rows.append(row_of(found, ends))
        elif found or CUT_ROW.match(text.rstrip()):
            missed.append(
                paste.not_understood(line, "It begins like a row of procstat, but its addresses are cut off.")
            )
    return [
        Reading(
            format=FORMAT.name,
            columns=columns_of(rows),
            lines_not_understood=tuple(missed),
            owners_told=True,
        )
    ]


def row_of(found: re.Match[str], ends: re.Match[str]) -> Row:
    """A TCP socket as a row."""
    local, remote = end_in(ends["local"]), end_in(ends["remote"])
    listens = ends["remote"] in NOBODY
    columns: dict[str, Any] = {
        "protocol": "tcp6" if ":" in local.address else "tcp",
        **end("local", local),
        **end("remote", remote),
        "state": "LISTEN" if listens else None,
        "pid": number(found["pid"]),
        "process": found["process"],
        "fd": number(found["fd"]),
    }
    if not listens:
        columns |= {"recv_queue_bytes": number(found["recv"]), "send_queue_bytes": number(found["send"])}
    return columns


def end_in(text: str) -> Endpoint:
    """One end: `10.0.0.2:9050`, or `::1.9050`."""
    dotted = dotted_endpoint(text) if text.count(":") > 1 else None
    return dotted or endpoint(text)


FORMAT = TextFormat(
    name="procstat",
    told_by="procstat -f of FreeBSD",
    opens=HEADING.pattern,
    recognises=recognises,
    read=read,
)
