"""A client that opens a connection for every request and closes it first: the actor of the two scenes about ports.

The addresses are of a documentation range (RFC 5737), so that tcp_tw_reuse, which by default reuses ports towards
loopback addresses only (net/ipv4/tcp_ipv4.c tcp_twsk_unique()), leaves each port taken for the whole TIME_WAIT.
"""

import socket
import time
from typing import NoReturn

from closewait.lab import socket_table
from closewait.lab.actors import ask
from closewait.lab.stage import Address, Stage

CLIENT_HOST = "192.0.2.1"
SERVER_HOST = "192.0.2.2"
FIRST_PORT = 20_000  # below the default range, so that the listener's port is none of the clients'
IP_BIND_ADDRESS_NO_PORT = 24  # Linux include/uapi/linux/in.h; in the socket module from Python 3.12
LOOK_EVERY_S = 0.25


def open_server(stage: Stage, ports: int) -> socket.socket:
    """A listener in the stage's namespace, towards which connect() has `ports` local ports to choose from."""
    stage.add_address(CLIENT_HOST)
    stage.add_address(SERVER_HOST)
    listener = stage.listen(SERVER_HOST)
    stage.narrow_ports(FIRST_PORT, ports)
    return listener


def churn(server: Address, stay: int, leave: int, more_per_s: float = 0.0) -> NoReturn:
    """Keep `stay` connections and see to it that `leave` more are in TIME_WAIT, and `more_per_s` on top."""
    kept = [_connect(server) for _ in range(stay)]
    for connection in kept:
        ask(connection)
    next_at_s = time.monotonic()
    while True:
        for _ in range(leave - time_waits(server)):
            _connect(server).close()
        if more_per_s and time.monotonic() >= next_at_s:
            _connect(server).close()
            next_at_s += 1 / more_per_s
        time.sleep(LOOK_EVERY_S)


def time_waits(server: Address) -> int:
    """How many client sides towards `server` are in TIME_WAIT in this namespace."""
    port = server[1]
    return sum(one.state == "TIME_WAIT" and one.remote_port == port for one in socket_table.sockets())


def _connect(server: Address) -> socket.socket:
    """Connect from the client's address; the port is chosen by connect(), for this destination only."""
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    connection.bind((CLIENT_HOST, 0))
    connection.connect(server)
    return connection
