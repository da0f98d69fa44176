"""Rows of words under their titles, each column as wide as what is in it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from closewait.views.visible import visible

NOTHING = "-"


def aligned(titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()) -> Iterator[str]:
    """The titles, and each row below them; the columns titled in `right` end where their title ends."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    to_the_right = [title in right for title in titles]
    for row in (titles, *rows):
        cells = (cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, to_the_right, strict=True))
        yield " ".join(cells).rstrip()


def as_columns(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Any values as text, under the names of their columns: numbers to the right, `-` where nothing is told."""
    if not titles:
        return ""
    places = range(len(titles))
    numeric = [titles[place] for place in places if all(isinstance(row[place], int | float | None) for row in rows)]
    lines = aligned(
        [visible(title) for title in titles], [[_cell(value) for value in row] for row in rows], right=numeric
    )
    return "".join(f"{line}\n" for line in lines)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return visible(str(value))
