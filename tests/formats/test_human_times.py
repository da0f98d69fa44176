"""Times as people say them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.errors import BadUsage
from closewait.formats.human_times import unix_s_of

HERE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=HERE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-11-22T10:30:00+01:00"),
        ("02:14", "2026-11-22T02:14:00+01:00"),
        ("23:00", "2026-11-21T23:00:00+01:00"),  # it has not come yet today
        ("02:14:30 UTC", "2026-11-22T02:14:30+00:00"),
        ("yesterday", "2026-11-21T00:00:00+01:00"),
        ("Yesterday 23:00", "2026-11-21T23:00:00+01:00"),
        ("today 9:05", "2026-11-22T09:05:00+01:00"),
        ("2026-11-20", "2026-11-20T00:00:00+01:00"),
        ("2026-11-20 02:14", "2026-11-20T02:14:00+01:00"),
        ("2026-11-20T02:14:30Z", "2026-11-20T02:14:30+00:00"),
        ("2026-11-20 02:14 +0530", "2026-11-20T02:14:00+05:30"),
        ("90min ago", "2026-11-22T09:00:00+01:00"),
        ("3d", "2026-11-19T10:30:00+01:00"),
        ("@1795338000", "2026-11-22T10:00:00+01:00"),
    ],
)
def test_times_are_understood(text: str, meant: str) -> None:
    """With a day or without, forwards or backwards."""
    assert unix_s_of(text, now_unix_s=NOW.timestamp(), zone=HERE) == datetime.fromisoformat(meant).timestamp()


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "02:14 IST", "10", "2026-11-22 soon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Rather than guessed; the error shows how to write one."""
    with pytest.raises(BadUsage, match="02:14"):
        unix_s_of(text, now_unix_s=NOW.timestamp(), zone=HERE)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """And nothing else happens."""
    with suppress(BadUsage):
        assert isinstance(unix_s_of(text, now_unix_s=NOW.timestamp(), zone=UTC), float)
