"""Fifty network namespaces, each with a listener, held by one process: a host full of quiet containers."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from closewait.capture.namespace import inside

PREFIX = "closewait-many-"


@contextmanager
def many_namespaces(count: int = 50) -> Iterator[None]:
    """Make them, and take them down again."""
    names = [f"{PREFIX}{os.getpid()}-{number}" for number in range(count)]
    made: list[str] = []
    ready, say_ready = os.pipe()
    wait_here, leash = os.pipe()
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            made.append(name)
        pid = os.fork()
        if pid == 0:
            try:
                os.close(leash)
                held = [_listener(name) for name in names]
                os.write(say_ready, b"!")
                os.read(wait_here, 1)  # ends when the last copy of the leash is closed
                del held
            finally:
                os._exit(0)
        os.read(ready, 1)
        yield
        os.close(leash)
        os.waitpid(pid, 0)
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], check=False)


def _listener(netns: str) -> socket.socket:
    with inside(netns):
        return socket.create_server(("", 8080))
