"""A series of which more is known than is shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """What is shown, the wall, and what came true."""

    kind: str
    times_s: Array
    values: Array
    limit: float
    grows: bool
    met_s: float | None  # seconds after the last look shown at which the wall was met; None: it never was


def cut(kind: str, times_s: Array, values: Array, shown: int, limit: float, *, grows: bool) -> Case:
    """Show the first looks of a whole series; what is behind them tells when the wall was met."""
    met = np.nonzero(values[shown:] >= limit)[0]
    met_s = float(times_s[shown + met[0]] - times_s[shown - 1]) if len(met) else None
    return Case(kind, times_s[:shown], values[:shown], limit, grows, met_s)
