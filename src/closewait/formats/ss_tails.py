"""What stands behind the two ends of every row of an `ss` dump, as columns.

Most rows of a long `ss -tan` have nothing there, most rows of `ss -tanp` one holder. Of others the words are read
column by column (`ss_columns`), or, where a row is unusual, by itself (`ss_words`); `ss_omissions` completes them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from closewait.formats import ss_columns, ss_omissions, ss_words
from closewait.formats.arrays import Mask, Numbers, are_told, only, replaced, rows_of, rows_with
from closewait.formats.format import ColumnValues, HolderColumns
from closewait.formats.ss_words import Told
from closewait.formats.words import Spans
from closewait.records import record
from closewait.snapshot.coded import Coded

LONGEST_NAME = 64  # bytes; longer is a list of holders, whose first name and last pid would belong to two


@record
class Tails:
    """The columns that the words tell, every holder where some row has several, and which rows show a holder."""

    columns: Mapping[str, ColumnValues]
    holders: HolderColumns | None
    held: Mask


@record
class Single:
    """The rows whose words are one `users:(("name",pid=1,fd=2))`, and what it says."""

    rows: Mask
    process: Coded
    pid: Numbers
    fd: Numbers


def read(words: Spans, state: Coded) -> Tails:
    """What the words of all rows tell; `state` are the rows' states."""
    told_words = words.are_told()
    if not told_words.any():
        return Tails({}, None, told_words)
    single = single_holders(words)
    others = told_words & ~single.rows
    if not others.any():
        return Tails({"pid": single.pid, "process": single.process, "fd": single.fd}, None, single.rows)
    columns, is_odd = ss_columns.read(words)
    alone = dict(zip(rows_of(is_odd), map(ss_words.read, words[is_odd].texts()), strict=True))
    for name in {name for one in alone.values() for name in one.columns}:
        columns.setdefault(name, [None] * len(words))
    for row, one in alone.items():
        for name, column in columns.items():
            column[row] = one.columns.get(name)
    ss_omissions.restore(columns, state.spread(state.values))
    held = are_told(columns["pid"]) if "pid" in columns else ~told_words & told_words
    return Tails(columns, every_holder(alone, columns), held)


def every_holder(told: Mapping[int, Told], columns: Mapping[str, Sequence[Any]]) -> HolderColumns | None:
    """Who holds which row, if some row has more than one holder; `columns` hold the first of each."""
    if all(len(one.holders) < 2 for one in told.values()):
        return None
    firsts = enumerate(zip(columns["pid"], columns["process"], columns["fd"], strict=True))
    held = [
        (row, *holder)
        for row, first in firsts
        if first[0] is not None
        for holder in (told[row].holders if row in told else (first,))
    ]
    return HolderColumns(*zip(*held, strict=True))


def single_holders(words: Spans) -> Single:
    """The rows with one holder and nothing else; no string is made for each, though each has another descriptor."""
    rows, (name, pid, fd) = words.filled(b'users:(("', b'",pid=', b",fd=", b"))")
    process = name.where(name.lengths <= LONGEST_NAME).coded
    rows &= rows_with(process, is_one_name) & pid.are_numbers() & fd.are_numbers()
    return Single(rows, replaced(process, ~rows, None), only(pid.numbers, rows), only(fd.numbers, rows))


def is_one_name(text: str | None) -> bool:
    """Whether this is a process name; with a quotation mark in it, it is rather a list of holders."""
    return text is not None and text != "" and '"' not in text
