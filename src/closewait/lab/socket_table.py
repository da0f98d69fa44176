"""What the kernel says about the sockets around a stage: just enough of `/proc/net/tcp` to know that a scene holds.

The doctor's own reader and numbers are not used on purpose: a scene that is proved by what it is to prove says nothing.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from closewait.records import record

# Linux include/net/tcp_states.h
STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT",
    "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECEIVED",
)  # fmt: skip


@record
class Socket:
    """One IPv4 socket. The queues count bytes, for LISTEN connections; `inode` 0: no process holds it."""

    state: str
    local_port: int
    remote_port: int
    recv_queue: int
    send_queue: int
    inode: int
    peer_is_full: bool  # the timer of zero window probes runs

    @property
    def ports(self) -> tuple[int, int]:
        """Both ports, this end's first."""
        return self.local_port, self.remote_port


def sockets() -> Iterator[Socket]:
    """The sockets of this process's network namespace (proc_pid_net(5), net/ipv4/tcp_ipv4.c get_tcp4_sock())."""
    with Path("/proc/thread-self/net/tcp").open() as table:
        next(table)
        for line in table:
            _, local, remote, state, queues, timer, _, _, _, inode, *_ = line.split()
            yield Socket(
                state=STATES[int(state, 16)],
                local_port=int(local.split(":")[1], 16),
                remote_port=int(remote.split(":")[1], 16),
                recv_queue=int(queues.split(":")[1], 16),
                send_queue=int(queues.split(":")[0], 16),
                inode=int(inode),
                peer_is_full=timer.startswith("04:"),
            )


def inodes_held_by(pid: int) -> set[int]:
    """Inodes of the sockets that a process of ours has open; what it closes meanwhile is not open."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", entry.readlink().name):
                inodes.add(int(found[1]))
    return inodes
