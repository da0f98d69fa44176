"""Forecasts over the descriptor counts of real programs, asked at one look after the other."""

from pathlib import Path

import numpy as np
import pytest

from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.outlook import Forecast, Shape

RECORDED = Path(__file__).parent / "recorded"
THREE_MINUTES = 36  # looks, one each five seconds


def course(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The times and the descriptors of a recording."""
    times_s, descriptors = np.loadtxt(RECORDED / f"{name}.csv", delimiter=",", skiprows=1).T
    return times_s, descriptors


def asked(name: str, limit: float, first: int, every: int = 4) -> list[tuple[float, Forecast]]:
    """From the `first` look on: the time of each, and what was foreseen at it."""
    times_s, descriptors = course(name)
    looks = range(first, len(times_s) + 1, every)
    return [(times_s[count - 1], foresee(times_s[:count], descriptors[:count], limit=limit)) for count in looks]


@pytest.mark.parametrize(("name", "limit", "off"), [("leak-1-a-second", 700, 0.2), ("leak-1-in-5-seconds", 150, 0.35)])
def test_a_leak_is_dated_from_minutes_on(name: str, limit: float, off: float) -> None:
    """Asked at any time from the third minute until the wall is met: dated, covered, and not far off.

    The slow one has lost 36 connections by then: chance alone is off by a sixth (one standard deviation).
    """
    times_s, descriptors = course(name)
    met_s = times_s[descriptors >= limit][0]
    told = [(met_s - now_s, one) for now_s, one in asked(name, limit, THREE_MINUTES) if now_s < met_s - 30]
    dated = [(left_s, one) for left_s, one in told if one.earliest_s is not None and one.likely_s is not None]
    covered = [(one.earliest_s or 0) <= left_s <= (one.latest_s or np.inf) for left_s, one in dated]
    offs = [abs((one.likely_s or 0) / left_s - 1) for left_s, one in dated]

    assert len(dated) == len(told) > 15
    assert sum(covered) / len(covered) >= 0.75
    assert sorted(offs)[len(offs) * 9 // 10] <= off


def test_a_healthy_server_is_never_given_a_time() -> None:
    """Ten connections a second, each closed after two seconds or so: asked at every other look, no forecast."""
    told = asked("healthy-10-a-second", 1024, first=2, every=2)

    assert [now_s for now_s, one in told if one.growing or one.likely_s is not None] == []


def test_a_pool_that_is_full_is_given_no_time() -> None:
    """From three minutes after it was full: it stays."""
    descriptors = course("pool-of-80")[1]
    full_at = int(np.argmax(descriptors >= descriptors.max()))
    told = asked("pool-of-80", 1024, first=full_at + THREE_MINUTES)

    assert len(told) > 10
    assert [now_s for now_s, one in told if one.growing or one.likely_s is not None] == []


def test_what_the_collector_closes_is_no_leak() -> None:
    """Sockets in reference cycles pile up until the garbage collector comes by; it always gets all of them."""
    told = asked("collected-each-45-s", 1024, first=72)

    assert {one.shape for _, one in told} == {Shape.SAWTOOTH}
    assert [now_s for now_s, one in told if one.growing or one.likely_s is not None] == []
