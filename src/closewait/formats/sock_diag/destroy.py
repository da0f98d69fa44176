"""SOCK_DESTROY: the message that makes the kernel end one socket, and what its answer says.

The cookie goes with both ends, so that a connection that has taken the same ends meanwhile is never hit: the kernel
answers ENOENT then (net/ipv4/inet_diag.c, inet_diag_find_one_icsk and sock_diag_check_cookie).
"""

import struct
from ipaddress import IPv4Address, IPv6Address

from closewait.errors import BadInput
from closewait.formats.sock_diag.layout import AF_INET, AF_INET6, HEADER, HEADER_BYTES, IPPROTO_TCP, NLMSG_ERROR
from closewait.records import record

SOCK_DESTROY = 21  # include/uapi/linux/sock_diag.h
REQUEST_WITH_ANSWER = 0x1 | 0x4  # NLM_F_REQUEST, NLM_F_ACK
REQUEST = struct.Struct("=BBBxI")  # struct inet_diag_req_v2 up to the socket's id
PORTS = struct.Struct("!HH")
INTERFACE_AND_COOKIE = struct.Struct("=IQ")  # the cookie is two words, the lower first, as the messages tell it
ADDRESS_BYTES = 16
ERROR = struct.Struct("=i")
EVERY_STATE = 0xFFFFFFFF


@record
class SocketId:
    """One socket as the kernel finds it; `family` is that of the socket, also for an IPv4 connection of an IPv6 one."""

    is_ipv6: bool
    local_address: str
    local_port: int
    remote_address: str
    remote_port: int
    interface: int  # index; 0 where it is bound to none
    cookie: int


def destroy_request(socket: SocketId) -> bytes:
    """The message that ends `socket`; a listener has no remote end and is refused. Raises BadInput."""
    if not socket.remote_port or not socket.cookie:
        raise BadInput("only a connection with a cookie can be named to the kernel; a listener is never destroyed")
    family = AF_INET6 if socket.is_ipv6 else AF_INET
    payload = (
        REQUEST.pack(family, IPPROTO_TCP, 0, EVERY_STATE)
        + PORTS.pack(socket.local_port, socket.remote_port)
        + _octets(socket.local_address, is_ipv6=socket.is_ipv6)
        + _octets(socket.remote_address, is_ipv6=socket.is_ipv6)
        + INTERFACE_AND_COOKIE.pack(socket.interface, socket.cookie & 0xFFFFFFFFFFFFFFFF)
    )
    return HEADER.pack(HEADER_BYTES + len(payload), SOCK_DESTROY, REQUEST_WITH_ANSWER, 1, 0) + payload


def refusal(answer: bytes) -> int:
    """The errno in the kernel's answer; 0 where it did as it was told. Raises BadInput for anything else."""
    if len(answer) < HEADER_BYTES + ERROR.size or HEADER.unpack_from(answer)[1] != NLMSG_ERROR:
        raise BadInput("the kernel's answer to SOCK_DESTROY is no acknowledgement")
    return -int(ERROR.unpack_from(answer, HEADER_BYTES)[0])


def _octets(address: str, *, is_ipv6: bool) -> bytes:
    """An address in the 16 bytes that the message has for it."""
    bare = address.partition("%")[0]
    if not is_ipv6:
        return IPv4Address(bare).packed.ljust(ADDRESS_BYTES, b"\0")
    return (IPv6Address(bare) if ":" in bare else IPv6Address(f"::ffff:{IPv4Address(bare)}")).packed
