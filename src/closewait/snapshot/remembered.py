"""The tables of the history as SQL can be asked of them, beside those of a look."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from closewait.snapshot.columns import Column
from closewait.snapshot.lifelines import LIFELINES
from closewait.snapshot.table import frame

UNIX = "seconds since 1970"

#: Every table with its columns; what they are called in the history's own file stands in history/schema.sql.
TABLES: Mapping[str, tuple[Column, ...]] = {
    "history.looks": (
        Column("look", "integer", "number", "The looks of the watch, counted in the order in which they were made."),
        Column("at_unix_s", "real", UNIX, "When it was made."),
        Column("took_s", "real", "seconds", "How long it took."),
        Column("sockets", "integer", "count", "Sockets there."),
        Column("appeared", "integer", "count", "Of them, those that the look before did not show.", "A first look."),
        Column("gone", "integer", "count", "Sockets of the look before that are not there.", "A first look."),
        Column(
            "processor_s", "real", "seconds", "What the watch has spent since the look before.", "Not written then."
        ),
    ),
    "history.points": (
        Column("at_unix_s", "real", UNIX, "The look from which on the value holds."),
        Column("measure", "text", "name", "What is measured; `closewait check --textfile` tells the same."),
        Column("labels", "text", "text", "Of what: process id and name, state, listener, joined by blanks."),
        Column("value", "real", "as the measure", "The value.", "From here on it is not told."),
        Column("wall", "real", "as the measure", "Its limit.", "It has none."),
    ),
    "history.changes": (
        Column("at_unix_s", "real", UNIX, "When it was seen."),
        Column("since_unix_s", "real", UNIX, "When the finding was first seen."),
        Column("kind", "text", "name", "`opened`, `grew`, `worsened`, `eased` or `resolved`."),
        Column("key", "text", "text", "The same for all changes of one finding."),
        Column("rule", "text", "name", "The rule that found it."),
        Column("severity", "text", "name", "`warning` or `critical`."),
        Column("sockets", "integer", "count", "Sockets that it is about."),
        Column("sockets_before", "integer", "count", "How many they were when it was told last.", "It was new."),
        Column("finding", "text", "JSON", "The whole finding."),
    ),
    "history.lifelines": tuple(column for column in LIFELINES if column.name != "line"),
    "history.incidents": (
        Column("kind", "text", "name", "`killed`, `away`, `restarted`, `clock set`, `slept`, `looks missing`, …"),
        Column("from_unix_s", "real", UNIX, "When it began."),
        Column("until_unix_s", "real", UNIX, "When it was over."),
        Column("seconds", "real", "seconds", "How long it lasted, or how far the clock was set."),
        Column("says", "text", "text", "The same in words."),
    ),
}


def remembered(name: str, values: Mapping[str, Any]) -> pl.DataFrame:
    """One of these tables; a missing column is null."""
    return frame(TABLES[name], values)
