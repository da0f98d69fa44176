"""The points of one series in a few hundred looks as a few bytes each.

Looks, values and walls stand in columns of little-endian numbers of 2, 8 and 8 bytes, their bytes sorted by
significance (first the first bytes of all numbers, then the second, …), deflated. Numbers of one gauge share most of
their bytes: 360 values of a busy one take 0.7 kB, of one that stands still 30 bytes (measured).
"""

import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.errors import BadInput

Numbers = npt.NDArray[np.float64]
Looks = npt.NDArray[np.int64]

OFFSET, NUMBER = np.dtype("<u2"), np.dtype("<f8")
POINT_BYTES = OFFSET.itemsize + 2 * NUMBER.itemsize


def packed(first_look: int, points: Sequence[tuple[int, float | None, float | None]]) -> bytes:
    """Look, value and wall of each point; None is not told."""
    looks, values, walls = zip(*points, strict=True)
    columns = (
        (np.array(looks, np.int64) - first_look).astype(OFFSET),
        np.array(values, NUMBER),
        np.array(walls, NUMBER),
    )
    return zlib.compress(b"".join(_by_significance(column) for column in columns))


def unpacked(first_look: int, data: bytes) -> tuple[Looks, Numbers, Numbers]:
    """The looks, values and walls; NaN is not told. Raises BadInput where the bytes are damaged."""
    try:
        flat = zlib.decompress(data)
    except zlib.error as error:
        raise BadInput(f"the history is damaged: a course cannot be unpacked ({error}).") from None
    points, rest = divmod(len(flat), POINT_BYTES)
    if rest:
        raise BadInput("the history is damaged: a course is cut off.")
    places = (0, OFFSET.itemsize * points, (OFFSET.itemsize + NUMBER.itemsize) * points, len(flat))
    offsets, values, walls = (flat[begin:end] for begin, end in pairwise(places))
    looks = _in_order(offsets, OFFSET).astype(np.int64) + first_look
    return looks, _in_order(values, NUMBER), _in_order(walls, NUMBER)


def _by_significance(column: npt.NDArray[np.generic]) -> bytes:
    return column.view(np.uint8).reshape(len(column), column.itemsize).T.tobytes()


def _in_order(data: bytes, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(kind.itemsize, -1).T).view(kind).ravel()
