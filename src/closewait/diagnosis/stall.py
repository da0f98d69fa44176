"""Sockets of one group that stand still for one reason.

CLOSE_WAIT has counts of its own (`group.py`). The other ways to stand still are few, and counted alike: how many, how
old at least, whether a timer of the kernel runs, and whether the same ones stood there a look ago.
"""

from collections.abc import Iterable

from closewait.records import record


@record
class Stall:
    """Counts are sockets. None of them is certainly young, and none still moves data."""

    sockets: int = 0
    untimed: int = 0  # the source tells that no timer of the kernel runs
    resent: int = 0  # the kernel sent what they hold several times, or asked for room, without success
    overdue: int = 0  # certainly older than a working program or peer needs
    remotes: int = 0  # different remote addresses
    remote: str | None = None  # the one with the most sockets
    send_queue_bytes: int | None = None  # what all of them hold back; None: not told
    youngest_s: float | None = None  # of the lower bounds of the ages
    median_s: float | None = None
    oldest_s: float | None = None
    persisting: int | None = None  # the same socket stood there a look ago; None with one look
    rows: tuple[int, ...] = ()  # kept as evidence, oldest first

    @property
    def age_s(self) -> tuple[float, float] | None:
        """Lower bounds of the youngest's and the oldest's age; None where none is known."""
        return None if self.youngest_s is None or self.oldest_s is None else (self.youngest_s, self.oldest_s)


NO_STALL = Stall()


def summed(stalls: Iterable[Stall]) -> Stall:
    """Several as one; the median of the ages is that of the largest."""
    parts = sorted((stall for stall in stalls if stall.sockets), key=lambda stall: -stall.sockets)
    if len(parts) < 2:
        return parts[0] if parts else NO_STALL
    queued = [part.send_queue_bytes for part in parts if part.send_queue_bytes is not None]
    stayed = [part.persisting for part in parts if part.persisting is not None]
    return Stall(
        sockets=sum(part.sockets for part in parts),
        untimed=sum(part.untimed for part in parts),
        resent=sum(part.resent for part in parts),
        overdue=sum(part.overdue for part in parts),
        remotes=max(len({part.remote for part in parts}), *(part.remotes for part in parts)),
        remote=parts[0].remote,
        send_queue_bytes=sum(queued) if queued else None,
        youngest_s=min((part.youngest_s for part in parts if part.youngest_s is not None), default=None),
        median_s=parts[0].median_s,
        oldest_s=max((part.oldest_s for part in parts if part.oldest_s is not None), default=None),
        persisting=sum(stayed) if stayed else None,
        rows=tuple(row for part in parts for row in part.rows)[:5],
    )
