"""Rows that a reader finds one by one, each as the columns it tells; put together, they are the columns of one look."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from closewait.formats.addresses import Endpoint, endpoint
from closewait.formats.ownerless import HELD, Ownerless, unexplained

Row = Mapping[str, Any]  # by names of `snapshot.columns.SOCKETS`; a column left out is not told

LARGEST_INTEGER = 2**63 - 1  # that a column holds
MOST_DIGITS = 20


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The rows as columns: each that any row tells."""
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def end(side: Literal["local", "remote"], told: Endpoint | str) -> dict[str, Any]:
    """One end of a connection as that side's columns."""
    place = endpoint(told) if isinstance(told, str) else told
    columns: dict[str, Any] = {
        f"{side}_address": place.address,
        f"{side}_port": place.port,
        f"{side}_service": place.service,
    }
    return columns | {"interface": place.interface} if side == "local" and place.interface else columns


def number(text: str | None) -> int | None:
    """The number that decimal digits write; None for any other text, or a number too large for a column."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        return None
    value = int(text)
    return value if value <= LARGEST_INTEGER else None


def holders_hidden(rows: Iterable[Row]) -> int:
    """How many of these rows should show a holder and do not; none waits in an accept queue, as far as they tell."""
    return unexplained(
        [
            Ownerless(row["state"], row.get("local_port"), row.get("inode"))
            for row in rows
            if row.get("state") in HELD and row.get("pid") is None and row.get("process") is None
        ],
        {},
    )
