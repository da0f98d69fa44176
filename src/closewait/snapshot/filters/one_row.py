"""Whether one row meets a condition, without a table: for rows that come one at a time.

A row tells a column with none, one or several values (a transition has two states); one that meets is enough. As
everywhere, what is not told meets no condition, and `Not` keeps exactly what its condition leaves out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import inf
from typing import Any

from closewait.snapshot.filters.condition import Among, Condition, Either, Every, Inside, Leaf, Not, Within
from closewait.snapshot.filters.texts import among, inside

Row = Mapping[str, Sequence[Any]]

MOST_TEXTS = 10_000


def meets(condition: Condition) -> Callable[[Row], bool]:
    """The test for `condition`, made once for many rows."""
    if isinstance(condition, Not):
        part = meets(condition.part)
        return lambda row: not part(row)
    if isinstance(condition, Every):
        parts = [meets(part) for part in condition.parts]
        return lambda row: all(part(row) for part in parts)
    if isinstance(condition, Either):
        parts = [meets(part) for part in condition.parts]
        return lambda row: any(part(row) for part in parts)
    return _meets_leaf(condition)


def _meets_leaf(leaf: Leaf) -> Callable[[Row], bool]:
    column, met = leaf.column, _within(leaf) if isinstance(leaf, Within) else _told(leaf)
    return lambda row: any(value is not None and met(value) for value in row.get(column, ()))


def _within(leaf: Within) -> Callable[[float], bool]:
    spans = [(-inf if low is None else low, inf if high is None else high) for low, high in leaf.spans]
    return lambda number: any(low <= number <= high for low, high in spans)


def _told(leaf: Among | Inside) -> Callable[[str], bool]:
    """The same few texts come again and again."""
    return lru_cache(MOST_TEXTS)(among(leaf.patterns) if isinstance(leaf, Among) else inside(leaf))
