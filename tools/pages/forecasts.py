"""The tables of docs/explanation/forecast.md: every kind of series drawn again, and the forecasts held to what came."""

import math
import re

from backtest.score import SERIES_OF_A_KIND, Backtest, Score, backtest
from pages.markdown import table

BEGIN, END = "<!-- backtest: begin -->", "<!-- backtest: end -->"
BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.S)

GROWING = ["what grows", "dated", "with an end", "met within the interval", "the same, with an end", "typically off by"]
STAYING = ["what does not", "said to grow", "dated", "with an end"]


def brought_up_to_date(page: str) -> str:
    """The page with the tables as they are now."""
    return BETWEEN.sub(lambda _: f"\n{tables(backtest())}\n", page)


def tables(held: Backtest) -> str:
    """Both tables, and what they come to."""
    growing = [[row.kind, *_of_growing(row)] for row in held.growing]
    staying = [[row.kind, row.said_to_grow, len(row.dated), len(row.closed)] for row in held.staying]
    every = held.of_growing
    said = (
        f"{SERIES_OF_A_KIND} series of each kind. *Dated*: a time is given at which the wall is met; *with an end*: so "
        f"is a latest time. Of {len(every.dated)} dated series that grow, {_percent(every.covered)} met the wall "
        f"within the interval; of the {len(every.closed)} with an end, {_percent(every.covered_when_closed)}. "
        f"Recall (dated, of all that grow): {_percent(held.recall)}. Precision (growing, of all that are dated): "
        f"{_percent(held.precision)}."
    )
    return "\n\n".join([said, table(GROWING, growing), table(STAYING, staying)])


def _of_growing(row: Score) -> list[object]:
    return [
        len(row.dated),
        len(row.closed),
        _percent(row.covered),
        _percent(row.covered_when_closed),
        _percent(row.typically_off),
    ]


def _percent(share: float | None) -> str | None:
    return None if share is None or math.isnan(share) else f"{share:.0%}".replace("%", " %")
