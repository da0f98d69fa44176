"""The tables that osqueryi prints: in boxes, or with a separator between the columns (`--csv`, `--list`).

+------+-------------+------------+
| pid  | local_port  | protocol   |
+------+-------------+------------+
| 881  | 57576       | 6          |
+------+-------------+------------+
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: A heading names columns only, one of them a port.
HEADING = re.compile(r'(?=.*\b(?:local_port|remote_port|port)\b)[ |"]*\w+"?(?: *[|,;\t] *"?\w+"?)+[ |]*$')
SEPARATORS = "|,;\t"
BORDER = re.compile(r" *\+[-+=]+\+? *$")
OF_SOCKETS = ({"local_port"}, {"remote_port"}, {"port", "address"}, {"port", "protocol", "pid"})


@dataclass(slots=True)
class Table:
    """The rows of one table, the lines from its heading to its last row, and those of its rows that are cut."""

    first: int
    last: int
    records: list[Mapping[str, str]] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)


def tables(lines: Sequence[str]) -> Iterator[Table]:
    """Every table of sockets among these lines."""
    table: Table | None = None
    names: list[str] = []
    separator = ""
    for line, text in enumerate(lines):
        if heading := heading_in(text):
            if table:
                yield table
            separator, names = heading
            table = Table(line, line)
        elif table and not BORDER.match(text):
            row = cells(text, separator)
            if row and len(row) == len(names):
                table.records.append(dict(zip(names, row, strict=True)))
                table.last = line
            elif separator in text and len(row) > 1:
                table.cut.append(line)
            elif text.strip():
                yield table
                table = None
    if table:
        yield table


def heading_in(line: str) -> tuple[str, list[str]] | None:
    """The separator and the names in the heading of a table of sockets; None when the line is none."""
    if not HEADING.match(line):
        return None
    separator = next(each for each in SEPARATORS if each in line)
    names = [name.lower() for name in cells(line, separator)]
    return (separator, names) if any(needed <= set(names) for needed in OF_SOCKETS) else None


def cells(line: str, separator: str) -> list[str]:
    """What stands in the columns of a row; nothing where the line is no row."""
    inside = line.strip().removeprefix("|").removesuffix("|") if separator == "|" else line.strip()
    try:
        row = next(csv.reader([inside], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in row]
