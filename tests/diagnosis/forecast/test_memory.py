"""What is kept of a gauge's looks reaches back for days, and its latest looks are whole."""

import numpy as np

from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.memory import APART_S, KEPT_S, LATEST_LOOKS, Memory
from closewait.diagnosis.forecast.outlook import Shape

DAY_LOOKS = 8640


def kept(values: np.ndarray) -> Memory:
    """A look each ten seconds."""
    memory = Memory()
    for look, value in enumerate(values):
        memory.add(10.0 * look, value)
    return memory


def test_the_latest_looks_stay_and_older_ones_grow_apart() -> None:
    """Twenty days of looks: a week and a day of them, one each five minutes, and the last whole."""
    memory = kept(np.arange(20.0 * DAY_LOOKS))
    times_s, values = np.array(memory.times_s), np.array(memory.values)
    older, latest = np.diff(times_s[: -2 * LATEST_LOOKS]), np.diff(times_s[-LATEST_LOOKS:])

    assert len(times_s) < KEPT_S / APART_S + 2 * LATEST_LOOKS
    assert KEPT_S * 0.98 < times_s[-1] - times_s[0] < KEPT_S * 1.02
    assert set(latest) == {10.0}
    assert set(older) == {APART_S}
    assert (values == times_s / 10).all()


def test_few_looks_are_all_kept() -> None:
    """Until there are twice as many as the latest."""
    assert list(kept(np.arange(float(LATEST_LOOKS + 7))).values) == list(range(LATEST_LOOKS + 7))


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    """The looks after it are kept like any others."""
    memory = Memory()
    for look in range(3 * LATEST_LOOKS):
        memory.add(10.0 * look if look < LATEST_LOOKS else 10.0 * look - 3600, look)

    assert list(memory.values)[-LATEST_LOOKS:] == list(range(2 * LATEST_LOOKS, 3 * LATEST_LOOKS))


def test_a_day_is_recognised_in_what_is_kept() -> None:
    """Three days of a healthy service, thinned out, ending in a morning: its rhythm, and no trend."""
    look = np.arange(3.3 * DAY_LOOKS)
    values = 150 + 100 * np.sin(2 * np.pi * look / DAY_LOOKS) + np.random.default_rng(2).normal(0, 4, len(look))
    memory = kept(np.rint(values))
    told = foresee(memory.times_s, memory.values, limit=400)

    assert (told.shape, told.growing) == (Shape.DAILY, False)


def test_a_leak_of_minutes_is_found_after_days() -> None:
    """Five minutes of one a second, after three quiet days."""
    look = np.arange(3.0 * DAY_LOOKS)
    values = 80 + np.random.default_rng(2).normal(0, 3, len(look)) + 10 * (look - look[-30]).clip(min=0)
    memory = kept(np.rint(values))
    told = foresee(memory.times_s, memory.values, limit=4096)

    assert told.likely_s is not None
    assert abs(told.likely_s / (4096 - values[-1]) - 1) < 0.2
