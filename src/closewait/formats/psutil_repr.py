"""What Python prints of psutil's connections: `net_connections()` of the system or of a process, of any version.

    sconn(fd=115, family=<AddressFamily.AF_INET: 2>, type=<SocketKind.SOCK_STREAM: 1>,
          laddr=addr(ip='10.0.0.1', port=48776), raddr=(), status='LISTEN', pid=1254)

- A process's own list (`pconn`) has no pid. Old versions print families and types as numbers, addresses as plain
  tuples, and spell the fields `local_address` and `remote_address`; web pages lose what stands in angle brackets.
- A descriptor of -1 and a pid of None say that psutil found no process, or may not see it.
- A socket that is not of TCP has the status NONE.
- Connections may stand one on a line, all on one line, or wrapped anywhere between two words.
"""

import re
from collections.abc import Sequence
from typing import Any

from closewait.formats import ownerless
from closewait.formats.addresses import Endpoint, place
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.row_by_row import Row, columns_of, end, holders_hidden, number
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

BEGINS = re.compile(r"\b(?:[sp]?conn|connection)\( *fd=")


def address(side: str) -> str:
    """The pattern of one end: an address and a port, with or without their names; a path, or nothing, elsewhere."""
    ip, port = rf"'(?P<{side}>[^'\n]{{0,64}})'", rf"(?P<{side}_port>[0-9]{{1,5}})"
    return rf"(?:(?:addr)?\(\s*(?:ip=)?{ip},\s*(?:port=)?{port}\s*\)|\(\s*\)|'[^'\n]{{0,200}}'|None)"


FIELD_END = r"\s*,\s*"
CONNECTION = re.compile(
    r"(?:[sp]?conn|connection)\(\s*fd=(?P<fd>-?[0-9]{1,9})" + FIELD_END
    + r"family=(?P<family>[^,]{0,60}),\s*type=(?P<type>[^,]{0,60}),\s*"
    + rf"l(?:ocal_)?addr(?:ess)?={address('local')}{FIELD_END}r(?:emote_)?addr(?:ess)?={address('remote')}{FIELD_END}"
    + r"status=(?:<[^>'\n]{0,60})?'?(?P<status>[\w]{0,30})'?>?(?:\s*,\s*pid=(?P<pid>-?[0-9]{1,10}|None))?\s*\)"
)  # fmt: skip
STREAM = re.compile(r"<?(?:[\w.]*SOCK_STREAM.*|1)?")  # nothing, where a web page took it away
IPV6 = re.compile(r".*AF_INET6.*|10|23|24|26|28|30")  # of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, macOS


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines have a connection."""
    return sum(BEGINS.search(line) is not None for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one list, or of several printed one after the other."""
    text = "\n".join(paste)
    rows: list[Row] = []
    with_pid: list[Row] = []  # of the whole system: a process's own list has no such field
    cut: dict[int, LineNotUnderstood] = {}
    line, counted = 0, 0
    for begin in BEGINS.finditer(text):
        line, counted = line + text.count("\n", counted, begin.start()), begin.start()
        found = CONNECTION.match(text, begin.start())
        if found is None and line not in cut:
            cut[line] = paste.not_understood(line, "It begins like a connection of psutil, and is cut.")
        elif found and is_tcp(found):
            rows.append(row_of(found))
            with_pid += [rows[-1]] if found["pid"] else []
    hidden = holders_hidden(with_pid)
    return [
        Reading(
            format=FORMAT.name,
            columns=columns_of(rows),
            lines_not_understood=tuple(cut.values()),
            owners_told=not hidden if with_pid else None,
            caveats=(ownerless.caveat(hidden),) if hidden else (),
        )
    ]


def is_tcp(found: re.Match[str]) -> bool:
    """Whether this is a socket of TCP."""
    return STREAM.fullmatch(found["type"].strip()) is not None and canonical(found["status"]) is not None


def row_of(found: re.Match[str]) -> Row:
    """A TCP socket as a row."""
    local, remote = end_in(found, "local"), end_in(found, "remote")
    is_ipv6 = IPV6.fullmatch(found["family"].strip()) or (local and ":" in local.address)
    columns: dict[str, Any] = {
        "protocol": "tcp6" if is_ipv6 else "tcp",
        **(end("local", local) if local else {}),
        **(end("remote", remote) if remote else {}),
        "state": canonical(found["status"]),
        "pid": number(found["pid"]),
        "fd": number(found["fd"]),
    }
    return columns


def end_in(found: re.Match[str], side: str) -> Endpoint | None:
    """One end; None where the connection has none there."""
    if found[side] is None:
        return None
    where = place(found[side])
    return Endpoint(where.address, number(found[f"{side}_port"]) or None, None, where.interface)


FORMAT = TextFormat(
    name="psutil_repr",
    told_by="psutil's connections, as Python prints them",
    opens=r"(?!)",  # every connection begins alike
    recognises=recognises,
    read=read,
)
