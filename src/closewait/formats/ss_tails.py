"""What stands behind the two ends of every row of an `ss` dump, as columns.

Most rows of a long `ss -tan` have nothing there, most rows of `ss -tanp` one holder: these are read together. The words
of any other row are read one row after the other by `ss_words`, and completed by `ss_omissions`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from closewait.formats import ss_omissions, ss_words
from closewait.formats.format import ColumnValues, HolderColumns
from closewait.formats.ss_words import Told
from closewait.formats.words import Mask, Numbers, Spans, only, rows_of
from closewait.snapshot.coded import Coded

BEFORE_NAME, BEHIND_NAME, CLOSING = 'users:(("', '",pid', "))"
LONGEST_SINGLE = 64  # bytes
ONE_NAME = re.compile(rf'{re.escape(BEFORE_NAME)}[^"]{{0,64}}{BEHIND_NAME}')


@dataclass(frozen=True, slots=True)
class Tails:
    """The columns that the words tell, every holder where some row has several, and which rows show a holder."""

    columns: Mapping[str, ColumnValues]
    holders: HolderColumns | None
    held: Mask


@dataclass(frozen=True, slots=True)
class Single:
    """The rows whose words are one `users:(("name",pid=1,fd=2))`, and what it says."""

    rows: Mask
    process: Coded
    pid: Numbers
    fd: Numbers


def read(words: Spans, states: Sequence[str | None]) -> Tails:
    """What the words of all rows tell; `states` are the rows' states."""
    single = single_holders(words)
    others = words.are_told() & ~single.rows
    if not others.any():
        all_single: dict[str, ColumnValues] = {"pid": single.pid, "process": single.process, "fd": single.fd}
        return Tails(all_single if single.rows.any() else {}, None, single.rows)
    told = dict(zip(rows_of(others), map(ss_words.read, words[others].texts()), strict=True))
    columns: dict[str, list[Any]] = {name: [None] * len(words) for one in told.values() for name in one.columns}
    if single.rows.any() or any(one.holders for one in told.values()):
        columns |= {
            "pid": single.pid.tolist(),
            "process": single.process.spread(single.process.values),
            "fd": single.fd.tolist(),
        }
    for row, one in told.items():
        for name, value in one.columns.items():
            columns[name][row] = value
    ss_omissions.restore(columns, states)
    held = single.rows.copy()
    held[[row for row, one in told.items() if one.holders]] = True
    return Tails(columns, every_holder(told, columns), held)


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
    before_fd, fd_and_closing = words.where(words.lengths <= LONGEST_SINGLE).parted(b"=")
    before_comma, fd_key = before_fd.parted(b",")
    before_pid, pid = before_comma.parted(b"=")
    fd, closing = fd_and_closing.without_last(len(CLOSING))
    rows = (
        before_pid.are(ONE_NAME.fullmatch)
        & pid.are_numbers()
        & fd_key.are("fd".__eq__)
        & fd.are_numbers()
        & closing.are(CLOSING.__eq__)
    )
    process = before_pid.where(rows).coded.mapped(lambda text: text and text[len(BEFORE_NAME) : -len(BEHIND_NAME)])
    return Single(rows, process, only(pid.numbers, rows), only(fd.numbers, rows))
