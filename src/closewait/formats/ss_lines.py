"""The lines of an `ss` dump: which are rows, which continue the row above, and which are neither.

One socket may take several lines: ss itself prints memory and tcp_info on a second line that begins with a tab, a
narrow terminal or a mail wraps a row anywhere, and old versions break a table that is too wide between two columns. A
continued row is made one line again here; what follows reads whole rows only.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from closewait.formats import ss_words
from closewait.formats.arrays import Places
from closewait.formats.paste import Paste
from closewait.formats.rows import Layout
from closewait.formats.words import Words
from closewait.records import record

#: An end of a connection at the beginning of a line: the row above was wrapped before it.
WRAPPED_END = re.compile(r" *(?:\[[0-9A-Fa-f:.]+\]|[\w.:*%-]+):(?:[0-9]+|\*|[\w-]+)(?: |$)")
QUOTED = re.compile(r'"[^"]*"')  # a process name, whose parentheses mean nothing
MOST_LINES = 100  # of one row: a list of all threads of a server, wrapped at 80 columns


@record
class Unwrapped:
    """Rows of one line each, and for each of its lines the indexes of the lines of `paste` that it was made of."""

    paste: Paste
    rows: Paste
    made_of: Sequence[Sequence[int]] | None = None  # None: the lines are those of the paste

    def first_line(self, row_line: int) -> int:
        """The line of the paste where the row on `row_line` begins."""
        return row_line if self.made_of is None else self.made_of[row_line][0]

    @property
    def continuations(self) -> frozenset[int]:
        """The lines of the paste that continue a row above them."""
        return frozenset(line for lines in self.made_of or () for line in lines[1:])


def unwrapped(paste: Paste, layout: Layout) -> Unwrapped:
    """The rows of `paste`; a paste in which no row is continued is left as it is."""
    starts = paste.words.lines_beginning(layout.begins.fullmatch)
    others = paste.words.lines_besides(starts)
    if not any(continues([paste[row]], paste[line], layout) for row, line in below_rows(starts, others)):
        return Unwrapped(paste, paste)
    rows = list(joined(paste, set(starts.tolist()), layout))
    text = "\n".join(row for _, row in rows)
    return Unwrapped(paste, Paste(Words.of(text), {}), [lines for lines, _ in rows])


def below_rows(starts: Places, others: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each line of `others` that has a line of `starts` above it, with nothing but blank lines between."""
    for before, line in pairwise((-1, *others)):
        nearest = bisect_left(starts, line) - 1
        if nearest >= 0 and starts[nearest] > before:
            yield int(starts[nearest]), line


def joined(paste: Paste, beginning: set[int], layout: Layout) -> Iterator[tuple[list[int], str]]:
    """Each row made one line with the lines that continue it, and the indexes of its lines."""
    lines: list[int] = []
    row: list[str] = []
    for line, text in enumerate(paste):
        if line not in beginning and (not text or text.isspace()):
            continue
        if row and line not in beginning and continues(row, text, layout):
            row.append(text.strip() if is_broken_word(row, text) else f" {text.strip()}")
            lines.append(line)
            continue
        if row:
            yield lines, "".join(row)
        lines, row = ([line], [text.rstrip()]) if line in beginning else ([], [])
    if row:
        yield lines, "".join(row)


def continues(row: Sequence[str], text: str, layout: Layout) -> bool:
    """Whether the line `text` belongs to the `row` above it, which is in pieces."""
    if len(row) >= MOST_LINES:
        return False
    if ss_words.is_told_by(text) or is_broken_word(row, text):
        return True
    return WRAPPED_END.match(text) is not None and layout.pattern.match("".join(row)) is None


def is_broken_word(row: Sequence[str], text: str) -> bool:
    """Whether `text` begins with the second half of the word `row` ends with: it closes its parenthesis."""
    return ")" in text.split(maxsplit=1)[0] and sum(map(unclosed, row)) > 0


def unclosed(text: str) -> int:
    """How many more parentheses open than close."""
    bare = QUOTED.sub("", text)
    return bare.count("(") - bare.count(")")
