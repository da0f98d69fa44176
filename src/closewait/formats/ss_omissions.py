"""What `ss` leaves out and yet tells: it prints no word for a zero, for a timer that does not run, or for root.

A missing word means zero only where this version of ss would have printed it: on a row that has the words around it
(`sock_details_print`, `tcp_stats_print` in iproute2's misc/ss.c) and in a dump where another row has the word itself.
Some words are printed where they mean nothing, and are taken away here: tcp_info of a listener counts its queue, and
the clocks of a connection that was never made count from boot.
"""

from collections.abc import Iterable, Sequence
from typing import Any

Columns = dict[str, list[Any]]

TCP_INFO_IS_TOLD_BY = "congestion_window_segments"  # printed wherever there is a tcp_info
DETAILS_ARE_TOLD_BY = ("inode", "cookie")

CLOCKS = ("last_sent_ms", "last_received_ms", "last_ack_ms")
COUNTERS = (
    "backoff", "bytes_sent", "bytes_acked", "bytes_received", "bytes_not_sent", "segments_out", "segments_in",
    "unacked_segments", "retransmitted_segments", "lost_segments",
)  # fmt: skip
TCP_INFO = (
    TCP_INFO_IS_TOLD_BY, *CLOCKS, *COUNTERS, "rto_us", "rtt_us", "rtt_variation_us", "min_rtt_us", "send_mss_bytes",
    "peer_window_bytes", "send_window_scale", "receive_window_scale",
)  # fmt: skip

MEANINGLESS = {"LISTEN": TCP_INFO, "SYN_SENT": CLOCKS, "SYN_RECEIVED": CLOCKS}


def restore(columns: Columns, states: Sequence[str | None]) -> None:
    """Put into `columns` what their words leave out, and take from them what means nothing in a row's state."""
    told_by_info = columns.get(TCP_INFO_IS_TOLD_BY, [])
    with_tcp_info = [row for row, told in enumerate(told_by_info) if told is not None]
    restore_timers(columns)
    restore_users(columns, states)
    for name in (*CLOCKS, *COUNTERS):
        put_where_missing(columns, name, 0, with_tcp_info)
    for row, state in enumerate(states):
        for name in MEANINGLESS.get(state or "", ()):
            if name in columns:
                columns[name][row] = None


def restore_timers(columns: Columns) -> None:
    """Where a dump tells timers (-o), a row without the word has none running."""
    if "timer" in columns:
        times = columns.get("timer_left_s", columns["timer"])
        idle = [row for row, timer in enumerate(columns["timer"]) if timer is None and times[row] is None]
        put_where_missing(columns, "timer", "off", idle)
        put_where_missing(columns, "timer_retransmits", 0, idle)


def idle_timers(rows: int) -> Columns:
    """The timers of a dump that was asked for them and prints none."""
    return {"timer": ["off"] * rows, "timer_retransmits": [0] * rows}


def restore_users(columns: Columns, states: Sequence[str | None]) -> None:
    """Where a row tells details (-e), a missing `uid:` is root's; but a minisocket belongs to nobody."""
    told = [columns[name] for name in DETAILS_ARE_TOLD_BY if name in columns]
    if not told:
        return
    inodes = columns.get("inode", [])
    with_details = [
        row
        for row, values in enumerate(zip(*told, strict=True))
        if any(value is not None for value in values)
        and not (states[row] in ("TIME_WAIT", "SYN_RECEIVED", "FIN_WAIT_2") and inodes and inodes[row] == 0)
    ]
    if with_details:
        columns.setdefault("uid", [None] * len(states))
        put_where_missing(columns, "uid", 0, with_details)


def put_where_missing(columns: Columns, name: str, value: Any, rows: Iterable[int]) -> None:
    """Let these rows have `value` where they have none, if the dump has this column at all."""
    if name in columns:
        column = columns[name]
        for row in rows:
            if column[row] is None:
                column[row] = value
