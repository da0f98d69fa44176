"""shutdown() of a socket that another process holds: pidfd_getfd(2) lends us its descriptor for a moment (Linux 5.6).

A clean FIN goes out behind what the program had written, as if it had called shutdown() itself. Needs the right to
trace the process: the same user (where Yama allows it), or CAP_SYS_PTRACE.
"""

import errno
import os
import socket
import struct

from closewait.actions.identity import process
from closewait.errors import CannotAct

PIDFD_GETFD = 438  # the same number on every machine (include/uapi/asm-generic/unistd.h, syscall_64.tbl)
SO_COOKIE = 57  # include/uapi/asm-generic/socket.h
COOKIE = struct.Struct("=Q")

WHY_NOT = {
    errno.EPERM: "the kernel refused it: CAP_SYS_PTRACE is needed to borrow another user's descriptor; run as root",
    errno.EBADF: "the process has closed that descriptor since the look",
    errno.ENOSYS: "this kernel cannot lend descriptors (pidfd_getfd, Linux 5.6 and later)",
    errno.ESRCH: "the process has ended since the look",
}


def shut_down(pid: int, started: int | None, fd: int, cookie: int, *, listening: bool = False) -> None:
    """End the sending of the socket with this cookie, which that process holds as `fd`. Raises CannotAct.

    A listener is made to listen no more: its waiting clients are reset, and accept() fails.
    """
    with process(pid, started) as pidfd, borrowed(pidfd, fd) as lent:
        if COOKIE.unpack(lent.getsockopt(socket.SOL_SOCKET, SO_COOKIE, COOKIE.size))[0] != cookie & (1 << 64) - 1:
            raise CannotAct(f"descriptor {fd} of process {pid} is another socket since the look (the cookie differs)")
        try:
            lent.shutdown(socket.SHUT_RDWR if listening else socket.SHUT_WR)
        except OSError as refused:
            raise CannotAct(f"shutdown() was refused: {refused.strerror}") from None


def borrowed(pidfd: int, fd: int) -> socket.socket:
    """Our own descriptor for what a process has as `fd`; the caller closes it, and the process keeps its own."""
    import ctypes  # 10 ms to import

    libc = ctypes.CDLL(None, use_errno=True)
    lent = libc.syscall(PIDFD_GETFD, pidfd, fd, 0)
    if lent < 0:
        number = ctypes.get_errno()
        raise CannotAct(WHY_NOT.get(number, f"the descriptor was not lent: {os.strerror(number)}"))
    try:
        return socket.socket(fileno=lent)
    except OSError:
        os.close(lent)
        raise CannotAct(f"descriptor {fd} is no socket any more") from None
