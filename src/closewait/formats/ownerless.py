"""Whether a dump that names holders names all there are.

A socket without a holder may have none, or one that this user may not see; dumps print both alike. Some need no
explanation: TIME_WAIT and half-open requests never have a holder, and the other states past our own close() may have
lost it. A listener, a socket that connects, an open connection and one in CLOSE_WAIT have one, with two exceptions:

- A connection that waits in its listener's accept queue has none yet. The kernel tells inode 0 for it; where no inode
  is told, the listener's count of waiting connections must cover all such connections on its port.
- A socket of the kernel itself (NFS, for one) has none. Only a dump known to be root's can tell it from a hidden one.

If anything is left unexplained, holders are taken to be hidden: to call a hidden holder "nobody" would blame the
kernel or an accept queue for what a program does.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from closewait.formats.arrays import Mask, rows_of, rows_with
from closewait.snapshot.coded import Coded

#: States in which a program holds the socket, or will when it accepts it.
HELD = ("LISTEN", "SYN_SENT", "ESTABLISHED", "CLOSE_WAIT", "BOUND")
MAY_WAIT_FOR_ACCEPT = ("ESTABLISHED", "CLOSE_WAIT")


class Ownerless(NamedTuple):
    """A socket in a state of HELD whose row shows no holder; None is "not told"."""

    state: str
    local_port: int | None
    inode: int | None


def unexplained(sockets: Collection[Ownerless], waiting: Mapping[int, int]) -> int:
    """How many of these should show a holder; `waiting` counts, by port, connections that wait for accept()."""
    perhaps_waiting = Counter(socket.local_port for socket in sockets if may_wait(socket))
    return sum(
        socket.inode != 0
        and not (may_wait(socket) and perhaps_waiting[socket.local_port] <= waiting.get(socket.local_port or 0, 0))
        for socket in sockets
    )


def may_wait(socket: Ownerless) -> bool:
    """Whether this may be a connection in an accept queue, as far as its own row says."""
    return socket.inode is None and socket.state in MAY_WAIT_FOR_ACCEPT


def caveat(hidden: int) -> str:
    """What to tell a reader about holders that are not shown."""
    return (
        f"Holders that should be there are not shown (sockets: {hidden}). They are programs of other users, or the "
        "kernel itself; a dump taken as root would tell."
    )


def hidden(columns: Mapping[str, Any], state: Coded, held: Mask) -> int:
    """How many rows should show a holder and do not; `held` says which rows show one."""
    without = rows_of(rows_with(state, HELD.__contains__) & ~held)
    if not without:
        return 0
    ports, waiting = columns["local_port"].tolist(), columns["accept_queue_conns"].tolist()
    told = columns.get("inode", [None] * len(state))
    inodes: list[int | None] = told if isinstance(told, list) else told.tolist()
    queued = Counter[int]()
    for row in rows_of(rows_with(state, lambda name: name == "LISTEN")):
        queued[ports[row]] += waiting[row] or 0
    return unexplained([Ownerless(state[row] or "", ports[row], inodes[row]) for row in without], queued)
