"""What one course comes to, shape by shape, and what holds for any numbers at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.outlook import Forecast, Shape

DAY_S, HOUR_S = 86_400.0, 3600.0


def looks(count: int, every_s: float = 10.0) -> np.ndarray:
    """Times at an even pace."""
    return every_s * np.arange(count)


def leak(times_s: np.ndarray, per_s: float, seed: int = 3) -> np.ndarray:
    """A count that chance feeds at a mean rate."""
    passed_s = np.diff(times_s, prepend=times_s[0])
    return 40 + np.cumsum(np.random.default_rng(seed).poisson(per_s * passed_s)).astype(float)


def noise(count: int, size: float, seed: int = 4) -> np.ndarray:
    """What a busy moment adds or takes."""
    return np.asarray(np.random.default_rng(seed).normal(0, size, count))


def within(forecast: Forecast, true_s: float) -> bool:
    """Whether the wall was met between the earliest and the latest time."""
    assert forecast.earliest_s is not None
    return forecast.earliest_s <= true_s <= (forecast.latest_s or np.inf)


@pytest.mark.parametrize("minutes", [3, 5, 10])
def test_a_leak_of_one_a_second_is_dated_after_minutes(minutes: int) -> None:
    """A look each 10 s: the wall of 4,096 descriptors is foreseen within a fifth of the truth, with an end."""
    times_s = looks(6 * minutes + 1)
    values = leak(times_s, 1.0)
    told = foresee(times_s, values, limit=4096)
    true_s = 4096 - values[-1]

    assert told.growing
    assert told.likely_s == pytest.approx(true_s, rel=0.2)
    assert within(told, true_s)
    assert told.latest_s is not None


def test_a_leak_of_one_an_hour_shows_after_half_a_day() -> None:
    """A look each 10 s for twelve hours: growth, though single hours bring none or three."""
    times_s = looks(12 * 360)
    told = foresee(times_s, leak(times_s, 1 / HOUR_S), limit=64)

    assert told.growing
    assert told.slope_per_h == pytest.approx(1.0, rel=0.5)
    assert told.slope_low_per_h is not None
    assert 0 < told.slope_low_per_h < 1 < (told.slope_high_per_h or 0)


def test_few_looks_tell_nothing() -> None:
    """Neither growth nor its absence."""
    times_s = looks(8)
    told = foresee(times_s, times_s, limit=4096)

    assert (told.shape, told.growing, told.likely_s) == (Shape.TOO_FEW, None, None)


def test_no_looks_tell_nothing() -> None:
    """Not even a value."""
    told = foresee([], [], limit=4096)

    assert (told.shape, told.value, told.looks) == (Shape.TOO_FEW, None, 0)


def test_a_full_pool_has_no_wall_ahead() -> None:
    """It filled in ten minutes and has stayed since."""
    times_s = looks(120)
    told = foresee(times_s, np.minimum(10 + times_s / 10, 70) + noise(120, 0.5), limit=4096)

    assert (told.shape, told.growing, told.likely_s) == (Shape.FILLED, False, None)


def test_a_step_is_no_growth() -> None:
    """From 50 to 250 at once, and level on both sides."""
    values = np.where(np.arange(120) < 70, 50.0, 250.0) + noise(120, 3)
    told = foresee(looks(120), values, limit=4096)

    assert (told.shape, told.growing, told.likely_s) == (Shape.STEP, False, None)
    assert "from 50" in told.why


def test_nothing_is_known_right_after_a_step() -> None:
    """Five looks after it, it may be a step or the begin of a growth: the level says neither."""
    values = np.where(np.arange(60) < 55, 50.0, 250.0) + noise(60, 1)
    told = foresee(looks(60), values, limit=4096)

    assert (told.growing or False, told.likely_s) == (False, None)


def test_a_leak_goes_on_after_a_restart() -> None:
    """The looks before are another program's."""
    times_s = looks(200)
    before, after = 900 + times_s[:100], leak(times_s[100:], 0.5)
    told = foresee(times_s, np.concatenate([before, after]), limit=4096)

    assert told.growing
    assert told.span_s <= 1000
    assert "began anew" in told.why
    assert within(told, (4096 - after[-1]) / 0.5)


def test_shortly_after_a_restart_nothing_is_known() -> None:
    """A program first opens what it needs."""
    values = np.concatenate([np.full(60, 500.0), 10 + 10.0 * np.arange(14)])
    told = foresee(looks(74), values, limit=4096)

    assert (told.shape, told.growing, told.likely_s) == (Shape.RESTART, None, None)


def test_a_collector_that_gets_all_is_no_leak() -> None:
    """Up by 90 and back, nine times."""
    values = 30 + 10.0 * (np.arange(90) % 10) + noise(90, 0.4)
    told = foresee(looks(90), values, limit=4096)

    assert (told.shape, told.growing, told.likely_s) == (Shape.SAWTOOTH, False, None)


def test_a_collector_that_leaves_some_is_judged_by_its_troughs() -> None:
    """Each tooth of 20 looks climbs by 95 and leaves 40 behind: 0.2 a second, and a peak meets the wall."""
    number = np.arange(240)
    values = 30 + 5.0 * (number % 20) + 40.0 * (number // 20)
    told = foresee(looks(240), values, limit=1000)
    later = np.arange(240, 2000)
    true_s = 10.0 * (later[30 + 5.0 * (later % 20) + 40.0 * (later // 20) >= 1000][0] - 239)

    assert (told.shape, told.growing) == (Shape.SAWTOOTH, True)
    assert told.slope_per_h == pytest.approx(0.2 * HOUR_S, rel=0.1)
    assert within(told, true_s)


def test_a_day_is_no_trend() -> None:
    """Three days that go up and down by 200, ending in the morning."""
    times_s = looks(int(3.3 * 288), 300)
    values = 150 + 100 * np.sin(2 * np.pi * times_s / DAY_S) + noise(len(times_s), 4)
    told = foresee(times_s, values, limit=400)

    assert (told.shape, told.growing, told.likely_s) == (Shape.DAILY, False, None)


def test_a_morning_may_turn() -> None:
    """Four hours of a day's rise look like any growth: no end is given to the interval, and the doubt says why."""
    times_s = looks(48, 300)
    told = foresee(times_s, 100 + 20 * times_s / HOUR_S + noise(48, 2), limit=400)

    assert told.earliest_s is not None
    assert told.latest_s is None
    assert "day" in told.doubt


def test_what_came_down_by_itself_may_do_so_again() -> None:
    """Down from 300 to 60 and up again, halfway so far: no end is given to the interval, and the doubt says why."""
    number = np.arange(90)
    told = foresee(looks(90), np.abs(number - 50) * 5.0 + 60 + noise(90, 2), limit=600)

    assert told.growing
    assert told.latest_s is None
    assert "higher before" in told.doubt


def test_growth_from_day_to_day_meets_the_wall_at_a_peak() -> None:
    """A rhythm of 200 with 40 more each day: the wall of 485 is met when a day's peak is high enough."""
    times_s = looks(14 * 288, 300)
    values = 150 + 100 * np.sin(2 * np.pi * times_s / DAY_S) + 40 * times_s / DAY_S
    shown = int(3.5 * 288)
    told = foresee(times_s[:shown], (values + noise(len(values), 3))[:shown], limit=485)
    true_s = times_s[values >= 485][0] - times_s[shown - 1]

    assert (told.shape, told.growing) == (Shape.DAILY, True)
    assert told.likely_s == pytest.approx(true_s, rel=0.1)
    assert within(told, true_s)


def test_a_leak_that_began_lately_is_not_hidden_by_the_days_before() -> None:
    """Two days of level looks, then twenty minutes of one a second."""
    times_s = looks(2 * 8640 + 120)
    began_s = 2 * DAY_S
    values = 80 + noise(len(times_s), 2) + (times_s - began_s).clip(min=0)
    told = foresee(times_s, values, limit=4096)

    assert told.growing
    assert told.likely_s == pytest.approx(4096 - values[-1], rel=0.2)


def test_a_suspended_machine_leaves_the_slope_alone() -> None:
    """Two hours pass without a look, and the count goes on where it was: only a level moves, and only once."""
    times_s = np.concatenate([looks(60), 600 + 2 * HOUR_S + looks(60)])
    told = foresee(times_s, 40 + 0.5 * np.concatenate([looks(60), 600 + looks(60)]), limit=4096)

    assert told.growing
    assert told.slope_per_h is not None
    assert told.slope_per_h <= 0.5 * HOUR_S * 1.05


def test_a_raised_limit_is_met_later() -> None:
    """The wall is the one that stands now."""
    times_s = looks(60)
    low, high = (foresee(times_s, 40 + times_s, limit=limit) for limit in (1024, 4096))

    assert low.likely_s is not None
    assert high.likely_s == pytest.approx(low.likely_s + 3072, rel=0.02)


def test_without_a_limit_growth_is_still_told() -> None:
    """There is no wall to meet, and the slope is no less."""
    times_s = looks(60)
    told = foresee(times_s, 40 + times_s)

    assert (told.growing, told.likely_s) == (True, None)
    assert told.slope_per_h == pytest.approx(HOUR_S, rel=0.01)


def test_at_the_wall_no_time_is_left() -> None:
    """Whatever its course, it is there."""
    told = foresee(looks(60), np.full(60, 1024.0), limit=1024)

    assert (told.growing, told.likely_s) == (False, 0.0)


def test_one_wild_look_moves_nothing() -> None:
    """A single reading of ten times the value is a mistake of the reading."""
    times_s = looks(120)
    values = 100 + times_s / 10
    wild = values.copy()
    wild[77] *= 10

    assert foresee(times_s, wild, limit=4096).likely_s == pytest.approx(
        foresee(times_s, values, limit=4096).likely_s, rel=0.1
    )


def test_order_and_gaps_in_the_values_do_not_matter() -> None:
    """Looks out of order, twice told or without a value come to the same."""
    times_s = looks(60)
    values = 100 + times_s
    mixed = np.random.default_rng(1).permutation(60)
    more_times = np.concatenate([times_s[mixed], [5.0, 100.0]])
    more_values = np.concatenate([values[mixed], [np.nan, 200.0]])

    assert foresee(more_times, more_values, limit=4096) == foresee(times_s, values, limit=4096)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e7), st.floats(-1e9, 1e9) | st.just(float("nan"))), max_size=120),
    st.none() | st.floats(-1e9, 1e9),
)
def test_any_numbers_have_an_answer(told_looks: list[tuple[float, float]], limit: float | None) -> None:
    """No numbers raise anything, and earliest, likely and latest come in that order."""
    told = foresee([time_s for time_s, _ in told_looks], [value for _, value in told_looks], limit=limit)
    ahead = [one for one in (told.earliest_s, told.likely_s, told.latest_s) if one is not None]

    assert ahead == sorted(ahead)
    assert all(one >= 0 for one in ahead)
    assert (told.earliest_s is None) == (told.likely_s is None)
    assert told.why.endswith(".")
    assert told.doubt.endswith(".")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(12, 400), st.integers(1, 1000))
def test_the_hour_it_is_does_not_matter_without_days(seed: int, count: int, hours: int) -> None:
    """The same looks some hours later come to the same, as long as no rhythm of the day is learned."""
    times_s = looks(count)
    values = 50 + np.cumsum(np.random.default_rng(seed).poisson(0.5, count)).astype(float)

    assert foresee(times_s + hours * HOUR_S, values, limit=4096) == foresee(times_s, values, limit=4096)
