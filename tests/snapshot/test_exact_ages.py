"""Exact ages in place of bounds: only where they agree with what the row itself tells."""

import pytest

from closewait.snapshot.exact_ages import Ends, with_exact_ages
from closewait.testing import snapshot

NOW_UNIX_S = 1_800_000_000.0
ENDS = ("10.0.0.1", 443, "203.0.113.9", 50001)


def aged(row: str, *, entered_s_ago: float, ends: Ends = ENDS) -> list[tuple[float | None, float | None]]:
    """The ages of the rows after one entry into CLOSE_WAIT was seen."""

    def entered_at(state: str, asked: Ends) -> float | None:
        return NOW_UNIX_S - entered_s_ago if (state, asked) == ("CLOSE_WAIT", ends) else None

    look = with_exact_ages(snapshot(row, taken_at_unix_s=NOW_UNIX_S), entered_at, ["CLOSE_WAIT"])
    return look.sockets.select("age_low_s", "age_high_s").rows()


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ("age=2s..90s", (30.0, 30.0)),
        ("", (30.0, 30.0)),
        ("age=30.5s..90s", (30.0, 30.0)),
        ("age=60s..90s", (60.0, 90.0)),
        ("age=1s..20s", (1.0, 20.0)),
    ],
)
def test_what_fits_between_the_bounds_replaces_them(bounds: str, told: tuple[float, float]) -> None:
    """The bounds are some tenths of a second younger; what lies outside them is another socket's."""
    assert aged(f"CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001 {bounds}", entered_s_ago=30) == [told]


def test_other_rows_keep_what_they_have() -> None:
    """Another state, other ends; in their order."""
    rows = """
        ESTABLISHED 10.0.0.1:443 203.0.113.9:50001
        CLOSE_WAIT  10.0.0.1:443 203.0.113.9:50002 age=3s..4s
        CLOSE_WAIT  10.0.0.1:443 203.0.113.9:50001 age=2s..90s
    """

    assert aged(rows, entered_s_ago=30) == [(None, None), (3, 4), (30, 30)]


def test_a_look_without_a_time_stays_as_it_is() -> None:
    """A dump that was not dated."""
    look = snapshot("CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001 age=2s..90s")

    assert with_exact_ages(look, lambda state, ends: 0.0, ["CLOSE_WAIT"]) is look
