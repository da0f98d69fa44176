"""Rows of a table printed for people: which words of a line are which column, for many lines at once.

A format says once what its rows look like: a synopsis of the columns and a pattern for each. The pattern reads any line
by itself. Lines with equally many words mostly have the same columns at the same places, so the pattern reads one of
them, and the others are only checked, column by column, to fit it; those that do not fit are read by themselves. Both
ways end with a place in the text for each column of each row, and only from those are values made.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial

from closewait.formats.addresses import HIGHEST_PORT, place, port
from closewait.formats.arrays import (
    Mask,
    Numbers,
    Places,
    first_told,
    masked,
    merged,
    numbers_in,
    only,
    rows_of,
    rows_with,
    side_by_side,
)
from closewait.formats.being_read import Columns
from closewait.formats.format import ColumnValues
from closewait.formats.paste import Paste
from closewait.formats.words import Spans, Words
from closewait.records import record
from closewait.snapshot.coded import Coded

WORTH_CHECKING_TOGETHER = 16  # fewer lines are sooner read one by one
SAMPLES_TRIED = 4  # of lines with equally many words
NUMBER = r"[0-9]{1,16}"
ENDPOINT = r"(?:\[[^\]:]*\]|\S*):[^\s:]+"  # `[my address]:22` has a blank because somebody masked it
DOTTED_ENDPOINT = r"\S*\.[^\s.:]+"  # `10.0.0.1.443`, `::1.22`, `*.*`, as BSD and System V write it
REST = r"\S(?:.*\S)?"  # whatever else the line holds, for the format to read

#: The patterns that can be checked, and read, without a string for each row.
IN_BULK: Mapping[str, Callable[[Spans], Mask]] = {
    NUMBER: Spans.are_numbers,
    ENDPOINT: Spans.are_endpoints,
    DOTTED_ENDPOINT: Spans.are_dotted_endpoints,
    REST: Spans.are_told,
}
ONE_WORD = (NUMBER, ENDPOINT, DOTTED_ENDPOINT)  # in bulk

Shape = Mapping[str, tuple[int, int]]  # the first and the last word of each column that a line has


def anything(text: str) -> bool:
    """The condition of a column whose pattern says enough."""
    return True


@record
class Part:
    """One column of a row: the pattern of its text, and a condition that a pattern cannot say.

    `in_bulk` asks for both without a string for each row; a column whose texts mostly differ needs it.
    """

    pattern: str
    condition: Callable[[str], object] = anything
    in_bulk: Callable[[Spans], Mask] | None = None


class Layout:
    """What the rows of a format look like.

    `synopsis` names the columns in order, optional ones in brackets: `protocol [recv send] local remote state`.
    `begins` is a pattern of a row's first word; `behind`, of what may stand behind the last column and tells nothing.
    """

    def __init__(self, synopsis: str, parts: Mapping[str, Part], *, begins: str, behind: str = "") -> None:
        self.parts = {name: parts[name] for name in re.findall(r"\w+", synopsis)}
        self.begins = re.compile(begins)
        tokens = {name: rf"(?P<{name}>{part.pattern})(?= |$) *" for name, part in self.parts.items()}
        tokens |= {"[": "(?:", "]": ")?"}
        columns = "".join(tokens[token] for token in re.findall(r"\w+|[\[\]]", synopsis))
        self.pattern = re.compile(f" *{columns}{behind}$")
        self.to_be_checked = [name for name, part in self.parts.items() if part != Part(begins)]  # the others are known

    def places(self, line: str) -> dict[str, tuple[int, int]] | None:
        """Where each column of this line begins and ends, in characters; None when the line is no such row."""
        found = self.pattern.match(line)
        if found is None:
            return None
        told = {name: found.span(name) for name in self.parts if found.start(name) >= 0}
        return told if all(self.parts[name].condition(line[slice(*span)]) for name, span in told.items()) else None

    def shape(self, words: Words, line_no: int) -> Shape | None:
        """Which words of this line are which column; None when it is no row, or its columns are not whole words."""
        line = words.line(line_no)
        told = self.places(line)
        if told is None:
            return None
        word_places = words.places_in_line(line_no)
        first = {begin: number for number, (begin, _) in enumerate(word_places)}
        last = {end: number for number, (_, end) in enumerate(word_places)}
        shape = {
            name: (first.get(octets(line, begin), -1), last.get(octets(line, end), -1))
            for name, (begin, end) in told.items()
        }
        covered = sum(last - first + 1 for first, last in shape.values() if 0 <= first <= last)
        several = [
            name for name, (first, last) in shape.items() if first < last and self.parts[name].pattern in ONE_WORD
        ]
        return shape if covered == len(word_places) and not several else None

    def fitting(self, name: str, column: Spans) -> Mask:
        """Which rows have in this column what its pattern and condition ask for, or nothing."""
        part = self.parts[name]
        if in_bulk := part.in_bulk or (IN_BULK.get(part.pattern) if part.condition is anything else None):
            return column.are_missing() | in_bulk(column)
        pattern = re.compile(part.pattern)
        return rows_with(column.coded, lambda text: text is None or (pattern.fullmatch(text) and part.condition(text)))


@record
class Rows:
    """The rows found in a paste: the line of each, and where in it each column stands.

    `missed` are the lines that begin as a row does and are none.
    """

    lines: Places
    columns: Mapping[str, Spans]
    missed: Places

    def __len__(self) -> int:
        return len(self.lines)

    def only(self, keep: Mask) -> "Rows":
        """Some of the rows; the others are missed."""
        if keep.all():
            return self  # with what is already known of its columns
        columns = {name: column[keep] for name, column in self.columns.items()}
        return Rows(self.lines[keep], columns, merged(self.missed, self.lines[~keep]))

    def chosen(self, rows: Mask) -> "Rows":
        """These rows alone."""
        if rows.all():
            return self  # with what is already known of its columns
        return Rows(self.lines[rows], {name: column[rows] for name, column in self.columns.items()}, self.missed)

    def any_told(self, name: str) -> bool:
        """Whether any row has this column."""
        return not bool(self.columns[name].are_missing().all())

    def coded(self, name: str) -> Coded:
        """A column as text."""
        return self.columns[name].coded

    def numbers(self, name: str) -> Numbers:
        """A column as numbers."""
        return self.columns[name].numbers

    def endpoint(self, name: str, end: str, divider: bytes = b":") -> dict[str, ColumnValues]:
        """A column of `address:port` as this end's (`local` or `remote`) columns of the one table."""
        column = self.columns[name]
        before, behind = column.halves if divider == b":" else column.parted(divider)
        places, numbers = before.coded, behind.numbers
        plain = not before.source.has(b"[") and not before.source.has(b"%") and "" not in places.values
        in_range = only(numbers, (numbers > 0) & (numbers <= HIGHEST_PORT))
        columns: dict[str, ColumnValues] = {
            f"{end}_address": places if plain else places.mapped(address_of),
            f"{end}_port": in_range,
        }
        unusual = masked(in_range) & behind.are_told()
        if unusual.any():
            names = behind.where(unusual).coded
            columns[f"{end}_port"] = first_told(in_range, numbers_in(names, number_of))
            columns[f"{end}_service"] = names.mapped(service_of)
        if end == "local" and before.source.has(b"%"):
            columns["interface"] = places.mapped(interface_of)
        return columns


def address_of(text: str | None) -> str | None:
    """The address in what stands before a port."""
    return None if text is None else place(text).address


def interface_of(text: str | None) -> str | None:
    """The interface in what stands before a port."""
    return place(text).interface if text else None


def number_of(text: str | None) -> int | None:
    """The number of a port that was not told as a number in range."""
    return port(text).number if text else None


def service_of(text: str | None) -> str | None:
    """The name of a port that was not told as a number in range."""
    return port(text).service if text else None


def read_rows(paste: Paste, layout: Layout) -> Rows:
    """Every row of `paste`, in the order of its lines."""
    words = paste.words
    lines = words.lines_beginning(layout.begins.fullmatch)
    columns = Columns(words.text, layout.parts, len(lines))
    for alike in words.alike(lines):
        if shape := likely_shape(words, lines[alike], layout):
            columns.put(alike, {name: words.run(lines[alike], *run) for name, run in shape.items()})
    spans = columns.spans()
    told = [name for name in layout.to_be_checked if not spans[name].are_missing().all()]
    for fits in side_by_side(len(lines), *(partial(layout.fitting, name, spans[name]) for name in told)):
        columns.forget(~fits)
    if not columns.read.all():
        for row in rows_of(~columns.read):
            read_one(words, int(lines[row]), layout, columns, row)
        spans = {name: column[columns.read] for name, column in columns.spans().items()}
    return Rows(lines[columns.read], spans, lines[~columns.read])


def likely_shape(words: Words, lines: Places, layout: Layout) -> Shape | None:
    """The shape of some of these lines, which have equally many words; None when it is not worth looking for."""
    if len(lines) < WORTH_CHECKING_TOGETHER:
        return None
    samples = (int(lines[len(lines) * attempt // SAMPLES_TRIED]) for attempt in range(SAMPLES_TRIED))
    return next((shape for line in samples if (shape := layout.shape(words, line))), None)


def read_one(words: Words, line_no: int, layout: Layout, columns: Columns, row: int) -> None:
    """Read one line by itself into `columns` at `row`, if it is a row at all."""
    line = words.line(line_no)
    begin = words.line_begin(line_no)
    if places := layout.places(line):
        columns.put_one(
            row, {name: (begin + octets(line, a), begin + octets(line, b)) for name, (a, b) in places.items()}
        )


def octets(line: str, characters: int) -> int:
    """How many bytes the first `characters` of a line are in UTF-8."""
    return characters if line.isascii() else len(line[:characters].encode())
