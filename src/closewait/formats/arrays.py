"""Whole columns at once: numbers with gaps, masks, and texts coded by their different values.

Readers say what they mean with these, and only this file and `words.py` know that the columns are numpy arrays.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from closewait.snapshot.coded import Coded

S = TypeVar("S")
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
Places = npt.NDArray[np.int64]  # offsets into the bytes of a text, or numbers of lines, words or rows
Mask = npt.NDArray[np.bool_]
Lane = npt.NDArray[np.uint64]  # eight bytes of a text in each row, the first in the lowest bits
Numbers: TypeAlias = "np.ma.MaskedArray[tuple[int], np.dtype[np.int64]]"  # masked where not told

LANE_BYTES = 8
LANE_MASKS = np.array([*((1 << (8 * n)) - 1 for n in range(LANE_BYTES + 1)), 0], dtype=np.uint64)  # the last for -1
UNUSED_BITS = np.array([0, *(8 * (LANE_BYTES - digits) for digits in range(1, LANE_BYTES + 1))], dtype=np.uint64)
ZERO_DIGITS = np.uint64(0x3030303030303030) & ~LANE_MASKS[LANE_BYTES::-1]  # in as many of the last bytes
SIX_MORE_THAN_A_DIGIT, HIGH_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
EACH_BYTE, LOW_BITS = 0x0101010101010101, np.uint64(0x7F7F7F7F7F7F7F7F)
SAMPLE_ROWS = 256
BYTES_OF_A_ROW = 100  # of text, about
WORTH_A_THREAD_ROWS = 20_000  # fewer are read before a thread has begun
FEW = 8  # are compared one by one sooner than searched


class once(Generic[S, T]):  # noqa: N801  used as a decorator, as property is
    """An attribute computed when first asked for. functools.cached_property lets one thread at a time compute any
    instance's before Python 3.12, so that two columns would wait for each other.
    """

    def __init__(self, compute: Callable[[S], T]) -> None:
        self.compute = compute
        self.name, self.__doc__ = compute.__name__, compute.__doc__

    def __get__(self, owner: S, _: type[S]) -> T:
        value = owner.__dict__[self.name] = self.compute(owner)
        return value


@overload
def side_by_side(
    rows: int, one: Callable[[], T], two: Callable[[], U], three: Callable[[], V], /
) -> tuple[T, U, V]: ...
@overload
def side_by_side(rows: int, *jobs: Callable[[], T]) -> Sequence[T]: ...
def side_by_side(rows: int, *jobs: Callable[[], Any]) -> Sequence[Any]:
    """What each of `jobs`, each about a column or two of so many rows, gives; two at a time where that is worth it.

    numpy lets other threads run while it works on long arrays: two columns take little longer than one (measured).
    """
    if rows < WORTH_A_THREAD_ROWS:
        return tuple(job() for job in jobs)
    from concurrent.futures import ThreadPoolExecutor  # 10 ms that short dumps need not wait for

    with ThreadPoolExecutor(max_workers=2) as both:
        return tuple(done.result() for done in [both.submit(job) for job in jobs])


def places_where(size: int, holds: Callable[[int, int], Mask]) -> Places:
    """At which of so many places something holds; `holds` is asked about those from its first argument to its second.

    The two halves are searched side by side.
    """
    half = size // 2
    first, second = side_by_side(
        size // BYTES_OF_A_ROW,
        lambda: np.flatnonzero(holds(0, half)),
        lambda: np.flatnonzero(holds(half, size)),
    )
    second += half
    return np.concatenate((first, second))


def different(keys: npt.NDArray[Any]) -> tuple[Places, Places]:
    """A row for each different key, and for each row the number of its key among them.

    Few different keys are looked up among those of a sample, ten times faster than by sorting them all (measured).
    """
    known = np.unique(keys[:: 1 + len(keys) // SAMPLE_ROWS])
    if 0 < len(known) <= SAMPLE_ROWS // 4:
        codes = np.minimum(ranks(known, keys), len(known) - 1)
        strangers = keys[known[codes] != keys]
        if 0 < len(strangers) <= len(keys) // 8:
            known = np.union1d(known, strangers)
            codes = ranks(known, keys)
        if len(strangers) <= len(keys) // 8:
            return example_rows(codes, len(known)), codes
    known, codes = np.unique(keys, return_inverse=True)
    return example_rows(codes, len(known)), codes


def ranks(known: npt.NDArray[Any], keys: npt.NDArray[Any]) -> Places:
    """How many of `known`, which are in ascending order, are less than each key."""
    if len(known) > FEW:
        return np.searchsorted(known, keys)
    less = np.zeros(len(keys), dtype=np.int64)
    for one in known:
        less += keys > one
    return less


def example_rows(codes: Places, different: int) -> Places:
    """One row that has each code."""
    rows = np.zeros(different, dtype=np.int64)
    rows[codes] = np.arange(len(codes))
    return rows


def decimal(lane: Lane, digits: Places) -> tuple[Places, Mask]:
    """The number written as the first `digits` (at most 8) bytes of each lane, and whether they all are digits.

    All eight are computed at once: pairs, then fours, then eight, each in its own part of the 64 bits.
    """
    filled = (lane << UNUSED_BITS[digits]) ^ ZERO_DIGITS[digits]
    are_digits = ((filled + SIX_MORE_THAN_A_DIGIT) | filled) & HIGH_BITS == 0
    pairs = (filled * 10 + (filled >> 8)) & 0x00FF00FF00FF00FF
    fours = (pairs * 100 + (pairs >> 16)) & 0x0000FFFF0000FFFF
    return (fours * 10_000 + (fours >> 32)).astype(np.uint32).astype(np.int64), are_digits


def last_in_lane(lane: Lane, octet: bytes) -> Places:
    """Which of the eight bytes of each lane is the last that is `octet`, counted from 0; -1 where none is.

    A byte that is equal is 0 after the exclusive or, and only of such a byte the highest bit is left below; the
    exponent of a float tells the highest bit of all.
    """
    unlike = lane ^ np.uint64(octet[0] * EACH_BYTE)
    equal = ~(((unlike & LOW_BITS) + LOW_BITS) | unlike | LOW_BITS)
    place: Places = np.frexp(equal.astype(np.float64))[1].astype(np.int64) // 8 - 1
    return place


def numbers_in(column: Coded, number: Callable[[str | None], int | None]) -> Numbers:
    """What `number` finds in each row's text, asked once for each different one; masked where it finds none."""
    found = [number(value) for value in column.values]
    values = np.array([value or 0 for value in found], dtype=np.int64)
    missing = np.array([value is None for value in found], dtype=np.bool_)
    return np.ma.MaskedArray(values[column.codes], mask=missing[column.codes])


def masked(numbers: Numbers) -> Mask:
    """Which rows have no number."""
    return np.ma.getmaskarray(numbers)


def only(numbers: Numbers, rows: Mask) -> Numbers:
    """The numbers of these rows; masked in all others."""
    return np.ma.MaskedArray(numbers.data, mask=masked(numbers) | ~rows)


def first_told(numbers: Numbers, otherwise: Numbers) -> Numbers:
    """The number of each row, or that of `otherwise` where it is not told."""
    untold = masked(numbers)
    return np.ma.MaskedArray(np.where(untold, otherwise.data, numbers.data), mask=untold & masked(otherwise))


def merged(some: Places, others: Places) -> Places:
    """Both in ascending order."""
    return np.sort(np.concatenate((some, others)))


def alike(value: str, rows: int) -> Coded:
    """The same text in so many rows."""
    return Coded([value], np.zeros(rows, dtype=np.uint8))


def rows_of(mask: Mask) -> list[int]:
    """The numbers of the rows of which a mask says so."""
    rows: list[int] = np.flatnonzero(mask).tolist()
    return rows


def replaced(column: Coded, rows: Mask, value: str | None) -> Coded:
    """The column with `value` in these rows."""
    return Coded([*column.values, value], np.where(rows, len(column.values), column.codes))


def are_told(values: Sequence[object]) -> Mask:
    """Which of the values are not None."""
    mask: Mask = np.array([value is not None for value in values], dtype=np.bool_)
    return mask


def rows_with(column: Coded, holds: Callable[[str | None], object]) -> Mask:
    """Which rows have a value of which `holds` says so."""
    mask: Mask = np.array([bool(holds(value)) for value in column.values], dtype=np.bool_)[column.codes]
    return mask
