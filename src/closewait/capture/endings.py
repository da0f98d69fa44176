"""Listening for sockets that end: the kernel sends each one's last tcp_info to the destroy groups of NETLINK_SOCK_DIAG.

Anybody may listen, and hears the sockets of the network namespace that the listener was opened in. Each message costs
the kernel a few µs where a socket ends, so it is asked for only while somebody listens.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from closewait.capture.netlink import open_netlink
from closewait.errors import CannotSee
from closewait.formats.sock_diag.endings import GROUPS, Ending, endings

DATAGRAM_BYTES = 1 << 16
DATAGRAMS_AT_ONCE = 4096


class Endings:
    """The endings that have been heard. `overruns` counts how often the kernel had to drop some."""

    def __init__(self, listening: socket.socket) -> None:
        self.overruns = 0
        self._listening = listening

    def read(self) -> Iterator[Ending]:
        """What has come since the last time; never waits."""
        pieces: list[bytes] = []
        while len(pieces) < DATAGRAMS_AT_ONCE:
            try:
                pieces.append(self._listening.recv(DATAGRAM_BYTES))
            except BlockingIOError:
                break
            except OSError as failed:
                if failed.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
        return endings(pieces)


@contextmanager
def listening() -> Iterator[Endings]:
    """A listener in this thread's network namespace. Raises CannotSee where the kernel has no such groups."""
    with open_netlink() as opened:
        try:
            opened.bind((0, GROUPS))
        except OSError as refused:
            raise CannotSee(f"the kernel does not tell how sockets end: {refused.strerror}") from None
        opened.setblocking(False)
        yield Endings(opened)
