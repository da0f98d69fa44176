"""The time zone of this host."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from closewait.cli.host_zone import HostZone
from closewait.formats.human_times import unix_s_of

NOVEMBER = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND_0210 = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # the clock went from 03:00 CEST back to 02:00 CET at 01:00


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The host is where clocks are set twice a year."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "now", "meant"),
    [
        ("2026-10-20 02:14", NOVEMBER, "2026-10-20T02:14:00+02:00"),
        ("2026-11-20 02:14", NOVEMBER, "2026-11-20T02:14:00+01:00"),
        ("2026-10-20 02:14 UTC", NOVEMBER, "2026-10-20T02:14:00+00:00"),
        ("02:14", NOVEMBER, "2026-11-22T02:14:00+01:00"),
        ("yesterday", SECOND_0210, "2026-10-24T00:00:00+02:00"),
        ("02:30", SECOND_0210, "2026-10-25T02:30:00+02:00"),  # forty minutes ago, though the clock shows 02:10
        ("02:50", datetime(2026, 10, 25, 0, 40, tzinfo=UTC), "2026-10-24T02:50:00+02:00"),
    ],
)
def test_a_time_of_summer_is_one_of_summer_in_winter(text: str, now: datetime, meant: str) -> None:
    """The offset is that of the day that is meant."""
    assert unix_s_of(text, now_unix_s=now.timestamp(), zone=HostZone()) == datetime.fromisoformat(meant).timestamp()


@pytest.mark.parametrize("moment", [NOVEMBER, SECOND_0210, datetime(2026, 10, 25, 0, 10, tzinfo=UTC)])
def test_a_moment_comes_back(moment: datetime) -> None:
    """Also from the hour that comes twice."""
    here = datetime.fromtimestamp(moment.timestamp(), HostZone())

    assert here.timestamp() == moment.timestamp()
    assert (here.tzname(), here.dst()) == ("CEST" if moment.hour == 0 else "CET", None)
