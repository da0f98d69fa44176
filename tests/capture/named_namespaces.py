"""Network namespaces with names on the host, made by ip-netns(8) for one test and removed again."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from closewait.capture.namespace import inside

_numbers = count()


class Named:
    """A namespace with a name, its loopback up."""

    def __init__(self) -> None:
        self.name = f"closewait-test-{os.getpid()}-{next(_numbers)}"
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """What `function` returns inside; sockets that it makes stay there."""
        with inside(self.name):
            return function(*args)


def ip(*words: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@contextmanager
def named_namespaces(number: int) -> Iterator[list[Named]]:
    """So many of them, gone afterwards."""
    made: list[Named] = []
    try:
        for _ in range(number):
            made.append(Named())
        yield made
    finally:
        for one in made:
            ip("netns", "delete", one.name)
