"""The schema of the one table, as data: every column with its unit, its meaning and what empty means.

A column means one thing in one unit. Where the kernel puts two meanings in one field (a listener's queues count
connections, every other socket's count bytes) there are two columns. Empty is null and never zero.
"""

from typing import Literal

from closewait.records import record

Kind = Literal["text", "integer", "real", "flag"]

NOT_TOLD = "The source does not tell it."
IN_NONE = "It runs in none, or the source does not tell it."
RUNTIME_UNKNOWN = "In no container, or several runtimes name theirs so."
NO_TCP_INFO = "The source gives no tcp_info; TIME_WAIT and half-open request sockets never have one."


@record
class Column:
    """One column: what a value is, in which unit, and what a missing value means."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    when_empty: str = NOT_TOLD


SOCKETS = (
    Column("protocol", "text", "name", "`tcp`, or `tcp6` where the source tells IPv6 sockets apart."),
    Column("local_address", "text", "address", "This end's address, as told; a wildcard is `0.0.0.0`, `::` or `*`."),
    Column(
        "local_port", "integer", "port number", "This end's port.", "The port is told as a name, `*`, or not at all."
    ),
    Column(
        "local_service", "text", "service name", "This end's port where the source told a name.", "Told as a number."
    ),
    Column("remote_address", "text", "address", "The other end's address, as told."),
    Column("remote_port", "integer", "port number", "The other end's port.", "A listener, or told as a name or `*`."),
    Column("remote_service", "text", "service name", "The other end's port where told as a name.", "Told as a number."),
    Column("state", "text", "RFC 9293 name", "The state, spelled as in `tcp/states.py`.", "The source shows no state."),
    Column(
        "recv_queue_bytes",
        "integer",
        "bytes",
        "Received by the kernel and not yet read by the program; an unread FIN counts as one byte.",
        "The socket is listening (see accept_queue_conns), or the source has no such field.",
    ),
    Column(
        "send_queue_bytes",
        "integer",
        "bytes",
        "Written by the program and not yet acknowledged by the peer; our own FIN counts as one byte.",
        "The socket is listening (see accept_queue_limit), or the source has no such field.",
    ),
    Column(
        "accept_queue_conns",
        "integer",
        "connections",
        "Connections complete and waiting in this listener's queue for accept().",
        "Not a listener, or the source has no such field.",
    ),
    Column(
        "accept_queue_limit",
        "integer",
        "connections",
        "The listener's backlog; the queue is full at one more than this.",
        "Not a listener, or the source has no such field (old netstat prints 0 here).",
    ),
    Column("pid", "integer", "process id", "A process that holds the socket; the lowest of several (see `holders`)."),
    Column("process", "text", "command name", "That process's name, at most 15 bytes on Linux."),
    Column("fd", "integer", "descriptor number", "The descriptor by which that process holds the socket."),
    Column(
        "inode",
        "integer",
        "inode number",
        "The socket's file; 0 says that no process holds it (in an accept queue, orphaned, or TIME_WAIT).",
    ),
    Column("uid", "integer", "user id", "The user the socket belongs to; for a queued one, its listener's."),
    Column("age_low_s", "real", "seconds", "The socket has been in this state at least this long."),
    Column("age_high_s", "real", "seconds", "The socket has been in this state at most this long."),
    Column("cookie", "integer", "64-bit number", "The kernel's name for this socket; never used twice before reboot."),
    Column("interface", "text", "name", "The network interface the socket is bound to.", "Not bound, or not told."),
    Column(
        "timer",
        "text",
        "name",
        "`off`, `retransmit`, `keepalive`, `time_wait`, `zero_window_probe` or `delayed_ack`: the timer that runs.",
    ),
    Column("timer_left_s", "real", "seconds", "Time until that timer fires.", "No timer runs, or not told."),
    Column("timer_retransmits", "integer", "count", "Retransmissions or probes so far without an answer."),
    Column("shutdown", "text", "directions", "`none`, `receive`, `send` or `both`: the directions already closed."),
    Column("cgroup_id", "integer", "inode number", "The control group the socket was made in."),
    Column("cgroup", "text", "path", "The control group's path, where the source tells it."),
    Column("container", "text", "name", "The container, jail or zone the source names beside the socket."),
    Column("user", "text", "user name", "The owner's name, where the source tells it."),
    Column("last_sent_ms", "integer", "milliseconds", "Since the program's data was last sent.", NO_TCP_INFO),
    Column("last_received_ms", "integer", "milliseconds", "Since data (not a FIN) last arrived.", NO_TCP_INFO),
    Column("last_ack_ms", "integer", "milliseconds", "Since the last acceptable segment arrived.", NO_TCP_INFO),
    Column("bytes_acked", "integer", "bytes", "Sent and acknowledged by the peer over the socket's life.", NO_TCP_INFO),
    Column("bytes_received", "integer", "bytes", "Received over the socket's life; a FIN counts as one.", NO_TCP_INFO),
    Column("bytes_sent", "integer", "bytes", "Sent over the socket's life, retransmissions included.", NO_TCP_INFO),
    Column("bytes_not_sent", "integer", "bytes", "Written by the program and not sent even once.", NO_TCP_INFO),
    Column("segments_in", "integer", "segments", "Segments received over the socket's life.", NO_TCP_INFO),
    Column("segments_out", "integer", "segments", "Segments sent over the socket's life.", NO_TCP_INFO),
    Column("rtt_us", "integer", "microseconds", "Smoothed round-trip time.", NO_TCP_INFO),
    Column("rtt_variation_us", "integer", "microseconds", "Its mean deviation.", NO_TCP_INFO),
    Column("min_rtt_us", "integer", "microseconds", "The smallest round-trip time seen lately.", NO_TCP_INFO),
    Column("rto_us", "integer", "microseconds", "The retransmission time-out now in force.", NO_TCP_INFO),
    Column("backoff", "integer", "doublings", "How often the retransmission time-out was doubled.", NO_TCP_INFO),
    Column("unanswered_retransmits", "integer", "count", "Retransmissions of the oldest segment.", NO_TCP_INFO),
    Column("unanswered_probes", "integer", "count", "Keepalive or window probes without an answer.", NO_TCP_INFO),
    Column("unacked_segments", "integer", "segments", "Sent and not yet acknowledged.", NO_TCP_INFO),
    Column("lost_segments", "integer", "segments", "Believed lost.", NO_TCP_INFO),
    Column("retransmitted_segments", "integer", "segments", "Retransmitted over the socket's life.", NO_TCP_INFO),
    Column("congestion_window_segments", "integer", "segments", "The congestion window.", NO_TCP_INFO),
    Column("send_mss_bytes", "integer", "bytes", "The largest segment we send.", NO_TCP_INFO),
    Column("peer_window_bytes", "integer", "bytes", "The peer's advertised receive window.", NO_TCP_INFO),
    Column("send_window_scale", "integer", "bits", "Shift of the peer's advertised window.", NO_TCP_INFO),
    Column("receive_window_scale", "integer", "bits", "Shift of our advertised window.", NO_TCP_INFO),
)

#: What `diagnosis/roles.py` says of a socket beside what was told of it; to filter, group and ask by.
CHARGES = (
    Column("role", "text", "name", "`server` or `client`: the end of the connection that this host is."),
    Column(
        "owner_kind",
        "text",
        "name",
        "Whom the socket is charged to: `holder` (a process), `listener` (nobody has accepted it yet), `kernel` "
        "(nobody any more), `hidden` or `untold`.",
    ),
    Column("owner_pid", "integer", "process id", "The holder, or the listener's holder for a queued connection."),
    Column("owner_process", "text", "command name", "That process's name."),
)

HOLDERS = (
    Column("socket", "integer", "row number", "The row of `sockets` that is held, counted from 0."),
    Column("pid", "integer", "process id", "The process that holds it."),
    Column("process", "text", "command name", "Its name."),
    Column("fd", "integer", "descriptor number", "The descriptor by which it holds it."),
)

PROCESSES = (
    Column("pid", "integer", "process id", "The process."),
    Column("process", "text", "command name", "Its name, at most 15 bytes on Linux."),
    Column("command_line", "text", "text", "Its arguments, joined by blanks.", "A kernel thread, or hidden."),
    Column("uid", "integer", "user id", "Its effective user."),
    Column("started_at_unix_s", "real", "seconds since 1970", "When it started."),
    Column("descriptors", "integer", "count", "Open descriptors.", "Hidden from this user."),
    Column("descriptor_limit", "integer", "count", "Its soft limit (RLIMIT_NOFILE).", "Unlimited, or hidden."),
    Column(
        "dead_descriptors",
        "integer",
        "count",
        "Open descriptors of TCP sockets that are in no table of the kernel: their connections are gone.",
        "Too few sockets of the process are missing from the tables to ask, or they may not be asked.",
    ),
    Column("user", "text", "user name", "The name of `uid` in /etc/passwd.", "Not in that file, or not told."),
    Column("cgroup", "text", "path", "The control group it runs in.", "The root group, or not told."),
    Column("unit", "text", "unit name", "The innermost systemd unit it runs in, such as `nginx.service`.", IN_NONE),
    Column("container", "text", "container id", "The container it runs in, as its control group names it.", IN_NONE),
    Column("container_runtime", "text", "name", "`docker`, `containerd`, `cri-o`, `podman` or `lxc`.", RUNTIME_UNKNOWN),
    Column("pod_uid", "text", "uid", "The Kubernetes pod it runs in.", IN_NONE),
)

FLOWS = tuple(c for c in SOCKETS if c.name in {
    "protocol", "local_address", "local_port", "local_service",
    "remote_address", "remote_port", "remote_service", "state", "timer_left_s",
})  # fmt: skip

#: The columns that every JSON row carries, null or not, in this order (schema `closewait/1`).
ALWAYS_IN_JSON = tuple(c.name for c in SOCKETS[:19])
