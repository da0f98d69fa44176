"""A network namespace with a name on the host, for a bench or a soak."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def namespace(purpose: str) -> Iterator[str]:
    """Its name: `closewait-PURPOSE-PID`; its loopback is up, and it is gone afterwards."""
    name = f"closewait-{purpose}-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)
