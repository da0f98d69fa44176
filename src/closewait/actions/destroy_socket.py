"""SOCK_DESTROY: the kernel ends a connection by itself, in this thread's network namespace. Needs CAP_NET_ADMIN.

The peer is sent a reset where the state calls for one; the program gets ECONNABORTED, and keeps its descriptor.
"""

import errno
import os
import socket
import struct

from closewait.errors import CannotAct
from closewait.formats.sock_diag.destroy import SocketId, destroy_request, refusal

NETLINK_SOCK_DIAG = 4  # include/uapi/linux/netlink.h
PATIENCE = struct.pack("ll", 5, 0)  # struct timeval
ANSWER_BYTES = 4096

WHY_NOT = {
    errno.ENOENT: "it was gone already, or another connection has its ends now (the cookie differs)",
    errno.EPERM: "the kernel refused it: CAP_NET_ADMIN is needed; run as root",
    errno.EOPNOTSUPP: "this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY is not set)",
}


def destroy(target: SocketId) -> None:
    """End the socket. Raises CannotAct where the kernel does not."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
        asking.send(destroy_request(target))
        try:
            answer = asking.recv(ANSWER_BYTES)
        except BlockingIOError:
            raise CannotAct("the kernel has not answered: it is not known whether it was done") from None
    number = refusal(answer)
    if number:
        raise CannotAct(WHY_NOT.get(number, f"the kernel refused it: {os.strerror(number)}"))
