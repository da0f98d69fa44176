"""Two echo servers that fork a process for each connection. The second keeps the parent's copy of it open.

Its children serve to the end, and then do what takes long, a report or a backup, with the connection still open.
"""

import os
import signal
import socket
import sys
from typing import NoReturn

port, forgetful_port = map(int, sys.argv[1:])
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave no zombies
kept = []


def serve(connection: socket.socket, *, works_on: bool) -> NoReturn:
    """Echo until the client has had enough."""
    while said := connection.recv(64):
        connection.sendall(said)
    while works_on:
        signal.pause()
    sys.exit()


forgetful = os.fork() == 0
with socket.create_server(("127.0.0.1", forgetful_port if forgetful else port)) as listener:
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            serve(connection, works_on=forgetful)
        if forgetful:
            kept.append(connection)
        else:
            connection.close()
