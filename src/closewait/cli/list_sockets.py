"""`closewait list`: the sockets as they were told, or how many are in each state."""

from typing import Annotated

import typer

from closewait.cli.options import Json, Quiet, Sources
from closewait.cli.sources import Dumps, Live, looker
from closewait.errors import BadUsage


def list_sockets(
    sources: Sources = None,
    json: Json = False,
    by: Annotated[str | None, typer.Option("--by", metavar="state", help="Count instead of listing: by state.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the lines that were not understood.")] = False,
    quiet: Quiet = False,
) -> int:
    """List the sockets of this host or of a dump.

    \b
    Examples:
        closewait list --by state
        closewait list --json
        netstat -an | closewait list - -v
    """
    looking = looker(sources or [])
    if by not in (None, "state"):
        raise BadUsage(f"closewait counts by state only, not by {by!r}.")
    counting = by is not None
    if counting:
        if not quiet:
            _show_counts(_counted(looking), json)
        return 0
    looks = looking.looks()
    if quiet:
        return 0
    if json:
        from closewait.views.as_json import looks_as_json

        print(looks_as_json(looks))
        return 0
    from closewait.views.as_table import as_table

    for look in looks:
        print(as_table(look, verbose=verbose), end="")
    return 0


def _counted(looking: Live | Dumps) -> list[tuple[str, dict[str, int]]]:
    """Each look's name, and how many sockets it has in each state."""
    if isinstance(looking, Live):
        return [looking.count()]
    return [(look.source, look.states) for look in looking.looks()]


def _show_counts(counted: list[tuple[str, dict[str, int]]], json: bool) -> None:
    if json:
        from closewait.views.as_json import counts_as_json

        print(counts_as_json(counted))
        return
    from closewait.views.as_counts import as_counts

    for _, states in counted:
        print(as_counts(states), end="")
