"""Looks at one host in order: what a second look can settle that one cannot."""

from dataclasses import dataclass

from closewait.snapshot.table import Snapshot


@dataclass(frozen=True, slots=True)
class Timeline:
    """Snapshots of one host, oldest first; at least one once it is judged."""

    looks: tuple[Snapshot, ...] = ()

    def followed_by(self, look: Snapshot) -> "Timeline":
        """This timeline with one more look at its end."""
        return Timeline((*self.looks, look))

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
        if self.earlier is None or self.latest.taken_at_unix_s is None or self.earlier.taken_at_unix_s is None:
            return None
        return self.latest.taken_at_unix_s - self.earlier.taken_at_unix_s


NOTHING_YET = Timeline()
