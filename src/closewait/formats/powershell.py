"""How PowerShell writes objects as text, read back as the properties of each: tables, lists, CSV and JSON.

- Format-Table puts each value under its property's name: text at the left edge of the column, numbers at the right.
  A value may be empty in the middle, and text may hold blanks, so it is the place that tells whose value it is. Where
  somebody collapsed the blanks, only the order is left, and the number of words.
- Format-List has a property on each line, and an empty line between objects.
- Export-Csv quotes every value, by default below a line that begins with `#TYPE`; some cultures separate by `;`.
- ConvertTo-Json writes one object, or a list of them.

Names of properties are compared in lower case and without blanks, as PowerShell itself does not mind the case.
"""

import csv
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from closewait.formats import json_values
from closewait.records import record

RULER = re.compile(r" *-+(?: +-+)+ *$")  # below the names of a table
CSV_ROW = re.compile(r' *"[^"]*"(?:[,;]"?[^"]*"?)+ *$')
LIST_LINE = re.compile(r" *(?P<name>[A-Za-z]\w*) *: ?(?P<value>.*)$")
LONGEST_HEADING = 1000  # characters
FIRST_LINES = 200  # enough to know a shape by
SPECIAL = re.compile(r"[^\w ().%#-]")  # in no name of a table's column


class Found(NamedTuple):
    """One object: the line it begins on, and its properties by name."""

    line: int
    properties: Mapping[str, str]


@record
class Kind:
    """What the objects are that somebody looks for.

    `told_by` are properties that no other objects have. `fits` says of a property whether a text can be its value.
    `always` are the properties that are never empty. `usual` are the columns of the table that is printed by default,
    known also without its heading, which a filter may have taken away.
    """

    told_by: frozenset[str]
    fits: Mapping[str, Callable[[str], object]]
    always: frozenset[str]
    usual: Sequence[str]


def objects(lines: Sequence[str], kind: Kind) -> list[Found]:
    """The objects of this kind in these lines, in the shape that most of the first ones have."""
    for some in (lines[:FIRST_LINES], lines):
        shape, found = max(((shape, [*shape(some, kind)]) for shape in SHAPES), key=lambda told: len(told[1]))
        if found:
            return found if len(some) == len(lines) else [*shape(lines, kind)]
    return []


def name_of(text: str) -> str:
    """A property's name as it is compared."""
    return text.strip().strip('"').replace(" ", "").lower()


@record
class Heading:
    """The names above a table, and where each stands."""

    names: tuple[str, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, line: str, below: str) -> "Heading":
        """The names in a line; the ruler below it, if it fits, tells which words are one name."""
        spans = [word.span() for word in re.finditer(r"-+", below)] if RULER.match(below) else []
        if "".join(line[slice(*span)] for span in spans).replace(" ", "") != line.replace(" ", ""):
            spans = [word.span() for word in re.finditer(r"[^\s-]\S*", line)]
        begins, ends = zip(*spans, strict=True)
        return cls(tuple(name_of(line[slice(*span)]) for span in spans), begins, ends)

    def by_place(self, line: str) -> dict[str, str]:
        """Each value by the name it stands below: a value overlaps its name, or begins behind it and goes on."""
        spans: dict[int, tuple[int, int]] = {}
        for word in re.finditer(r"\S+", line):
            column = max(bisect_left(self.begins, word.end()) - 1, 0)
            begin, _ = spans.get(column, word.span())
            spans[column] = (begin, word.end())
        return {self.names[column]: line[slice(*span)] for column, span in spans.items()}


def in_order(line: str, names: Sequence[str], kind: Kind) -> dict[str, str]:
    """Each value by its turn, if all properties have one, or those that are never empty, or all but the last."""
    words = line.split()
    never_empty = [name for name in names if name in kind.always]
    for told in (names, never_empty, names[:-1], never_empty[:-1]):
        values = dict(zip(told, words, strict=False))
        if len(words) == len(told) and fitting(values, kind):
            return values
    return {}


def in_tables(lines: Sequence[str], kind: Kind) -> Iterator[Found]:
    """The rows of each table."""
    heading = None
    for index, line in enumerate(lines):
        if is_heading(line, kind):
            heading = Heading.of(line, next((line for line in lines[index + 1 : index + 3] if line.strip()), ""))
        elif line.strip() and not RULER.match(line) and (told := in_row(line, heading, kind)):
            yield Found(index, told)


def in_row(line: str, heading: Heading | None, kind: Kind) -> dict[str, str]:
    """What a row tells, by place where that makes sense, else by order; nothing where it is no row."""
    if heading is None:
        return in_order(line, kind.usual, kind)
    told = heading.by_place(line)
    if kind.always.isdisjoint(told) or not fitting(told, kind):
        told = in_order(line, heading.names, kind)
    return {} if kind.always.isdisjoint(told) else told


def fitting(told: Mapping[str, str], kind: Kind) -> bool:
    """Whether every text can be the value it is taken for."""
    return all(kind.fits[name](text) for name, text in told.items() if name in kind.fits)


def is_heading(line: str, kind: Kind) -> bool:
    """Whether this line is the heading of a table of such objects, and nothing else."""
    if len(line) > LONGEST_HEADING or not any(name in line.lower() for name in kind.told_by):
        return False
    return not SPECIAL.search(line) and not kind.told_by.isdisjoint(map(name_of, line.split()))


def in_lists(lines: Sequence[str], kind: Kind) -> Iterator[Found]:
    """The objects that Format-List wrote: each ends at an empty line, or where a property comes a second time."""
    told: dict[str, str] = {}
    first, last = 0, -1
    double_spaced = is_double_spaced(lines)
    for index, line in enumerate(lines):
        found = LIST_LINE.match(line)
        name = name_of(found["name"]) if found else ""
        ends = name in told or (index > last + 1 and not double_spaced)
        if found and ends and not kind.told_by.isdisjoint(told):
            yield Found(first, told)
        if found:
            first, told = (index, {}) if ends else (first, told)
            told[name] = found["value"].strip()
        if line.strip():
            last = index
    if not kind.told_by.isdisjoint(told):
        yield Found(first, told)


def is_double_spaced(lines: Sequence[str]) -> bool:
    """Whether somebody's editor put an empty line behind every line of a list."""
    are_properties = [LIST_LINE.match(line) is not None for line in lines]
    return not any(one and next for one, next in pairwise(are_properties))


def in_csv(lines: Sequence[str], kind: Kind) -> Iterator[Found]:
    """The rows of comma-separated values below their names."""
    names: list[str] = []
    separator = ","
    for index, line in enumerate(lines):
        if kind.told_by.isdisjoint(fields := csv_names(line, kind)):
            told = split_csv(line, separator) if names else []
            if 1 < len(told) <= len(names):
                yield Found(index, dict(zip(names, told, strict=False)))
        else:
            names, separator = fields, ";" if ";" in line else ","


def csv_names(line: str, kind: Kind) -> list[str]:
    """The names in a line of CSV, or nothing where it can be none."""
    if len(line) > LONGEST_HEADING or not any(name in line.lower() for name in kind.told_by):
        return []
    return [name_of(name) for name in re.split("[,;]", line)]


def split_csv(line: str, separator: str) -> list[str]:
    """The values in a line of CSV; nothing where it is not well-formed."""
    try:
        return next(csv.reader([line.strip()], delimiter=separator), [])
    except csv.Error:
        return []


def in_json(lines: Sequence[str], kind: Kind) -> Iterator[Found]:
    """The objects in JSON, also those inside another object; a broken one tells nothing."""
    if not any('"' in line and ":" in line for line in lines):
        return
    ends = [*accumulate(len(line) + 1 for line in lines)]
    found = [
        Found(bisect_right(ends, value.begin), told)
        for value in json_values.values("\n".join(lines))
        for told in ([{}] if value.content is None else objects_in(value.content, kind))
    ]
    if any(one.properties for one in found):
        yield from found


def objects_in(content: Any, kind: Kind) -> Iterator[dict[str, str]]:
    """The properties of each object of this kind in a JSON value, in order."""
    pending = [content]
    while pending:
        content = pending.pop()
        if isinstance(content, list):
            pending += reversed(content)
        elif isinstance(content, dict):
            told = {name_of(name): json_text(inside) for name, inside in content.items()}
            if kind.told_by.isdisjoint(told):
                pending += reversed(content.values())
            else:
                yield told


def json_text(value: Any) -> str:
    """A plain value as text; nothing for null, and for what is no plain value."""
    return str(value) if isinstance(value, str | int | float) else ""


SHAPES = (in_tables, in_lists, in_csv, in_json)
