"""The time zone of this host, with its summers: what a day of the past was, not what today is."""

from datetime import UTC, datetime, timedelta, tzinfo


class HostZone(tzinfo):
    """As localtime(3) has it; the offset that `datetime.astimezone()` gives alone is that of one moment."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """East of UTC at that time of day; an hour that comes twice is told by `fold` (PEP 495)."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        """Not known: the system tells only the sum."""
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """Its name at that time, as `CET`."""
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        """What a clock on the wall shows at a moment."""
        return datetime.fromtimestamp(when.replace(tzinfo=UTC).timestamp()).replace(tzinfo=self)
