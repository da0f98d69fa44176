"""Tables and their columns, for whoever writes a query: name, unit, meaning."""

from collections.abc import Mapping, Sequence
from typing import Any

from closewait.snapshot.columns import Column
from closewait.views.aligned import aligned

TITLES = ("COLUMN", "UNIT", "MEANING")


def schema_as_text(tables: Mapping[str, Sequence[Column]]) -> str:
    """Each table under its name."""
    return "\n".join(
        f"{name}\n" + "".join(f"  {line}\n" for line in aligned(TITLES, [_words(column) for column in columns]))
        for name, columns in tables.items()
    )


def schema_as_dict(tables: Mapping[str, Sequence[Column]]) -> dict[str, list[dict[str, Any]]]:
    """The same for programs."""
    return {
        name: [
            {"column": column.name, "kind": column.kind, "unit": column.unit, "meaning": column.meaning,
             "when_empty": column.when_empty}
            for column in columns
        ]
        for name, columns in tables.items()
    }  # fmt: skip


def _words(column: Column) -> tuple[str, str, str]:
    return column.name, column.unit, column.meaning.replace("`", "")
