"""Our own Parquet, as `closewait list -o FILE.parquet` writes it: reading it back loses nothing.

The rows are columns already and stay what they are; what belongs to a look as a whole is told in our own JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from closewait.formats import closewait_json
from closewait.formats.format import BytesFormat, HolderColumns, LookKind, Reading
from closewait.snapshot.columns import FLOWS, SOCKETS
from closewait.snapshot.seal import MAGIC

if TYPE_CHECKING:
    from closewait.snapshot.files import Rows


def recognises(data: bytes) -> bool:
    """Whether this is a Parquet file."""
    return data.startswith(MAGIC)


def read(data: bytes) -> Sequence[Reading]:
    """Every look in the file."""
    from closewait.snapshot.files import heads_in, looks_in

    told = heads_in(data).encode()
    heads = closewait_json.read(told)  # looks without rows, which it takes for counts
    kinds = [look.get("kind", "sockets") for look in json.loads(told)["looks"] or ()]
    return [
        head if kind == "counts" else with_rows(head, kind, rows)
        for head, kind, rows in zip(heads, kinds, looks_in(data, len(heads)), strict=True)
    ]


def with_rows(head: Reading, kind: LookKind, rows: "Rows") -> Reading:
    """A look with its rows."""
    columns = FLOWS if kind == "flows" else SOCKETS
    return replace(
        head,
        kind=kind,
        columns={column.name: rows.columns[column.name] for column in columns},
        holders=HolderColumns(**rows.holders) if len(rows.holders["socket"]) else None,
        states=None,
    )


FORMAT = BytesFormat(
    name="closewait_parquet",
    told_by="`closewait list -o FILE.parquet`",
    recognises=recognises,
    read=read,
)
