"""What the kernel is asked for: which states, and which sockets of them. How it is found is in `bytecode.py`."""

from closewait.formats.sock_diag.layout import EVERY_STATE
from closewait.records import record


@record
class Asked:
    """A bit for each of the kernel's states, and a program that the kernel runs on each socket; without one, all."""

    states: int = EVERY_STATE
    bytecode: bytes = b""


EVERY_SOCKET = Asked()
