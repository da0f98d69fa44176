"""The layout of sock_diag messages, as data: numbers, offsets, types and what the kernel's special values mean.

Sources: Linux include/uapi/linux/{netlink,sock_diag,inet_diag,tcp}.h and, for what a field means in which state,
net/ipv4/{inet_diag,tcp_diag,tcp}.c.
"""

import struct
import sys

from closewait.records import record

# include/linux/socket.h, include/uapi/linux/in.h
AF_INET = 2
AF_INET6 = 10
IPPROTO_TCP = 6

# include/uapi/linux/netlink.h
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port id
HEADER_BYTES = HEADER.size
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x1
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300

# include/uapi/linux/sock_diag.h and inet_diag.h
TCPDIAG_GETSOCK = 18  # the answer's type before Linux 3.3
SOCK_DIAG_BY_FAMILY = 20
SOCKET_MESSAGES = (SOCK_DIAG_BY_FAMILY, TCPDIAG_GETSOCK)
SOCKET_BYTES = 72  # struct inet_diag_msg
INET_DIAG_REQ_BYTECODE = 1

# What a field lies in: the struct every message has (not an attribute, so it borrows the number 0), or an attribute.
SOCKET = 0
INET_DIAG_INFO = 2
INET_DIAG_SHUTDOWN = 8
INET_DIAG_SKV6ONLY = 11
INET_DIAG_CGROUP_ID = 21

# Kernel state numbers that change what other fields mean (include/net/tcp_states.h).
SYN_SENT = 2
SYN_RECV = 3
CLOSE = 7
LISTEN = 10
NEW_SYN_RECV = 12
BOUND_INACTIVE = 13

#: A bit for each state from ESTABLISHED (1) to BOUND_INACTIVE (13); a kernel ignores the bits it does not know.
EVERY_STATE = sum(1 << number for number in range(1, BOUND_INACTIVE + 1))

#: States in which tcp_info is left empty or holds other things (tcp_get_info() in net/ipv4/tcp.c, on LISTEN).
WITHOUT_TCP_INFO = (CLOSE, LISTEN, BOUND_INACTIVE)

#: States before a connection stands: the clocks of tcp_info were not started and count from boot.
BEFORE_CONNECTION = (SYN_SENT, SYN_RECV, NEW_SYN_RECV)

#: idiag_timer; time_wait marks a minisocket, which has no owner and no tcp_info (inet_twsk_diag_fill()).
TIMERS = ("off", "retransmit", "keepalive", "time_wait", "zero_window_probe")
TIMER_OFF = TIMERS.index("off")
TIMER_TIME_WAIT = TIMERS.index("time_wait")

#: INET_DIAG_SHUTDOWN: bit 0 RCV_SHUTDOWN, bit 1 SEND_SHUTDOWN (include/net/sock.h).
SHUTDOWNS = ("none", "receive", "send", "both")


@record
class Field:
    """One number (or `count` words) in a kernel struct."""

    name: str
    offset: int  # bytes from the start of the struct
    dtype: str  # numpy's code; `>` is network byte order, `=` the host's
    unknown: int | None = None  # the number by which the kernel says "none" or "not measured"
    shift: int = 0  # of a bit field: bits below it
    bits: int = 0  # of a bit field: its width; 0 is the whole number
    count: int = 1

    @property
    def size(self) -> int:
        """Its bytes."""
        return int(self.dtype[-1]) * self.count

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


# Two shifts share a byte; which half comes first follows the byte order (bit fields of struct tcp_info).
_SEND_SCALE_SHIFT, _RECEIVE_SCALE_SHIFT = (0, 4) if sys.byteorder == "little" else (4, 0)

#: Clocks in ms, round-trip times in µs. Struct tcp_info only ever grew at its end: an older kernel's is shorter (its
#: columns are null), a newer one's longer (the tail is ignored).
FIELDS = {
    SOCKET: (
        Field("family", 0, "=u1"),
        Field("state", 1, "=u1"),
        Field("timer", 2, "=u1"),
        Field("timer_retransmits", 3, "=u1"),
        Field("local_port", 4, ">u2", unknown=0),
        Field("remote_port", 6, ">u2", unknown=0),
        Field("local_address", 8, "=u4", count=4),
        Field("remote_address", 24, "=u4", count=4),
        Field("interface", 40, "=u4", unknown=0),
        Field("cookie", 44, "=u8"),
        Field("timer_left_ms", 52, "=u4"),
        Field("recv_queue", 56, "=u4"),
        Field("send_queue", 60, "=u4"),
        Field("uid", 64, "=u4"),
        Field("inode", 68, "=u4"),
    ),
    INET_DIAG_INFO: (
        Field("unanswered_retransmits", 2, "=u1"),
        Field("unanswered_probes", 3, "=u1"),
        Field("backoff", 4, "=u1"),
        Field("send_window_scale", 6, "=u1", shift=_SEND_SCALE_SHIFT, bits=4),
        Field("receive_window_scale", 6, "=u1", shift=_RECEIVE_SCALE_SHIFT, bits=4),
        Field("rto_us", 8, "=u4"),
        Field("send_mss_bytes", 16, "=u4"),
        Field("unacked_segments", 24, "=u4"),
        Field("lost_segments", 32, "=u4"),
        Field("last_sent_ms", 44, "=u4"),
        Field("last_received_ms", 52, "=u4"),
        Field("last_ack_ms", 56, "=u4"),
        Field("rtt_us", 68, "=u4", unknown=0),
        Field("rtt_variation_us", 72, "=u4"),
        Field("congestion_window_segments", 80, "=u4"),
        Field("retransmitted_segments", 100, "=u4"),
        Field("bytes_acked", 120, "=u8"),
        Field("bytes_received", 128, "=u8"),
        Field("segments_out", 136, "=u4"),
        Field("segments_in", 140, "=u4"),
        Field("bytes_not_sent", 144, "=u4"),
        Field("min_rtt_us", 148, "=u4", unknown=0xFFFFFFFF),
        Field("bytes_sent", 200, "=u8"),
        Field("peer_window_bytes", 228, "=u4"),
    ),
    INET_DIAG_SHUTDOWN: (Field("shutdown", 0, "=u1"),),
    INET_DIAG_SKV6ONLY: (Field("v6only", 0, "=u1"),),
    INET_DIAG_CGROUP_ID: (Field("cgroup_id", 0, "=u8"),),
}

#: The clocks of tcp_info.
CLOCKS = ("last_sent_ms", "last_received_ms", "last_ack_ms")
