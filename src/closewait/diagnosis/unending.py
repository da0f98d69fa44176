"""Sockets that are in a state longer than any system lets them: counted, with what else could explain them left out.

TIME_WAIT ends by the kernel's own clock. Seen again after a longer time it may still be another connection with the
same two ends; a cookie tells the two apart, and without one only ends whose ports are hardly used count.
"""

import polars as pl

from closewait.diagnosis.thresholds import (
    DEFAULT_EPHEMERAL_PORTS,
    FEWEST_EPHEMERAL_PORTS,
    LONGEST_TIME_WAIT_S,
    MOST_RETRANSMITS,
    PORTS_WARNING,
    SECOND_LOOK_S,
)
from closewait.records import record
from closewait.snapshot.change import identity, stayed
from closewait.snapshot.timeline import Timeline

#: What the kernel closes without its program, by retransmitting until an answer or the end of its patience.
CLOSING_STATES = ("FIN_WAIT_1", "CLOSING", "LAST_ACK")


@record
class Unending:
    """How many sockets do not end, by sign."""

    time_wait: int = 0  # in the latest look
    before: int = 0  # TIME_WAIT of the earlier look that could be known again
    stayed: int = 0  # of these, still in TIME_WAIT
    by_cookie: bool = False  # known again by the kernel's own name for them
    too_old: int = 0  # TIME_WAIT whose told age is beyond any system's
    oldest_s: float | None = None
    resent: int = 0  # closing in both looks, and resent more often than any system does
    most_resent: int = 0


def longest_time_wait_s(timeline: Timeline) -> float:
    """Twice what TIME_WAIT lasts on this system, or the longest that any system can be set to."""
    told = timeline.latest.host.time_wait_s
    return LONGEST_TIME_WAIT_S if told is None else 2 * told


def unending(timeline: Timeline, rows: pl.DataFrame) -> Unending:
    """What does not end; `rows` are the charged sockets of the latest look."""
    time_wait = rows.filter(pl.col("state") == "TIME_WAIT")
    resends = _closing_twice(timeline, rows)["timer_retransmits"].drop_nulls()
    ages_s = time_wait["age_low_s"].drop_nulls()
    before, stayed, by_cookie = _seen_again(timeline, rows)
    oldest = ages_s.max()
    most = resends.max()
    return Unending(
        time_wait=time_wait.height,
        before=before,
        stayed=stayed,
        by_cookie=by_cookie,
        too_old=int((ages_s > longest_time_wait_s(timeline)).sum()),
        oldest_s=oldest if isinstance(oldest, float) else None,
        resent=int((resends > MOST_RETRANSMITS).sum()),
        most_resent=most if isinstance(most, int) else 0,
    )


def _seen_again(timeline: Timeline, rows: pl.DataFrame) -> tuple[int, int, bool]:
    """How many TIME_WAIT there were, how many of them are there still, and whether cookies say that they are the same.

    Nothing is counted where the looks are not certainly farther apart than TIME_WAIT lasts.
    """
    earlier, span_s = timeline.earlier, timeline.span_s
    if earlier is None or span_s is None or span_s <= longest_time_wait_s(timeline):
        return 0, 0, False
    key = list(identity(earlier, timeline.latest))
    told = earlier.sockets.filter(pl.col("state") == "TIME_WAIT")
    now = rows.filter(pl.col("state") == "TIME_WAIT")
    if key != ["cookie"]:
        told, now = _hardly_reused(told, timeline), _hardly_reused(now, timeline)
    same = told.select(key).join(now.select(key), on=key, how="semi", nulls_equal=True)
    return told.height, same.height, key == ["cookie"]


def _closing_twice(timeline: Timeline, rows: pl.DataFrame) -> pl.DataFrame:
    """The sockets that the kernel is closing by retransmission, as it was a look ago."""
    if timeline.earlier is None or (timeline.span_s is not None and timeline.span_s < SECOND_LOOK_S):
        return rows.clear()
    closing = pl.col("state").is_in(CLOSING_STATES) & (pl.col("timer") == "retransmit").fill_null(True)
    return rows.filter(closing, stayed(timeline.earlier, timeline.latest))


def _hardly_reused(time_wait: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Those between two addresses that use few of the ports there are: hardly one is taken twice by chance."""
    look = timeline.latest
    ports = look.host.ephemeral_ports or DEFAULT_EPHEMERAL_PORTS.get(look.system or "", FEWEST_EPHEMERAL_PORTS)
    return time_wait.filter(pl.len().over("local_address", "remote_address") < PORTS_WARNING * ports)
