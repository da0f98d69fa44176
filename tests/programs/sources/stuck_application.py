"""A WSGI application: /stuck waits for a lock that nobody gives back, everything else is answered."""

import threading
from collections.abc import Callable, Iterable

forgotten = threading.Lock()
forgotten.acquire()


def application(request: dict[str, str], begin: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer, or never come back."""
    if request["PATH_INFO"] == "/stuck":
        forgotten.acquire()
    begin("200 OK", [("Content-Length", "4")])
    return [b"well"]
