"""`closewait list`: the sockets as they were told, or how many share a state, a process, a port."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.every_namespace import AllNetns, EveryNamespace, everywhere
from closewait.cli.needs import needs
from closewait.cli.options import Json, Quiet, Words
from closewait.cli.output import Force, Output, checked, holds_looks, write, write_log
from closewait.cli.sources import Dumps, Live, looker
from closewait.errors import BadUsage
from closewait.snapshot.filters.condition import EVERYTHING, Condition

if TYPE_CHECKING:
    from closewait.snapshot.listing import Order
    from closewait.snapshot.table import Frame, Snapshot

By = Annotated[
    str | None,
    typer.Option("--by", metavar="COLUMNS", help="Count instead of listing, by state or by process,state or others."),
]
Sort = Annotated[
    str | None, typer.Option("--sort", metavar="COLUMN[:desc]", help="In the order of a column, as in age:desc.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Show the first N rows only.")]
Wide = Annotated[bool, typer.Option("--wide", "-w", help="Show every column that is told, by its name.")]


def list_sockets(
    words: Words = None,
    json: Json = False,
    by: By = None,
    sort: Sort = None,
    limit: Limit = None,
    wide: Wide = False,
    all_netns: AllNetns = False,
    output: Output = None,
    force: Force = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the lines that were not understood.")] = False,
    quiet: Quiet = False,
) -> int:
    """List the sockets of this host or of a dump.

    \b
    Examples:
        closewait list --by state
        closewait list --by process,state lport=80
        closewait list state=close_wait 'age>5min' --sort age:desc --limit 10
        closewait list state established '( sport = :80 or dport = :80 )'
        closewait list 'recvq>0' role=server --wide
        closewait list -o sockets.parquet --force
        closewait list dump.txt proc!=nginx --json
        closewait list --all-netns state=close_wait
        netstat -an | closewait list - -v
    """
    named, condition = looker(words or [])
    looking = everywhere(named) if all_netns else named
    file = checked(output, force=force)
    if condition == EVERYTHING and (by, sort, limit, file) == ("state", None, None, None):
        if not quiet:
            _show_counts(_counted(looking), json, titled=all_netns)
        return 0
    from closewait.snapshot.filters.keys import columns_named

    groups = columns_named(by)
    order = _order(sort, groups)
    counting_states = groups == ("state",) and (order, limit, file) == (None, None, None)
    looks = _looked(looking, condition, groups, order)
    if counting_states:
        if not quiet:
            _show_counts([(look.source, look.states) for look in looks], json, titled=all_netns)
        return 0
    from closewait.snapshot.listing import counted, groups_for_file, listed, rows_for_file

    if groups:
        tables = [(look.source, counted(look, groups, order, limit)) for look in looks]
        if file is not None:
            write(groups_for_file([table for _, table in tables]), file, force=force, quiet=quiet)
        elif not quiet:
            _show_groups(tables, json, titled=all_netns)
        return 0
    looks = (listed(look, order, limit) for look in looks)
    if file is not None and looking.is_log:
        write_log(looks, file, force=force, quiet=quiet)
    elif file is not None:
        from closewait.views.as_json import heads_as_json

        held = list(looks)
        rows = rows_for_file(held, whole=holds_looks(file))
        write(rows, file, force=force, quiet=quiet, heads=heads_as_json(held))
    elif not quiet:
        _show(looks, json, titled=all_netns, verbose=verbose, wide=wide)
    return 0


def _order(sort: str | None, groups: Sequence[str]) -> "Order | None":
    """The order asked for: of rows, or of groups, which have their own columns and a number of sockets."""
    if sort is None:
        return None
    from closewait.snapshot.filters.keys import column_named
    from closewait.snapshot.listing import COUNT, Order

    word, _, direction = sort.partition(":")
    if direction not in ("", "asc", "desc"):
        raise BadUsage(f"{sort!r} is no order. Write --sort {word}, or --sort {word}:desc for the greatest first.")
    column = COUNT if groups and word in (COUNT, "count") else column_named(word)
    if groups and column not in (*groups, COUNT):
        raise BadUsage(
            f"Groups by {', '.join(groups)} cannot be sorted by {word!r}. Sort by one of these, or by {COUNT}."
        )
    return Order(column, descending=direction == "desc")


def _looked(
    looking: Live | Dumps | EveryNamespace, condition: Condition, groups: Sequence[str], order: "Order | None"
) -> "Iterator[Snapshot]":
    """The looks, with the rows that meet the condition."""
    from closewait.diagnosis.selection import selected
    from closewait.snapshot.filters.keys import COLUMNS

    shown = (*groups, *([order.column] if order else []))
    told = [column for column in shown if column in COLUMNS]
    looks = looking.looks(needs(condition, by=groups, sort=told))
    kept = (selected(look, condition, shown=told) for look in looks)
    if isinstance(looking, EveryNamespace):  # of the others only those that have something to show
        return (look for place, look in enumerate(kept) if look.sockets.height or place == 0)
    return kept


def _title(source: str, titled: bool) -> str:
    """The line above a table that says where it was seen, where there are several places."""
    from closewait.views.visible import visible

    return f"# {visible(source)}\n" if titled else ""


def _show(looks: "Iterable[Snapshot]", json: bool, *, titled: bool, verbose: bool, wide: bool) -> None:
    if json:
        from closewait.views.as_json import looks_in_parts

        for part in looks_in_parts(looks):
            print(part, end="")
        print()
        return
    from closewait.views.as_table import as_table

    for look in looks:
        print(_title(look.source, titled) + as_table(look, verbose=verbose, wide=wide), end="")


def _show_groups(tables: "Sequence[tuple[str, Frame]]", json: bool, *, titled: bool) -> None:
    if json:
        from closewait.views.as_json import groups_as_json

        print(groups_as_json([(source, table.to_dicts()) for source, table in tables]))
        return
    from closewait.views.aligned import as_columns

    for source, table in tables:
        print(_title(source, titled) + as_columns(table.columns, table.rows()), end="")


def _counted(looking: Live | Dumps | EveryNamespace) -> list[tuple[str, dict[str, int]]]:
    """Each look's name, and how many sockets it has in each state."""
    if isinstance(looking, Live):
        return [looking.count()]
    return [(look.source, look.states) for look in looking.looks()]


def _show_counts(counted: list[tuple[str, dict[str, int]]], json: bool, *, titled: bool) -> None:
    if json:
        from closewait.views.as_json import counts_as_json

        print(counts_as_json(counted))
        return
    from closewait.views.as_counts import as_counts

    for source, states in counted:
        print(_title(source, titled) + as_counts(states), end="")
