"""What lsof tells of an open file, whichever way it writes: as a table, as fields, or as JSON.

What the columns hold is in its manual (section OUTPUT) and, for Linux, in its dialects/linux/dsock.c:

- TYPE is IPv4 or IPv6 for a socket of TCP, also one that talks IPv4 through an IPv6 socket; NODE is the protocol.
- DEVICE is the socket's inode on Linux, and the address of a kernel structure, in hexadecimal, elsewhere: it tells the
  system. Both name one socket: the descriptors that share it show the same.
- With `-Tqs`, QR and QS are the queues. Of a listener, QR counts connections on Linux, and QS is always 0.
- A TCP socket that is in no table of the kernel is TYPE `sock`, with `protocol: TCP` for its name: it was never
  connected, or its connection is gone and the descriptor is still open. Its inode is in NODE. Before Linux 2.6.33 lsof
  could not identify the protocol of such a socket at all.

lsof lists what some process holds, so every row has a holder.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from closewait.formats.format import Reading
from closewait.formats.row_by_row import LARGEST_INTEGER, Row, columns_of, end, number
from closewait.records import record
from closewait.snapshot.host import Host
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

INTERNET = {"IPv4": "tcp", "IPv6": "tcp6", "inet": "tcp", "inet6": "tcp6"}
UNPLACED = {"protocol: TCP": "tcp", "protocol: TCPv6": "tcp6"}  # the name of a `sock` that is in no table
UNIDENTIFIED = "can't identify protocol"
NO_PCB = "no PCB"  # the kernel's part of the connection is gone (BSD, macOS)

END = r"(?:\[[^\]]*\]|[^\s\[\]>]*?):[^\s:>\[\]]+(?:\[[^\s\[\]]*\])?"  # `*:sunrpc[portmapper]`, with +M
ENDS = re.compile(rf"(?P<local>{END})(?:->(?P<remote>{END}))?")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,16}")
REGISTERED = re.compile(r"(?<=[\w*-])\[[^\[\]]*\]$")
DESCRIPTOR = re.compile(r"(?P<fd>[0-9]+)[a-zA-Z-]*")

HELD_ONLY = (
    "lsof lists what processes hold: no connection that waits in an accept queue or in TIME_WAIT. Without root, it may "
    "list one user's sockets only."
)
MOST_NAMED = 3  # processes in a caveat


@record
class OpenFile:
    """One open file, in lsof's words; None is "not told"."""

    process: str | None = None
    pid: str | None = None
    user: str | None = None
    uid: str | None = None
    fd: str | None = None
    type: str | None = None
    device: str | None = None
    inode: str | None = None
    protocol: str | None = None
    name: str | None = None
    state: str | None = None
    recv: str | None = None
    send: str | None = None


def is_tcp(file: OpenFile) -> bool:
    """Whether this is a socket of TCP; where lsof was not asked for the protocol, one that has a state."""
    if file.protocol is None and file.state is not None:
        return canonical(file.state) is not None
    return file.protocol == "TCP" or (file.type == "sock" and file.name in UNPLACED)


def is_unidentified(file: OpenFile) -> bool:
    """Whether this is a socket of which lsof does not know the protocol."""
    return file.type == "sock" and file.name is not None and file.name.startswith(UNIDENTIFIED)


def is_dead(file: OpenFile) -> bool:
    """Whether this descriptor has no connection: it is in no table of the kernel, or closed there (BSD, macOS)."""
    name, state = file.name or "", canonical(file.state) if file.state else None
    return is_unidentified(file) or name in UNPLACED or name.startswith(NO_PCB) or state == "CLOSED"


def is_whole(file: OpenFile) -> bool:
    """Whether the name of this socket, where it tells its ends, tells them to the last letter."""
    return file.name is None or file.name.startswith(("protocol: ", NO_PCB)) or ENDS.fullmatch(file.name) is not None


def row(file: OpenFile) -> Row:
    """A socket of TCP as a row."""
    state = canonical(file.state) if file.state else None
    descriptor = DESCRIPTOR.fullmatch(file.fd or "")
    columns: dict[str, Any] = {
        "protocol": INTERNET.get(file.type or "", UNPLACED.get(file.name or "", "tcp")),
        **ends(file.name),
        "state": state,
        "pid": number(file.pid),
        "process": file.process,
        "fd": number(descriptor["fd"]) if descriptor else None,
        "inode": socket_number(file.inode if file.type == "sock" else file.device),
        "uid": number(file.uid),
        "user": file.user,
    }
    received, sent = number(file.recv), number(file.send)
    if state == "LISTEN":
        columns["accept_queue_conns"] = received
    else:
        columns |= {"recv_queue_bytes": received, "send_queue_bytes": sent}
    return columns


def ends(name: str | None) -> dict[str, Any]:
    """The ends in `10.0.0.1:443->203.0.113.9:50123`, or in a listener's `*:443`."""
    found = ENDS.fullmatch(name or "")
    if found is None:
        return {}
    local, remote = found["local"], found["remote"]
    columns = end("local", REGISTERED.sub("", local) if local.endswith("]") else local)
    if remote:
        columns |= end("remote", REGISTERED.sub("", remote) if remote.endswith("]") else remote)
    return columns


def socket_number(text: str | None) -> int | None:
    """The inode, or the kernel's address where it fits into a column; None for a device's `0,9`."""
    if text and text.startswith("0x") and ADDRESS.fullmatch(text):
        value = int(text, 16)
        return value if value <= LARGEST_INTEGER else None
    return number(text)


def reading(format_name: str, files: Iterable[OpenFile], missed: Iterable[LineNotUnderstood] = ()) -> Reading:
    """One look at the sockets among `files`."""
    rows: list[Row] = []
    unidentified: list[OpenFile] = []
    dead: set[tuple[str | None, str | None, str | None]] = (
        set()
    )  # of each descriptor once: `-K` tells it for each thread
    on_linux = False
    for file in files:
        if is_tcp(file):
            rows.append(row(file))
            on_linux |= file.name in UNPLACED or (file.device or "").isdecimal()
        elif is_unidentified(file):
            unidentified.append(file)
        if file.pid and is_dead(file):
            dead.add((file.pid, file.process, file.fd))
    return Reading(
        format=format_name,
        columns=columns_of(rows),
        host=Host(system="Linux") if on_linux else None,
        lines_not_understood=tuple(missed),
        owners_told=True,
        caveats=tuple(caveats(rows, unidentified)),
        processes=holders_of(dead) if dead else None,
    )


def holders_of(dead: Iterable[tuple[str | None, str | None, str | None]]) -> dict[str, list[Any]]:
    """The processes that hold these dead descriptors, with how many of them."""
    held = Counter((pid, process) for pid, process, _ in dead).most_common()
    return {
        "pid": [number(pid) for (pid, _), _ in held],
        "process": [process for (_, process), _ in held],
        "dead_descriptors": [count for _, count in held],
    }


def with_caveat(look: Reading, caveat: str) -> Reading:
    """The same look, with one more thing that it does not tell."""
    return replace(look, caveats=(*look.caveats, caveat))


def caveats(rows: list[Row], unidentified: list[OpenFile]) -> Iterator[str]:
    """What lsof does not list, and what it could not tell."""
    if rows:
        yield HELD_ONLY
    if unidentified:
        held_by = Counter(f"{file.process or '?'}[{file.pid or '?'}]" for file in unidentified)
        named = ", ".join(f"{holder} {count}" for holder, count in held_by.most_common(MOST_NAMED))
        more = f" and {len(held_by) - MOST_NAMED} more processes" if len(held_by) > MOST_NAMED else ""
        yield (
            f"Of {len(unidentified)} sockets lsof could not tell the protocol ({named}{more}): they are in no table of "
            "the kernel, as a connection is that is gone while its descriptor is still open."
        )
