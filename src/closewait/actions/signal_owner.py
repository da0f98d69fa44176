"""A signal to the process that holds the sockets, by a pidfd, so that no other process gets it."""

import signal

from closewait.actions.identity import process
from closewait.errors import CannotAct

#: The signals that ask a program: to end, or to begin anew. None that ends it unasked.
SIGNALS = {"TERM": signal.SIGTERM, "HUP": signal.SIGHUP}


def send(pid: int, started: int | None, name: str) -> None:
    """Send the signal to the process that started then. Raises CannotAct."""
    with process(pid, started) as pidfd:
        try:
            signal.pidfd_send_signal(pidfd, SIGNALS[name])
        except PermissionError:
            raise CannotAct(f"process {pid} is another user's: CAP_KILL is needed; run as root") from None
        except ProcessLookupError:
            raise CannotAct(f"process {pid} has ended since the look") from None
