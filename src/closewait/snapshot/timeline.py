"""Looks at one host in order: what a second look can settle that one cannot."""

from closewait.records import record
from closewait.snapshot.table import Snapshot

DAY_S = 86_400


@record
class Timeline:
    """Snapshots of one host, oldest first; at least one once it is judged."""

    looks: tuple[Snapshot, ...] = ()
    other_end: Snapshot | None = None  # a look at the host at the other end of the connections

    def followed_by(self, look: Snapshot) -> "Timeline":
        """This timeline with one more look at its end."""
        return Timeline((*self.looks, look), self.other_end)

    @property
    def latest(self) -> Snapshot:
        """The look that is judged. Raises IndexError on an empty timeline."""
        return self.looks[-1]

    @property
    def earlier(self) -> Snapshot | None:
        """The look before it, or None when there was only one."""
        return self.looks[-2] if len(self.looks) > 1 else None

    @property
    def span_s(self) -> float | None:
        """Seconds between the last two looks; None with one look or where a look does not tell its time."""
        return None if self.earlier is None else seconds_between(self.earlier, self.latest)


def seconds_between(earlier: Snapshot, later: Snapshot) -> float | None:
    """Seconds from one look to a later one of the same host; None where one of them does not tell its time."""
    if earlier.taken_at_unix_s is not None and later.taken_at_unix_s is not None:
        return later.taken_at_unix_s - earlier.taken_at_unix_s
    if earlier.clock_s is None or later.clock_s is None:
        return None
    passed_s = later.clock_s - earlier.clock_s
    return passed_s if passed_s >= 0 else passed_s % DAY_S  # midnight, or the year's end, came between them


NOTHING_YET = Timeline()
