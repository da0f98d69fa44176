"""`sockstat` of the BSDs, and the small program of that name for Linux.

    FreeBSD   USER COMMAND PID FD PROTO LOCAL-ADDRESS FOREIGN-ADDRESS [more] [CONN-STATE] [STACK] [CC]
    NetBSD    the same without what is in brackets; a dot stands before the port
    Linux     USER PROCESS PID PROTO SOURCE-ADDRESS FOREIGN-ADDRESS STATE

- FreeBSD shows a state with -s only. Without one, `*:*` for the foreign end is a listener.
- A command may hold blanks, and is cut to ten characters. Long words push the columns behind them to the right, until
  nothing parts the descriptor from the protocol (FreeBSD sockstat.c, display()).
- A socket is listed once for each descriptor. Where nobody holds it, the first four columns are `?` or `??`.
- IPv6 addresses have no brackets; `tcp46` is a socket of both.
"""

import re
from collections.abc import Sequence
from typing import Any

from closewait.formats import ownerless
from closewait.formats.addresses import Endpoint, dotted_endpoint, endpoint
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import Row, columns_of, end, holders_hidden, number
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

HEADING = re.compile(r" *USER +(?:COMMAND|PROCESS) +PID +(?:FD +)?PROTO +(?:LOCAL|SOURCE) ADDRESS +FOREIGN ADDRESS")
ROW = re.compile(
    r" *(?P<user>\S+) +(?P<process>\S.{0,40}?) +(?P<pid>[0-9]{1,10}|\?\??) +(?:(?P<fd>[0-9]{1,9}|\?\??) *)?"
    r"(?P<protocol>tcp(?:4|6|46)?) +(?P<local>\S+) +(?P<remote>\S+)(?: +(?P<more>\S.*))?$"
)
OTHER_ROW = re.compile(
    r" *\S+ +\S.{0,40}? +(?:[0-9]{1,10}|\?\??) +(?:[0-9]{1,9}|\?\??) *"
    r"(?:udp(?:4|6|46)?|stream|dgram|seqpac\w*|sctp\w*) +\S"
)
CUT_ROW = re.compile(r" *\S+ +\S.{0,40}? +[0-9]{1,10} +(?:[0-9]{1,9} *)?tcp(?:4|6|46)?(?: +\S+){0,2}$")
ANYTHING = "*:*", "*.*"  # the foreign end of a socket without a connection
PROTOCOLS = {"tcp": "tcp", "tcp4": "tcp", "tcp6": "tcp6", "tcp46": "tcp6"}


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of sockstat."""
    return sum(bool(HEADING.match(line) or row_in(line) or OTHER_ROW.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of sockstat."""
    rows: list[Row] = []
    missed: list[LineNotUnderstood] = []
    for line, text in enumerate(paste):
        if row := row_in(text):
            rows.append(row)
        elif CUT_ROW.match(text.strip()):
            missed.append(
                paste.not_understood(line, "It begins like a row of sockstat, but its addresses are cut off.")
            )
    hidden = holders_hidden(rows)
    return [
        Reading(
            format=FORMAT.name,
            columns=columns_of(rows),
            lines_not_understood=tuple(missed),
            owners_told=not hidden,
            caveats=(ownerless.caveat(hidden),) if hidden else (),
        )
    ]


def row_in(line: str) -> Row | None:
    """The TCP socket that a line tells of; None when it is no such row."""
    found = ROW.match(line.strip())
    if found is None:
        return None
    form = dotted_endpoint if has_dotted_port(found["local"]) else colon_endpoint
    local, remote = form(found["local"]), form(found["remote"])
    if local is None or remote is None:
        return None
    told = {name: value for name, value in found.groupdict().items() if value and value.strip("?")}
    user = told.get("user")
    columns: dict[str, Any] = {
        "protocol": PROTOCOLS[found["protocol"]],
        **end("local", local),
        **end("remote", remote),
        "state": state_in(told.get("more", ""), found["remote"]),
        "pid": number(told.get("pid")),
        "process": told.get("process"),
        "fd": number(told.get("fd")),
        "uid": number(user),
        "user": None if number(user) is not None else user,
    }
    return columns


def has_dotted_port(end: str) -> bool:
    """Whether a dot stands before the port, as NetBSD writes it: `::1.22`, `*.*`; not `::ffff:10.0.0.1:22`."""
    behind_colon = end.rpartition(":")[2]
    return behind_colon == end or "." in behind_colon


def colon_endpoint(text: str) -> Endpoint | None:
    """One end with a colon before the port; None when there is none."""
    return endpoint(text) if ":" in text else None


def state_in(more: str, remote: str) -> str | None:
    """The state among the words behind the ends; without one, a socket that any end may connect to listens."""
    for word in more.split():
        if word.isupper() and (state := canonical(word)):
            return state
    return "LISTEN" if remote in ANYTHING else None


FORMAT = TextFormat(
    name="sockstat",
    told_by="sockstat of the BSDs, or of Linux",
    opens=HEADING.pattern,
    recognises=recognises,
    read=read,
)
