"""`closewait sql QUERY`: any question about the sockets of this host, or of dumps, in SQL."""

import json as json_text
from typing import Annotated

import typer

from closewait.cli.options import Json, Quiet
from closewait.cli.output import Force, Output, checked, write
from closewait.cli.sources import place
from closewait.errors import BadUsage

Query = Annotated[str | None, typer.Argument(metavar="QUERY", help="A SELECT over the tables.")]
From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="SOURCE", help="Ask a dump, - or netns:NAME; several dumps one by one."),
]
Tables = Annotated[bool, typer.Option("--tables", help="Show the tables: columns, units, meanings.")]


def sql(
    query: Query = None,
    sources: From = None,
    tables: Tables = False,
    json: Json = False,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Ask SQL of the tables sockets, holders, processes and listeners.

    \b
    Examples:
        closewait sql "select process, count(*) from sockets where state = 'LISTEN' group by process"
        closewait sql "select state, max(age_low_s) as oldest_s from sockets group by state" --from dump.txt
        closewait sql "select role, count(*) as n from sockets group by role order by n desc" --json
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

    rows = answer(query, [settled(look) for look in looking.looks()])
    if file is not None:
        write(rows, file, force=force, quiet=quiet)
    elif json and not quiet:
        from closewait.views.as_json import rows_as_json

        print(rows_as_json(rows.to_dicts()))
    elif not quiet:
        from closewait.views.aligned import as_columns

        print(as_columns(rows.columns, rows.rows()), end="")
    return 0


def _tables(json: bool) -> str:
    """Every table with its columns."""
    from closewait.snapshot.sql import TABLES
    from closewait.views.as_json import SCHEMA
    from closewait.views.schema import schema_as_dict, schema_as_text

    if json:
        return json_text.dumps({"schema": SCHEMA, "tables": schema_as_dict(TABLES)}, ensure_ascii=False) + "\n"
    return schema_as_text(TABLES)
