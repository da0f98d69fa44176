"""`closewait sql QUERY`: any question about the sockets of this host, or of dumps, in SQL."""

import json as json_text
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.history import HistoryFile
from closewait.cli.options import Json, Quiet
from closewait.cli.output import Force, Output, checked, write
from closewait.cli.sources import place
from closewait.errors import BadUsage

if TYPE_CHECKING:
    from closewait.snapshot.table import Frame

OF_THE_HISTORY = re.compile(r"\bhistory\.\w+", re.IGNORECASE)

Query = Annotated[str | None, typer.Argument(metavar="QUERY", help="A SELECT over the tables.")]
From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="SOURCE", help="Ask a dump, - or netns:NAME; several dumps one by one."),
]
Tables = Annotated[bool, typer.Option("--tables", help="Show the tables: columns, units, meanings.")]


def sql(
    query: Query = None,
    sources: From = None,
    history_file: HistoryFile = None,
    tables: Tables = False,
    json: Json = False,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Ask SQL of the tables sockets, holders, processes and listeners, and of what `closewait watch` has written down.

    \b
    Examples:
        closewait sql "select process, count(*) from sockets where state = 'LISTEN' group by process"
        closewait sql "select state, max(age_low_s) as oldest_s from sockets group by state" --from dump.txt
        closewait sql "select role, count(*) as n from sockets group by role order by n desc" --json
        closewait sql "select kind, rule, sockets from history.changes order by at_unix_s"
        closewait sql --tables
    """
    if tables:
        if not quiet:
            print(_tables(json), end="")
        return 0
    if query is None:
        raise BadUsage('closewait sql needs a query: closewait sql "select * from sockets limit 3"; see also --tables.')
    file = checked(output, force=force)
    looking = place(sources or [])
    if looking.is_log:
        raise BadUsage(
            "This log is too large to hold as tables. List what you need first: "
            "closewait list huge.log state=close_wait -o rows.csv, or ask a part of the log."
        )

    from closewait.diagnosis.roles import settled
    from closewait.snapshot.sql import answer

    past = _remembered(query, history_file)
    looks = [] if past and not _asks_of_looks(query) else looking.looks()
    rows = answer(query, [settled(look) for look in looks], past)
    if file is not None:
        write(rows, file, force=force, quiet=quiet)
    elif json and not quiet:
        from closewait.views.as_json import rows_as_json

        print(rows_as_json(rows.to_dicts()))
    elif not quiet:
        from closewait.views.aligned import as_columns

        print(as_columns(rows.columns, rows.rows()), end="")
    return 0


def _remembered(query: str, file: Path | None) -> "dict[str, Frame]":
    """The tables of the history that a query speaks of; none of them is read for any other."""
    asked = {name.lower() for name in OF_THE_HISTORY.findall(query)}
    if not asked:
        return {}
    from closewait.history import reading
    from closewait.history.place import place
    from closewait.snapshot.remembered import TABLES, remembered

    with reading(file or place()) as past:
        return {name: remembered(name, past.table(name)) for name in TABLES if name in asked}


def _asks_of_looks(query: str) -> bool:
    """Whether a query speaks of sockets as they are now, too."""
    from closewait.snapshot.sql import TABLES

    return re.search(rf"(?<![\w.])({'|'.join(TABLES)})\b", query, re.IGNORECASE) is not None


def _tables(json: bool) -> str:
    """Every table with its columns."""
    from closewait.snapshot import remembered
    from closewait.snapshot.sql import TABLES as OF_LOOKS
    from closewait.views.as_json import SCHEMA
    from closewait.views.schema import schema_as_dict, schema_as_text

    every = {**OF_LOOKS, **remembered.TABLES}
    if json:
        return json_text.dumps({"schema": SCHEMA, "tables": schema_as_dict(every)}, ensure_ascii=False) + "\n"
    return schema_as_text(every)
