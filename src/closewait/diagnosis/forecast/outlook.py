"""What a forecast is: where one gauge is going, when it meets its wall, and how far that is to be believed."""

from enum import Enum

from closewait.records import record


class Shape(Enum):
    """The kind of course that was recognised."""

    GROWTH = "steady growth"
    SAWTOOTH = "sawtooth"
    DAILY = "daily rhythm"
    STEP = "step"
    FILLED = "filled and stays"
    RESTART = "restart"
    FALLING = "falling"
    FLAT = "flat"
    TOO_FEW = "too few looks"


@record
class Forecast:
    """Where one gauge is going.

    Slopes are in the gauge's unit per hour, `slope_low_per_h` to `slope_high_per_h` holds the truth in 80 %; None where
    no slope can be told. `earliest_s`, `likely_s` and `latest_s` are seconds from the last look until the value reaches
    `limit`, again 80 %; all None: no forecast; `latest_s` alone None: it may never come to that.
    """

    shape: Shape
    growing: bool | None  # None: cannot be told
    value: float | None  # at the last look
    limit: float | None
    span_s: float  # of the looks that were used
    looks: int
    slope_per_h: float | None
    slope_low_per_h: float | None
    slope_high_per_h: float | None
    earliest_s: float | None
    likely_s: float | None
    latest_s: float | None
    why: str
    doubt: str
