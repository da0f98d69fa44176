"""Numbers and rates as a forecast says them."""

from closewait.diagnosis.forecast.thresholds import DAY_S, HOUR_S

#: Units of a rate, shortest first: the first in which it is one at least is said.
RATE_UNITS = ((1.0, "second"), (60.0, "minute"), (HOUR_S, "hour"), (DAY_S, "day"))


def number_in_words(value: float) -> str:
    """`4,096`, `50`, `2.5`: whole from ten on."""
    return f"{value:,.0f}" if abs(value) >= 9.95 or value == round(value) else f"{value:.1f}"


def rate_in_words(per_h: float) -> str:
    """`1.0 a second`, `12 a minute`, `3.5 an hour`, `0.3 a day`."""
    rates = [(per_h * unit_s / HOUR_S, unit) for unit_s, unit in RATE_UNITS]
    rate, unit = next((told for told in rates if abs(told[0]) >= 0.95), rates[-1])
    article = "an" if unit == "hour" else "a"
    return f"{rate:,.0f} {article} {unit}" if abs(rate) >= 10 else f"{rate:.1f} {article} {unit}"
