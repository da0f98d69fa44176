"""Short connections and real sockets whose every transition is known, at an address that nobody else uses.

As a script: `short_connections.py ADDRESS PORT COUNT` makes so many connections and prints how many it made.
"""

import itertools
import os
import socket
import sys

#: Both ends of a connection that one end closes, and then the other: what the kernel tells of each (Linux 6.18).
CONNECTING_END = ("CLOSED", "SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSED")
ACCEPTING_END = ("LISTEN", "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED")
TRANSITIONS_OF_A_CONNECTION = len(CONNECTING_END) - 1 + len(ACCEPTING_END) - 1
TRANSITIONS_OF_A_LISTENER = 2

_numbers = itertools.count()


def own_address() -> str:
    """An address of the loopback network for one test: events do not tell the network namespace."""
    return f"127.{100 + os.getpid() // 65536 % 100}.{os.getpid() // 256 % 256}.{1 + next(_numbers) % 254}"


def connection(address: str, port: int = 0) -> tuple[socket.socket, socket.socket]:
    """The connecting end and the accepting end; their listener is closed again."""
    with socket.create_server((address, port)) as listener:
        near = socket.create_connection(listener.getsockname())
        return near, listener.accept()[0]


def make(address: str, port: int, count: int) -> int:
    """Open and close `count` connections; each is over at this end before the next begins."""
    with socket.create_server((address, port)) as listener:
        for _ in range(count):
            near = socket.create_connection((address, port))
            far = listener.accept()[0]
            near.close()
            assert far.recv(1) == b""
            far.close()
    return count


if __name__ == "__main__":
    sys.stdout.write(str(make(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
