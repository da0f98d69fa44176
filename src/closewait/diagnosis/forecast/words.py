"""Numbers and rates as a forecast says them."""

from closewait.diagnosis.forecast.thresholds import DAY_S, HOUR_S

#: Units of a rate, shortest first: the first in which it is one at least is said.
RATE_UNITS = ((1.0, "a second"), (60.0, "a minute"), (HOUR_S, "an hour"), (DAY_S, "a day"))


def number_in_words(value: float) -> str:
    """`4,096`, `50`, `2.5`: whole from ten on."""
    return f"{value:,.0f}" if abs(value) >= 9.95 or value == round(value) else f"{value:.1f}"


def rate_in_words(per_h: float) -> str:
    """`1.0 a second`, `12 a minute`, `3.5 an hour`, `0.3 a day`."""
    unit_s, unit = _unit(per_h)
    rate = per_h * unit_s / HOUR_S
    return f"{rate:,.0f} {unit}" if abs(rate) >= 10 else f"{rate:.1f} {unit}"


def rates_in_words(low_per_h: float, high_per_h: float) -> str:
    """`-0.2 to +1.3 a minute`: two rates in the unit of the larger."""
    unit_s, unit = _unit(max(abs(low_per_h), abs(high_per_h)))
    low, high = (per_h * unit_s / HOUR_S for per_h in (low_per_h, high_per_h))
    return f"{low:+.1f} to {high:+.1f} {unit}"


def _unit(per_h: float) -> tuple[float, str]:
    return next((told for told in RATE_UNITS if abs(per_h) * told[0] / HOUR_S >= 0.95), RATE_UNITS[-1])
