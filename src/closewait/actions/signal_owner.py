"""A signal to the process that holds the sockets, by a pidfd, so that no other process gets it."""

import signal
from collections.abc import Sequence

from closewait.actions.identity import Descriptor, holds, process
from closewait.errors import CannotAct

#: The signals that ask a program: to end, or to begin anew. None that ends it unasked.
#: By name: Windows has no SIGHUP, and must be able to read this far.
SIGNALS = ("TERM", "HUP")


def send(pid: int, started: int | None, descriptors: Sequence[Descriptor], name: str) -> None:
    """Send the signal to the process that started then, if it still holds one of the sockets. Raises CannotAct."""
    with process(pid, started) as pidfd:
        if not any(holds(one) for one in descriptors if one.pid == pid):
            raise CannotAct(f"process {pid} holds none of these sockets any more, so it is sent no signal")
        try:
            signal.pidfd_send_signal(pidfd, getattr(signal, f"SIG{name}"))
        except PermissionError:
            raise CannotAct(f"process {pid} is another user's: CAP_KILL is needed; run as root") from None
        except ProcessLookupError:
            raise CannotAct(f"process {pid} has ended since the look") from None
