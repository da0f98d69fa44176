"""The page of the one table's columns."""

from collections.abc import Sequence

from closewait.snapshot.columns import ALWAYS_IN_JSON, CHARGES, HOLDERS, PROCESSES, SOCKETS, Column
from pages.markdown import page, section, table

PAGE = "columns.md"


def pages() -> dict[str, str]:
    """`columns.md`."""
    return {PAGE: columns_page()}


def columns_page() -> str:
    """Every column of the three frames of a look."""
    return page(
        "The columns",
        sources="src/closewait/snapshot/columns.py",
        parts=[
            "Whatever was looked at becomes these columns. A missing value is null, in JSON and in the frames, and "
            "never 0; the last column says what it means.",
            section("`sockets`: one row for each TCP socket", listed(SOCKETS)),
            f"These are in every row of `closewait list --json`, null or not: "
            f"{', '.join(f'`{name}`' for name in ALWAYS_IN_JSON)}. The others are there when any row has one.",
            section("What is concluded beside: to filter, to group by and to ask for in SQL", listed(CHARGES)),
            section("`holders`: one row for each descriptor of a socket", listed(HOLDERS)),
            section("`processes`: one row for each process that holds a socket", listed(PROCESSES)),
        ],
    )


def listed(columns: Sequence[Column]) -> str:
    """Columns as a table."""
    return table(
        ["column", "kind", "unit", "meaning", "when empty"],
        [(f"`{each.name}`", each.kind, each.unit, each.meaning, each.when_empty) for each in columns],
    )
