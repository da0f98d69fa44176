"""Netlink messages made by hand, from the kernel's headers and apart from the product's own layout.

Linux include/uapi/linux/netlink.h, inet_diag.h and tcp.h; numbers in this host's byte order, ports in the network's.
"""

import struct
from collections.abc import Iterable, Mapping

SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_MULTI, NLM_F_DUMP_INTR = 2, 0x10
TCP_INFO, SHUTDOWN, SKV6ONLY, CGROUP_ID = 2, 8, 11, 21

#: A few of the fields of struct tcp_info: name, offset, struct code.
TCP_INFO_FIELDS = {
    "snd_wscale_and_rcv_wscale": (6, "B"),
    "rto": (8, "I"),
    "last_data_sent": (44, "I"),
    "last_data_recv": (52, "I"),
    "last_ack_recv": (56, "I"),
    "rtt": (68, "I"),
    "total_retrans": (100, "I"),
    "bytes_acked": (120, "Q"),
    "segs_in": (140, "I"),
    "min_rtt": (148, "I"),
    "bytes_sent": (200, "Q"),
    "snd_wnd": (228, "I"),
}


def message(kind: int, payload: bytes, flags: int = NLM_F_MULTI) -> bytes:
    """One netlink message, padded to 4 bytes."""
    length = 16 + len(payload)
    return struct.pack("=IHHII", length, kind, flags, 1, 99) + payload + bytes(-length % 4)


def end_mark(errno: int = 0, flags: int = NLM_F_MULTI) -> bytes:
    """NLMSG_DONE, with the negative of an error number."""
    return message(NLMSG_DONE, struct.pack("=i", -errno), flags)


def refusal(errno: int) -> bytes:
    """NLMSG_ERROR: the negative of an error number, and the header of the request."""
    return message(NLMSG_ERROR, struct.pack("=i16x", -errno))


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to 4 bytes."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def tcp_info(size: int = 248, **numbers: int) -> bytes:
    """A struct tcp_info of this size; what is not named is 0."""
    info = bytearray(248)
    for name, number in numbers.items():
        offset, code = TCP_INFO_FIELDS[name]
        struct.pack_into(f"={code}", info, offset, number)
    return bytes(info[:size]).ljust(size, b"\xee")


def socket_message(
    *,
    family: int = 2,
    state: int = 1,
    timer: int = 0,
    retransmits: int = 0,
    ports: tuple[int, int] = (443, 50123),
    addresses: tuple[bytes, bytes] = (bytes([10, 0, 0, 1]), bytes([203, 0, 113, 9])),
    interface: int = 0,
    cookie: int = 0x1_0000_0002,
    expires_ms: int = 0,
    queues: tuple[int, int] = (0, 0),
    uid: int = 0,
    inode: int = 777,
    attributes: Mapping[int, bytes] | Iterable[tuple[int, bytes]] = (),
    flags: int = NLM_F_MULTI,
) -> bytes:
    """One socket as the kernel tells it: struct inet_diag_msg and attributes."""
    pairs = attributes.items() if isinstance(attributes, Mapping) else attributes
    payload = (
        struct.pack("=BBBB", family, state, timer, retransmits)
        + struct.pack(">HH", *ports)
        + b"".join(address.ljust(16, b"\0") for address in addresses)
        + struct.pack("=IQ", interface, cookie)
        + struct.pack("=IIIII", expires_ms, *queues, uid, inode)
        + b"".join(attribute(kind, content) for kind, content in pairs)
    )
    return message(SOCK_DIAG_BY_FAMILY, payload, flags)
