"""`show sockets connection` of Cisco NX-OS as text: two lines for each socket.

    [host]: tcp(4/6) LISTEN       0         *(22)
                     Wildcard     0         *(*)

The first line tells protocol, state, Recv-Q, local address and port; the second the VRF (`Wildcard` is all of them),
Send-Q, remote address and port. Older releases print no `[host]:`. (Cisco Nexus command references; rows as people
publish them.) Rows of udp and raw sockets are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from closewait.formats.addresses import port
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

END = r"(?P<address>[^\s()]+)\((?P<port>[\w*-]+)\) *$"
FIRST_LINE = re.compile(
    r" *(?:\[[^\s\]]+\]: *)?(?P<protocol>tcp6?)(?:\(4/6\))? +"
    rf"(?P<state>[A-Z][A-Z_0-9]*) +(?P<queue>[0-9]{{1,16}}) +{END}"
)
SECOND_LINE = re.compile(rf" *(?P<vrf>\S+) +(?P<queue>[0-9]{{1,16}}) +{END}")
HEADING = re.compile(r" *Protocol +State/ +Recv-Q/")
COMMAND = r"\S*# *sh(?:ow?)? +socke\S* +conn"
FIRST_WORD = re.compile(r"\[[^\s\]]+\]:|tcp6?(?:\(4/6\))?")


class Socket(NamedTuple):
    """One socket: its first line and its second."""

    first: re.Match[str]
    second: re.Match[str]


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are the heading or the first line of a TCP socket."""
    return sum(bool(first_line(line) or HEADING.match(line)) for line in lines)


def first_line(line: str) -> re.Match[str] | None:
    """The parts of a socket's first line; None when it is none."""
    found = FIRST_LINE.match(line)
    return found if found and canonical(found["state"]) else None


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one switch."""
    found = list(sockets(paste))
    whole = [each for each in found if isinstance(each, Socket)]
    return [
        Reading(
            format=FORMAT.name,
            columns=columns(whole),
            lines_not_understood=tuple(each for each in found if isinstance(each, LineNotUnderstood)),
        )
    ]


def sockets(paste: Paste) -> Iterator[Socket | LineNotUnderstood]:
    """Each TCP socket, or the line that should be the first of one."""
    for line in paste.words.lines_beginning(FIRST_WORD.fullmatch).tolist():
        first = first_line(paste[line])
        second = SECOND_LINE.match(paste[line + 1]) if line + 1 < len(paste) else None
        if first and second:
            yield Socket(first, second)
        elif first:
            yield paste.not_understood(line, "It is the first line of a socket; the second, with its peer, is missing.")


def columns(found: Sequence[Socket]) -> dict[str, list[Any]]:
    """The sockets as columns of the one table."""
    states = [canonical(socket.first["state"]) for socket in found]
    told: dict[str, list[Any]] = {
        "protocol": [socket.first["protocol"] for socket in found],
        "state": states,
    }
    for end, lines in (("local", [s.first for s in found]), ("remote", [s.second for s in found])):
        ports = [port(line["port"]) for line in lines]
        told[f"{end}_address"] = [line["address"] for line in lines]
        told[f"{end}_port"] = [each.number for each in ports]
        told[f"{end}_service"] = [each.service for each in ports]
    for queue, lines in (
        ("recv_queue_bytes", [s.first for s in found]),
        ("send_queue_bytes", [s.second for s in found]),
    ):
        told[queue] = [
            None if state == "LISTEN" else int(line["queue"]) for state, line in zip(states, lines, strict=True)
        ]
    return told


FORMAT = TextFormat(
    name="cisco_sockets",
    told_by="Cisco NX-OS `show sockets connection`, as text",
    opens=rf"{HEADING.pattern}|{COMMAND}",
    recognises=recognises,
    read=read,
)
