"""The words behind the ends of many rows of `ss`, read column by column; what `ss_words` reads of one row.

All words of all rows are laid side by side and split at their first colon; each known key's values are then read
together. A row with anything unusual (a list of holders, a key told twice, a value of another form) is left to
`ss_words`: so both say the same (`test_ss_columns`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from closewait.formats import ss_words
from closewait.formats.arrays import Mask, Numbers, Places, masked
from closewait.formats.words import Spans
from closewait.snapshot.coded import Coded

Values = dict[str, list[Any]]  # of each column, one for each row, None where not told

USERS = ss_words.USERS.partition(":")[0]
PARTS = {"wscale": b",", "rtt": b"/", "retrans": b"/"}  # what separates the two numbers of these
OF_FEW_TEXTS: Mapping[str, Callable[[str], dict[str, Any]]] = {"timer": ss_words.timer, "cgroup": ss_words.cgroup}
ARROW_BYTES = 3


class Reader:
    """The columns of some rows while they are read."""

    def __init__(self, words: Spans) -> None:
        self.rows = len(words)
        self.columns: Values = {}
        self.is_odd = np.zeros(self.rows, dtype=np.bool_)  # left to be read alone

    def put(self, rows: Places, column: str, values: list[Any]) -> None:
        """These rows have these values in a column, which there is only where one is told."""
        if all(value is None for value in values):
            return
        if np.array_equal(rows, np.arange(self.rows)):  # in all rows, and once in each
            self.columns[column] = values
            return
        told = self.columns.setdefault(column, [None] * self.rows)
        for row, value in zip(rows.tolist(), values, strict=True):
            told[row] = value

    def put_numbers(self, rows: Places, column: str, numbers: Numbers, told: Mask) -> None:
        """These rows have these numbers; one that is told and no such number is odd."""
        self.is_odd[rows[told & masked(numbers)]] = True
        self.put(rows, column, numbers.tolist())

    def put_texts(self, rows: Places, texts: Coded, meaning: Callable[[str], dict[str, Any]]) -> None:
        """These rows have what each of these texts means, read once for each different one."""
        means = [meaning(text) if text is not None else {} for text in texts.values]
        for column in {column for one in means for column in one}:
            values = [one.get(column) for one in means]
            self.put(rows, column, [values[code] for code in texts.codes.tolist()])


def read(words: Spans) -> tuple[Values, Mask]:
    """The columns, and which rows are odd: those are to be read alone, whatever the columns say of them."""
    reader = Reader(words)
    rows, each = words.each_word()
    keys, values = each.keyed()
    kinds = keys.coded
    for code, key in enumerate(kinds.values):
        if key and (key in ss_words.VALUES or key in OF_FEW_TEXTS or key == USERS):
            chosen = np.flatnonzero(kinds.codes == code)
            of = rows[chosen]
            reader.is_odd[of[1:][of[1:] == of[:-1]]] = True  # told twice
            if key == USERS:
                put_holder(reader, of, each[chosen])
            elif key in OF_FEW_TEXTS:
                reader.put_texts(of, values[chosen].coded, OF_FEW_TEXTS[key])
            else:
                put_values(reader, of, values[chosen], key)
    put_arrows(reader, rows, each)
    return reader.columns, reader.is_odd


def put_values(reader: Reader, rows: Places, values: Spans, key: str) -> None:
    """One number behind each key, or two."""
    readers = ss_words.VALUES[key]
    parts = values.parted(PARTS[key]) if key in PARTS else (values,)
    for (column, kind), part in zip(readers, parts, strict=True):
        if column and kind is ss_words.cookie:
            reader.put(rows, column, [ss_words.cookie(text) for text in part.texts()])
        elif column:
            numbers = microseconds(part) if kind is ss_words.microseconds else part.numbers
            reader.put_numbers(rows, column, numbers, ~part.are_missing())


def microseconds(milliseconds: Spans) -> Numbers:
    """`0.358` ms as 358; masked where it is written in another way."""
    before, behind = milliseconds.parted(b".")
    whole, digits = before.numbers, np.clip(behind.lengths, 0, 16)
    part = np.where(masked(behind.numbers), 0, behind.numbers.data) / np.power(10.0, digits)
    good = ~masked(whole) & (behind.are_missing() | ~masked(behind.numbers)) & (before.lengths <= 9)
    return np.ma.MaskedArray(np.rint((whole.data + part) * 1000).astype(np.int64), mask=~good)


def put_holder(reader: Reader, rows: Places, words: Spans) -> None:
    """The one holder of each row; a list of several is read alone."""
    is_one, (name, pid, fd) = words.filled(b'users:(("', b'",pid=', b",fd=", b"))")
    process = name.coded
    one_name = np.array([bool(text) and '"' not in str(text) for text in process.values], dtype=np.bool_)
    is_one &= one_name[process.codes] & pid.are_numbers() & fd.are_numbers()
    reader.is_odd[rows[~is_one]] = True
    reader.put(rows, "pid", pid.numbers.tolist())
    reader.put(rows, "process", [process.values[code] for code in process.codes.tolist()])
    reader.put(rows, "fd", fd.numbers.tolist())


def put_arrows(reader: Reader, rows: Places, each: Spans) -> None:
    """The directions closed, in rows that tell details; elsewhere an arrow is a remark that somebody wrote."""
    short = np.flatnonzero(each.lengths == ARROW_BYTES)
    texts = each[short].coded
    arrows = [ss_words.ARROWS.get(text or "") for text in texts.values]
    detailed = [reader.columns[name] for name in ("cookie", "inode") if name in reader.columns]
    closed: list[Any] = [None] * reader.rows
    for row, code in zip(rows[short].tolist(), texts.codes.tolist(), strict=True):
        if arrows[code] and closed[row] is None and any(told[row] is not None for told in detailed):
            closed[row] = arrows[code]
    if any(closed):
        reader.columns["shutdown"] = closed
