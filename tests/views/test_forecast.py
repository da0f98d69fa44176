"""A forecast is told in one sentence that can be read aloud at night, and in JSON that loses nothing of it."""

import json
from dataclasses import replace

import pytest

from closewait.diagnosis.forecast.outlook import Forecast, Shape
from closewait.views.forecast import forecast_as_dict, forecast_sentence, time_ahead

LEAK = Forecast(
    shape=Shape.GROWTH,
    growing=True,
    value=460.0,
    limit=4096.0,
    span_s=360.0,
    looks=37,
    slope_per_h=3600.0,
    slope_low_per_h=3590.0,
    slope_high_per_h=3610.0,
    earliest_s=9_600.0,
    likely_s=11_400.0,
    latest_s=14_400.0,
    why="It rose by 360 in 6 min.",
    doubt="The rate may go with the load.",
)
UNDATED = {"earliest_s": None, "likely_s": None, "latest_s": None}
AT_ONCE = {"earliest_s": 0.0, "likely_s": 0.0, "latest_s": 0.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "reach 4,096 in 3 h 10 min (2 h 40 min to 4 h), 1.0 a second, seen over 6 min"),
        (
            {"latest_s": None},
            "reach 4,096 in 3 h 10 min (2 h 40 min at the earliest, never if the rise stops), 1.0 a second, "
            "seen over 6 min",
        ),
        ({**UNDATED, "limit": None}, "grow, 1.0 a second, seen over 6 min"),
        (UNDATED, "grow, 1.0 a second; when they reach 4,096 cannot be told, seen over 6 min"),
        ({**AT_ONCE, "value": 4096.0}, "are at their limit, 4,096"),
        ({**UNDATED, "growing": False, "shape": Shape.FLAT}, "show no trend, seen over 6 min"),
        ({**UNDATED, "growing": False, "shape": Shape.FILLED}, "rose and stopped, seen over 6 min"),
        (
            {**UNDATED, "growing": False, "shape": Shape.DAILY, "span_s": 300_000.0},
            "go up and down with the day, no trend, seen over 3 d 11 h",
        ),
        (
            {**UNDATED, "growing": None, "shape": Shape.TOO_FEW, "looks": 5, "slope_per_h": None},
            "cannot be foreseen: 5 looks are too few yet",
        ),
    ],
)
def test_a_forecast_is_one_sentence(changed: dict[str, object], said: str) -> None:
    """Who, what, when, between when and when, how fast, and seen over how long."""
    told = replace(LEAK, **changed)

    assert forecast_sentence(told, "descriptors of java[4121]") == f"descriptors of java[4121] {said}"


def test_a_name_from_outside_cannot_steer_the_terminal() -> None:
    """A process may call itself anything."""
    assert "\x1b" not in forecast_sentence(LEAK, "descriptors of \x1b[2Jjava[1]")


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (75, "1 min 20 s"),
        (3400, "57 min"),
        (3599, "1 h"),
        (11_400, "3 h 10 min"),
        (190_000, "2 d 5 h"),
        (1_000_000, "12 d"),
    ],
)
def test_a_time_ahead_is_no_more_exact_than_a_forecast(ahead_s: float, said: str) -> None:
    """Seconds are not told of hours."""
    assert time_ahead(ahead_s) == said


def test_json_says_what_the_numbers_are() -> None:
    """Every number with its unit in its name, intervals as pairs, unknown as null."""
    told = json.loads(json.dumps(forecast_as_dict(replace(LEAK, latest_s=None))))

    assert told["shape"] == "steady growth"
    assert told["reaches_limit_in_s"] == 11_400
    assert told["reaches_limit_in_s_80_percent"] == [9_600, None]
    assert told["slope_per_h_80_percent"] == [3590, 3610]
