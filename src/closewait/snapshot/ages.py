"""How long a socket has been in its state, as far as one look tells: a lower and an upper bound, equal where exact.

Linux keeps no entry time, but tcp_info's clocks enclose it (measured on Linux 6.18, kernel net/ipv4/tcp.c,
tcp_get_info):

- `last_ack` counts from the last acceptable segment of the peer, and a FIN is one: CLOSE_WAIT is at least as old. Later
  segments restart it: answers to our keepalive probes, acknowledgements of what the program still sends, and, not to be
  told apart in one look, a retransmitted FIN or a keepalive probe with a byte in it (Windows).
- `last_received` counts from the last data, or from the beginning where none came. No data follows a FIN: CLOSE_WAIT is
  at most as old.
- `last_sent` counts from our last data, or from the beginning. FIN_WAIT_2 is at most as old: no data follows our FIN.

The clocks are 32 bits of milliseconds and start again at 0 after 49.7 days; an age beyond that is told too low.

A minisocket has no clocks, but a timer of known length. In TIME_WAIT the time gone is the age (a retransmitted FIN of
the peer restarts it, RFC 9293 section 3.10.7.8). In FIN_WAIT_2 it began when the program let go, which may be later
than the state (shutdown() first, close() later): a lower bound. (The socket option TCP_LINGER2 shortens it unseen.)
"""

import polars as pl

from closewait.records import record
from closewait.snapshot.host import Host

QUIET_S = 1.0  # between our last data and the peer's last segment: more, and it was no answer to that data
QUIET_ROUND_TRIPS = 2

# Where a keepalive timer runs and a probe was answered since the FIN, `last_ack` plus the time left is either the probe
# interval (less one round trip) or the idle time that the program asked for (tcp_keepalive_timer() in
# net/ipv4/tcp_timer.c). The idle time passed at least once since the FIN then, so it is less than `last_received`. The
# interval is 75 s unless the program or the host chose another; both are set in whole seconds. So a sum above both, and
# not a whole number of seconds, shows that no probe was due since the FIN.
KEEPALIVE_INTERVAL_S = 75.0
TICKS_S = 0.05  # a few ticks of the slowest kernel clock (HZ=100), and the kernel's own delay
PROBE_ROUND_TRIPS = 4
LEAST_PROBE_ROUND_TRIP_S = 0.1

LONGEST_MINISOCKET_S = 60.0  # TCP_TIMEWAIT_LEN: of a longer tcp_fin_timeout an orphan spends the rest as it was

AGED = ("CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT")  # the states whose age one look tells

CLOCK_DIGITS = 3  # the kernel tells milliseconds
UNKNOWN = pl.lit(None, dtype=pl.Float64)


@record
class Bounds:
    """For the sockets that `which` holds of: the least and the greatest age, in seconds."""

    which: pl.Expr
    low_s: pl.Expr
    high_s: pl.Expr


def with_ages(sockets: pl.DataFrame, host: Host) -> pl.DataFrame:
    """`sockets` with `age_low_s` and `age_high_s` filled, where they were null and one look tells them."""
    if not sockets["state"].is_in(AGED).any():
        return sockets  # in most places nothing is closing, and there may be many places
    low_s, high_s = UNKNOWN, UNKNOWN
    for bounds in (close_wait(), fin_wait_2(), time_wait(host), orphan_in_fin_wait_2(host)):
        low_s = pl.when(bounds.which).then(bounds.low_s).otherwise(low_s)
        high_s = pl.when(bounds.which).then(bounds.high_s).otherwise(high_s)
    told = pl.col("age_low_s").is_not_null() | pl.col("age_high_s").is_not_null()
    return sockets.with_columns(
        age_low_s=pl.when(told).then("age_low_s").otherwise(low_s.round(CLOCK_DIGITS)),
        age_high_s=pl.when(told).then("age_high_s").otherwise(high_s.round(CLOCK_DIGITS)),
    )


def close_wait() -> Bounds:
    """Between `last_ack` and `last_received`; exactly `last_ack` where nothing can have restarted it since the FIN."""
    low_s = _seconds("last_ack_ms")
    high_s = _at_least(low_s, _seconds("last_received_ms"))
    exact = _nothing_sent_lately() & (pl.col("send_queue_bytes") == 0) & _no_probe_answered()
    return Bounds(pl.col("state") == "CLOSE_WAIT", low_s, pl.when(exact).then(low_s).otherwise(high_s))


def fin_wait_2() -> Bounds:
    """Between `last_ack` and `last_sent`, while the socket is whole."""
    low_s = _seconds("last_ack_ms")
    high_s = _at_least(low_s, _seconds("last_sent_ms"))
    return Bounds((pl.col("state") == "FIN_WAIT_2") & low_s.is_not_null(), low_s, high_s)


def time_wait(host: Host) -> Bounds:
    """The timer's whole length less what is left of it."""
    age_s = _gone_of_timer(host.time_wait_s)
    return Bounds(pl.col("state") == "TIME_WAIT", age_s, age_s)


def orphan_in_fin_wait_2(host: Host) -> Bounds:
    """As a minisocket: at least the time since the program let go, by tcp_fin_timeout and the time left."""
    lived_s = host.fin_timeout_s
    if lived_s is not None and lived_s > LONGEST_MINISOCKET_S:
        # What is more than 60 s passes twice: first with clocks, then as a minisocket (tcp_keepalive_timer()).
        lived_s = 2 * (lived_s - LONGEST_MINISOCKET_S)
    return Bounds(
        (pl.col("state") == "FIN_WAIT_2") & (pl.col("timer") == "time_wait"), _gone_of_timer(lived_s), UNKNOWN
    )


def _nothing_sent_lately() -> pl.Expr:
    """Whether the peer's last segment came too long after our last data to be the acknowledgement of it."""
    quiet_s = pl.max_horizontal(QUIET_S, QUIET_ROUND_TRIPS * _round_trip_s())
    return _seconds("last_sent_ms") - _seconds("last_ack_ms") > quiet_s


def _no_probe_answered() -> pl.Expr:
    """Whether no keepalive probe of ours was answered since the FIN."""
    sum_s = _seconds("last_ack_ms") + pl.col("timer_left_s")
    behind_whole_s, before_whole_s = sum_s % 1, 1 - sum_s % 1
    not_whole = (behind_whole_s > TICKS_S) & (
        before_whole_s > pl.max_horizontal(LEAST_PROBE_ROUND_TRIP_S, PROBE_ROUND_TRIPS * _round_trip_s())
    )
    longer = (sum_s > _seconds("last_received_ms")) & (sum_s > KEEPALIVE_INTERVAL_S)
    pending = pl.col("timer_left_s") > 0  # a late timer shows 0: its sum says nothing
    keepalive = pl.col("timer") == "keepalive"
    return pl.when(keepalive).then(pending & longer & not_whole).otherwise(pl.col("timer").is_not_null())


def _gone_of_timer(length_s: float | None) -> pl.Expr:
    """How long a timer of this length runs already; null where that is unknown or it was set to a longer one."""
    if length_s is None:
        return UNKNOWN
    gone_s = length_s - pl.col("timer_left_s")
    return pl.when((pl.col("timer") == "time_wait") & (gone_s >= 0)).then(gone_s)


def _at_least(low_s: pl.Expr, high_s: pl.Expr) -> pl.Expr:
    """The upper bound, not below the lower one; null where it is unknown."""
    return pl.when(high_s < low_s).then(low_s).otherwise(high_s)


def _round_trip_s() -> pl.Expr:
    """The smoothed round-trip time; 0 where it was not measured."""
    return pl.col("rtt_us").fill_null(0) / 1_000_000


def _seconds(clock_ms: str) -> pl.Expr:
    return pl.col(clock_ms) / 1000
