"""`closewait watch`: look again and again, and tell what changes."""

import gc
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.options import Json, Quiet, Width, Words
from closewait.cli.sources import Live, looker
from closewait.errors import BadUsage, ClosewaitError
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from closewait.cli.audience import Hearer
    from closewait.cli.pace import Pace
    from closewait.snapshot.table import Snapshot

EVERY = "10s"
SHORTEST_S = 0.1


def watch(
    words: Words = None,
    every: Annotated[str, typer.Option("--every", metavar="TIME", help="How long from one look to the next.")] = EVERY,
    until: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after TIME; otherwise Ctrl-C or SIGTERM ends it.")
    ] = None,
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Look again and again, and tell what changes: new, grown, worse, better, resolved.

    The exit status is that of the last look.

    \b
    Examples:
        closewait watch
        closewait watch --every 1s --for 1min --json
        closewait watch --every 5s --quiet
    """
    every_s, for_s = duration_s(every), None if until is None else duration_s(until)
    if every_s < SHORTEST_S:
        raise BadUsage(f"--every {every} is too often: a look takes time too. Give {SHORTEST_S:g}s or more.")
    looking, condition = looker(words or [])
    if not isinstance(looking, Live):
        raise BadUsage("A dump does not change. Give it to closewait itself, a log of many looks too: closewait FILE")
    if condition != EVERYTHING:
        raise BadUsage("watch judges all sockets of a place. Filter what it tells: closewait watch --json | jq …")
    from closewait.capture.entry_times import exact_ages
    from closewait.cli.audience import Printer
    from closewait.cli.pace import Pace

    gc.enable()  # a command that ends soon does without; this one stays
    with ExitStack() as until_the_end:
        pace = until_the_end.enter_context(Pace(every_s, for_s))
        audience: list[Hearer] = [Printer(json=json, quiet=quiet, width=width)]
        for hearer in audience:
            until_the_end.callback(hearer.close)
        exact = until_the_end.enter_context(exact_ages())
        return _watched(looking, audience, pace, exact)


def _watched(looking: Live, audience: "Sequence[Hearer]", pace: "Pace", exact: "Callable[[Snapshot], Snapshot]") -> int:
    """Look until the time is over; the exit status is that of the last look. Raises what the first look raises."""
    from closewait import capture
    from closewait.capture.rounds import Rounds
    from closewait.diagnosis.needed import JUDGED
    from closewait.watching import Watch

    rounds = Rounds()
    watch = Watch(
        lambda: exact(capture.look(netns=looking.netns, columns=JUDGED, rounds=rounds)),
        capture.inquire,
        pace.clock_s,
    )
    status = None
    for _ in pace:
        try:
            seen = watch.look()
        except ClosewaitError as refused:  # the place may be there again later
            if status is None:
                raise
            for hearer in audience:
                hearer.miss(str(refused), time.time())
            continue
        status = seen.report.severity.rank
        for hearer in audience:
            hearer.hear(seen)
    return status or 0
