"""Sysinternals Tcpvcon: `tcpvcon -a -c` as comma-separated values, `tcpvcon -a` as paragraphs.

    TCP,svchost.exe,924,LISTENING,0.0.0.0,0.0.0.0

    [TCP] C:\\Windows\\System32\\svchost.exe
            PID:     924
            State:   LISTENING
            Local:   host:epmap
            Remote:  host:0

- Versions since 4.0 tell no ports at all (seen in published output); where a port is told it stands behind a colon, or
  in a field of its own.
- IPv6 is `TCPV6`, its addresses are in brackets and written out (`[0:0:0:0:0:0:0:0]`).
- `[System Process]` with pid 0 is nobody: TIME_WAIT.
- Endpoints of UDP are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from closewait.formats.addresses import Endpoint, endpoint, endpoint_of
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import columns_of, end, number
from closewait.tcp.spellings import canonical

PROTOCOL = r"(?P<protocol>TCP|UDP)(?P<version>V?6?)"
CSV_ROW = re.compile(
    rf"[\s'\"]*{PROTOCOL},(?P<process>[^,]+),(?P<pid>[0-9]+),(?P<state>[^,]*)"
    r",(?P<local>[^\s,]+)(?:,(?P<local_port>[0-9]+|\*))?,(?P<remote>[^\s,]+)(?:,(?P<remote_port>[0-9]+|\*))? *$"
)
CUT_CSV_ROW = re.compile(r"[\s'\"]*TCPV?6?,[^,]+,[0-9]")
PARAGRAPH = re.compile(rf" *\[{PROTOCOL}\] +(?P<process>\S.*)$")
FIELD = re.compile(r" +(?P<name>PID|State|Local|Remote): +(?P<value>\S+) *$")
TITLE = r"(?:Sysinternals +)?Tcp[Vv](?:con|iew) v[0-9]"
COMMAND = r"(?:.*[>\\/$#] *)?(?i:tcpvcon)(?:64)?(?:\.exe)?(?= *$| +[-/]).*"
NOBODY = 0

FIELDS = ("pid", "state", "local", "remote")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are endpoints, or paragraphs about one, of whatever protocol."""
    return sum(bool(CSV_ROW.match(line) or PARAGRAPH.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP endpoints of one run of tcpvcon."""
    told = [*endpoints(paste)]
    of_tcp = [(line, one) for line, one in told if one["protocol"] == "TCP"]
    columns = columns_of([row(one) for _, one in of_tcp if is_whole(one)])
    return (
        Reading(
            format=FORMAT.name,
            columns=columns,
            lines_not_understood=tuple(
                paste.not_understood(line, "It begins like an endpoint of tcpvcon, but not all of it is there.")
                for line, one in of_tcp
                if not is_whole(one)
            ),
            owners_told=True,
            caveats=tuple(caveats(columns)),
        ),
    )


def endpoints(paste: Paste) -> Iterator[tuple[int, dict[str, str]]]:
    """Every endpoint with the line on which it begins."""
    paragraph: dict[str, str] = {}
    for index, line in enumerate(paste):
        if found := CSV_ROW.match(line):
            yield index, {name: text for name, text in found.groupdict().items() if text}
        elif CUT_CSV_ROW.match(line):
            yield index, {"protocol": "TCP"}
        elif found := PARAGRAPH.match(line):
            paragraph = found.groupdict()
            yield index, paragraph  # its fields are in the lines that follow
        elif found := FIELD.match(line):
            paragraph[found["name"].lower()] = found["value"]


def is_whole(told: dict[str, str]) -> bool:
    """Whether all is there that is told of every endpoint."""
    return told.keys() >= {*FIELDS}


def row(told: dict[str, str]) -> dict[str, Any]:
    """One endpoint as columns of the one table."""
    pid = number(told["pid"])
    process = told["process"].rpartition("\\")[2].rstrip()
    return {
        "protocol": "tcp6" if told.get("version") else "tcp",
        **end("local", end_of(told["local"], told.get("local_port"))),
        **end("remote", end_of(told["remote"], told.get("remote_port"))),
        "state": canonical(told["state"]),
        "pid": pid or None,
        "process": None if pid == NOBODY else process,
    }


def end_of(text: str, port: str | None) -> Endpoint:
    """One end, with its port behind a colon, apart, or not told; IPv6 without brackets has no port."""
    if port is not None:
        return endpoint_of(text, port)
    has_port = text.rpartition("]")[2].count(":") == 1
    return endpoint(text) if has_port else endpoint_of(text, "")


def caveats(columns: dict[str, list[Any]]) -> Iterator[str]:
    """What tcpvcon left out."""
    if columns and not any(columns["local_port"]):
        yield "This version of tcpvcon tells no ports: use netstat -ano, which does."


FORMAT = TextFormat(
    name="tcpvcon",
    told_by="Tcpvcon of Sysinternals, as CSV or text",
    opens=f"{TITLE}|{COMMAND}",
    recognises=recognises,
    read=read,
)
