"""A page of characters to draw on, in one of two alphabets: lines that join where they meet, arrows, frames, words."""

from collections.abc import Sequence
from itertools import pairwise

from closewait.records import record

#: A row and a column, from the upper left corner.
Point = tuple[int, int]

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
OPPOSITE = {UP: DOWN, DOWN: UP, LEFT: RIGHT, RIGHT: LEFT}
STEP = {UP: (-1, 0), RIGHT: (0, 1), DOWN: (1, 0), LEFT: (0, -1)}


@record
class Alphabet:
    """`lines` has one character for each set of directions a cell is left in (the sum of UP, RIGHT, DOWN, LEFT)."""

    lines: str
    heads: dict[int, str]
    double: tuple[str, ...]  # upper left, horizontal, upper right, vertical, lower left, lower right


BOX_CHARACTERS = Alphabet(
    lines=" │─└││┌├─┘─┴┐┤┬┼",
    heads={UP: "▲", RIGHT: "▶", DOWN: "▼", LEFT: "◀"},
    double=("╔", "═", "╗", "║", "╚", "╝"),
)
ASCII_CHARACTERS = Alphabet(
    lines=" |-+||++-+-+++++",
    heads={UP: "^", RIGHT: ">", DOWN: "v", LEFT: "<"},
    double=("#",) * 6,
)


class Canvas:
    """Cells, each with the directions lines leave it in, or with a character that was put there."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self._directions: dict[Point, int] = {}
        self._characters: dict[Point, str] = {}

    def write(self, at: Point, words: str) -> None:
        """Put `words` on one row, over whatever is there."""
        row, column = at
        self._characters.update({(row, column + place): character for place, character in enumerate(words)})

    def line(self, corners: Sequence[Point]) -> None:
        """A line through all corners; where it meets another line the two join."""
        for start, end in pairwise(corners):
            for here, there, direction in _steps(start, end):
                self._directions[here] = self._directions.get(here, 0) | direction
                self._directions[there] = self._directions.get(there, 0) | OPPOSITE[direction]

    def arrow(self, corners: Sequence[Point]) -> None:
        """A line with a head at its last corner."""
        self.line(corners)
        *_, (_, end, direction) = _steps(corners[-2], corners[-1])
        self.write(end, self.alphabet.heads[direction])

    def frame(self, at: Point, width: int, *, double: bool = False) -> None:
        """A frame of three rows with its upper left corner at `at`."""
        (top, left), bottom, right = at, at[0] + 2, at[1] + width - 1
        if not double:
            self.line([(top, left), (top, right), (bottom, right), (bottom, left), (top, left)])
            return
        upper_left, across, upper_right, down, lower_left, lower_right = self.alphabet.double
        self.write((top, left), upper_left + across * (width - 2) + upper_right)
        self.write((top + 1, left), down)
        self.write((top + 1, right), down)
        self.write((bottom, left), lower_left + across * (width - 2) + lower_right)

    def __str__(self) -> str:
        cells = {point: self.alphabet.lines[directions] for point, directions in self._directions.items()}
        cells |= self._characters
        rows = 1 + max((row for row, _ in cells), default=-1)
        columns = 1 + max((column for _, column in cells), default=-1)
        return "\n".join(
            "".join(cells.get((row, column), " ") for column in range(columns)).rstrip() for row in range(rows)
        )


def _steps(start: Point, end: Point) -> list[tuple[Point, Point, int]]:
    """The moves from `start` to `end`, which lie on one row or in one column."""
    if start[0] == end[0]:
        direction, count = (RIGHT if end[1] > start[1] else LEFT), abs(end[1] - start[1])
    else:
        direction, count = (DOWN if end[0] > start[0] else UP), abs(end[0] - start[0])
    down, right = STEP[direction]
    points = [(start[0] + down * step, start[1] + right * step) for step in range(count + 1)]
    return [(here, there, direction) for here, there in pairwise(points)]
