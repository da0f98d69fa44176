"""A forecast in one sentence, and as JSON."""

from typing import Any

from closewait.diagnosis.forecast.outlook import Forecast, Shape
from closewait.diagnosis.forecast.words import number_in_words, rate_in_words
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.views.visible import visible

#: A time ahead is told as exactly as it can be meant: from so many seconds on, in steps of so many.
STEPS_AHEAD_S = ((7 * 86_400.0, 86_400), (86_400.0, 3600), (3600.0, 600), (600.0, 60), (60.0, 10), (0.0, 1))

#: What is said of a course that does not grow.
NOT_GROWING = {
    Shape.SAWTOOTH: "climb and fall back, and nothing stays behind",
    Shape.DAILY: "go up and down with the day, no trend",
    Shape.STEP: "stepped to another level, no trend since",
    Shape.FILLED: "rose and stopped",
    Shape.FALLING: "fall",
}


def forecast_sentence(forecast: Forecast, subject: str) -> str:
    """`descriptors of java[4121] reach 4,096 in 3 h 10 min (2 h 40 min to 4 h), 1.0 a second, seen over 6 min`.

    `subject` is a plural, and is made visible here. Why it is believed, and when not to, is in `why` and `doubt`.
    """
    return f"{visible(subject)} {_course(forecast)}"


def _course(forecast: Forecast) -> str:
    seen = f"seen over {time_ahead(forecast.span_s)}"
    if forecast.limit is not None and forecast.likely_s == 0:
        return f"are at their limit, {number_in_words(forecast.limit)}"
    if forecast.growing is None:
        return f"cannot be foreseen: {count_of(forecast.looks, 'look')} are too few yet"
    if not forecast.growing or forecast.slope_per_h is None:
        return f"{NOT_GROWING.get(forecast.shape, 'show no trend')}, {seen}"
    rate = rate_in_words(forecast.slope_per_h)
    if forecast.limit is None:
        return f"grow, {rate}, {seen}"
    wall = number_in_words(forecast.limit)
    if forecast.likely_s is None or forecast.earliest_s is None:
        return f"grow, {rate}; when they reach {wall} cannot be told, {seen}"
    earliest, likely = time_ahead(forecast.earliest_s), time_ahead(forecast.likely_s)
    if forecast.latest_s is None:
        return f"reach {wall} in {likely} ({earliest} at the earliest, never if the rise stops), {rate}, {seen}"
    latest = time_ahead(forecast.latest_s)
    return f"reach {wall} in {likely} ({earliest} to {latest}), {rate}, {seen}"


def time_ahead(ahead_s: float) -> str:
    """`45 s`, `57 min`, `3 h 10 min`, `2 d 5 h`, `12 d`: no more exact than a forecast is."""
    step_s = next(step_s for from_s, step_s in STEPS_AHEAD_S if ahead_s >= from_s)
    rounded_s = round(ahead_s / step_s) * step_s
    return f"{rounded_s} s" if rounded_s < 60 else age_in_words(rounded_s)


def forecast_as_dict(forecast: Forecast) -> dict[str, Any]:
    """The same for programs: slopes per hour, times in seconds after the last look; unknown is null."""
    return {
        "shape": forecast.shape.value,
        "growing": forecast.growing,
        "value": forecast.value,
        "limit": forecast.limit,
        "looks": forecast.looks,
        "seen_over_s": round(forecast.span_s, 1),
        "slope_per_h": _rounded(forecast.slope_per_h),
        "slope_per_h_80_percent": [_rounded(forecast.slope_low_per_h), _rounded(forecast.slope_high_per_h)],
        "reaches_limit_in_s": _rounded(forecast.likely_s),
        "reaches_limit_in_s_80_percent": [_rounded(forecast.earliest_s), _rounded(forecast.latest_s)],
        "why": forecast.why,
        "doubt": forecast.doubt,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
