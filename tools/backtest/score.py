"""Forecasts held to what came true, kind by kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import numpy as np

from backtest.case import Case
from backtest.kinds import GROWING, STAYING, Kind
from closewait.diagnosis.forecast.foresee import foresee
from closewait.diagnosis.forecast.outlook import Forecast

SEED = 20_261
SERIES_OF_A_KIND = 50


@dataclass(frozen=True)
class Told:
    """A series and what was foreseen for it."""

    case: Case
    forecast: Forecast

    @property
    def dated(self) -> bool:
        """Whether a time was given at which the wall is met."""
        return self.forecast.likely_s is not None

    @property
    def closed(self) -> bool:
        """Whether the interval has an end."""
        return self.dated and self.forecast.latest_s is not None

    @property
    def covers(self) -> bool:
        """Whether the wall was met within the interval."""
        earliest_s, met_s, latest_s = self.forecast.earliest_s, self.case.met_s, self.forecast.latest_s
        if earliest_s is None or met_s is None:
            return False
        return earliest_s <= met_s and (latest_s is None or met_s <= latest_s)

    @property
    def off(self) -> float | None:
        """How far the likely time was off, as a share of the true one; None without either."""
        if self.forecast.likely_s is None or self.case.met_s is None:
            return None
        return abs(self.forecast.likely_s / self.case.met_s - 1)


@dataclass(frozen=True)
class Score:
    """All series of one kind, or of several."""

    told: tuple[Told, ...]

    @property
    def kind(self) -> str:
        """What the series are."""
        return self.told[0].case.kind

    @property
    def dated(self) -> list[Told]:
        """Those for which a time was given."""
        return [one for one in self.told if one.dated]

    @property
    def closed(self) -> list[Told]:
        """Those whose interval has an end."""
        return [one for one in self.told if one.closed]

    @property
    def said_to_grow(self) -> int:
        """How many were said to grow."""
        return sum(one.forecast.growing is True for one in self.told)

    @property
    def covered(self) -> float:
        """Share of the times given whose interval held the truth."""
        return share(one.covers for one in self.dated)

    @property
    def covered_when_closed(self) -> float:
        """The same of the intervals that have an end."""
        return share(one.covers for one in self.closed)

    @property
    def typically_off(self) -> float | None:
        """The median of how far the likely time was off."""
        offs = [off for one in self.dated if (off := one.off) is not None]
        return median(offs) if offs else None


def share(answers: Iterable[bool]) -> float:
    """How many of the answers are yes; not a number where there are none."""
    given = list(answers)
    return sum(given) / len(given) if given else float("nan")


def forecast_of(case: Case) -> Told:
    """What is foreseen from the part that is shown."""
    return Told(case, foresee(case.times_s, case.values, limit=case.limit))


def scores(kinds: Iterable[Kind], series: int = SERIES_OF_A_KIND) -> list[Score]:
    """Each kind with its own chance, so that one more kind leaves the others as they are."""
    made = []
    for kind in kinds:
        chance = np.random.default_rng([SEED, *kind.__name__.encode()])
        made.append(Score(tuple(forecast_of(kind(chance)) for _ in range(series))))
    return made


@dataclass(frozen=True)
class Backtest:
    """Everything that was drawn and told."""

    growing: list[Score]
    staying: list[Score]

    @property
    def of_growing(self) -> Score:
        """All series that grow."""
        return Score(tuple(one for score in self.growing for one in score.told))

    @property
    def recall(self) -> float:
        """Share of the growing series for which a time was given."""
        return share(one.dated for one in self.of_growing.told)

    @property
    def precision(self) -> float:
        """Share of the times given that were given for a growing series."""
        dated = [one for score in (*self.growing, *self.staying) for one in score.dated]
        return share(one.case.grows for one in dated)


def backtest(series: int = SERIES_OF_A_KIND) -> Backtest:
    """Draw every kind and hold the forecasts to what came true."""
    return Backtest(scores(GROWING, series), scores(STAYING, series))
