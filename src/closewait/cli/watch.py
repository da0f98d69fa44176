"""`closewait watch`: look again and again, tell what changes, and remember it."""

import gc
import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.options import Json, Quiet, Width, Words
from closewait.cli.sources import Live, looker
from closewait.errors import BadUsage, ClosewaitError
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closewait.cli.audience import Hearer, Printer, Shows
    from closewait.cli.configuration import Configuration
    from closewait.cli.pace import Pace
    from closewait.telling.notifications import Notifications
    from closewait.watching import Watch

SHORTEST_S = 0.1

#: What polars reads when it is loaded. Nobody waits for a look: one thread is enough, and what a look has used is given
#: back at once (measured at 10,000 sockets and a look each half second: 139 MB instead of 151).
FOR_A_LONG_STAY = {
    "POLARS_MAX_THREADS": "1",
    "_RJEM_MALLOC_CONF": "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0",
}
NO_HISTORY = "none"


def watch(
    words: Words = None,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="TIME", help="How long from one look to the next; 10s unless told otherwise."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after TIME; otherwise Ctrl-C or SIGTERM ends it.")
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            "--history", metavar="FILE", help="Remember it in FILE instead of the usual place; none: nowhere."
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="ADDRESS", help="Let Prometheus scrape the numbers at ADDRESS, as :9435."),
    ] = None,
    otlp: Annotated[
        str | None,
        typer.Option(
            "--otlp", metavar="URL", help="Send numbers and findings to OpenTelemetry, http://127.0.0.1:4318."
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Read FILE (TOML) instead of /etc/closewait/closewait.toml."),
    ] = None,
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Look again and again; tell what changes and what is foreseen, and remember it for `closewait history`.

    It tells what is new, has grown, is worse, better or resolved, and when a wall will be met: descriptors, ports,
    queues. The exit status is that of the last look.

    \b
    Examples:
        closewait watch
        closewait watch --every 1s --for 1min --history none --json
        closewait watch --quiet --metrics :9435
    """
    for name, value in FOR_A_LONG_STAY.items():
        os.environ.setdefault(name, value)
    from closewait.cli.audience import Printer
    from closewait.cli.configuration import configuration
    from closewait.cli.pace import Pace

    told = configuration(config)
    every_s = told["watch.every"] if every is None else duration_s(every)
    for_s = None if until is None else duration_s(until)
    if every_s < SHORTEST_S:
        raise BadUsage(f"--every {every_s:g}s is too often: a look takes time too. Give {SHORTEST_S:g}s or more.")
    looking, condition = looker(words or [])
    if not isinstance(looking, Live):
        raise BadUsage("A dump does not change. Give it to closewait itself, a log of many looks too: closewait FILE")
    if condition != EVERYTHING:
        raise BadUsage("watch judges all sockets of a place. Filter what it tells: closewait watch --json | jq …")
    gc.enable()  # a command that ends soon does without; this one stays
    with ExitStack() as until_the_end:
        pace = until_the_end.enter_context(Pace(every_s, for_s))
        watch = _watch(looking, pace, until_the_end)
        printer = Printer(json=json, quiet=quiet, width=width)
        audience: list[Hearer] = [printer]
        until_the_end.callback(printer.close)
        if file := _history_file(history, told):
            audience.append(_remembering(file, told, looking, every_s, watch, printer, until_the_end))
        audience += _publishing_and_paging(
            metrics or told["metrics.listen"], otlp or told["metrics.otlp"], told, printer, until_the_end
        )
        return _watched(watch, audience, pace)


def _watch(looking: Live, pace: "Pace", until_the_end: ExitStack) -> "Watch":
    """What looks at this place, look after look; ages are exact where the kernel may be traced."""
    from closewait import capture
    from closewait.capture.entry_times import exact_ages
    from closewait.capture.rounds import Rounds
    from closewait.diagnosis.needed import JUDGED
    from closewait.watching import Watch

    rounds = Rounds()
    exact = until_the_end.enter_context(exact_ages())
    return Watch(
        lambda: exact(capture.look(netns=looking.netns, columns=JUDGED, rounds=rounds)),
        capture.inquire,
        pace.clock_s,
    )


def _history_file(asked: str | None, told: "Configuration") -> Path | None:
    """Where to remember: as asked, else as configured; None: nowhere."""
    from closewait.history.place import place

    if asked == NO_HISTORY or (asked is None and not told["history.keep"]):
        return None
    named = asked or told["history.file"]
    return Path(named) if named else place()


def _remembering(
    file: Path,
    told: "Configuration",
    looking: Live,
    every_s: float,
    watch: "Watch",
    printer: "Printer",
    until_the_end: ExitStack,
) -> "Hearer":
    """The history, open for writing; the courses in it let walls be foreseen at once."""
    from closewait import capture
    from closewait.cli.audience import Remembering
    from closewait.history.store import writing

    store = until_the_end.enter_context(
        writing(
            file,
            kept_for_s=told["history.keep_for"],
            at_most_bytes=told["history.at_most"],
            every_s=every_s,
            source=capture.name_of(looking.netns),
        )
    )
    _recall(file, watch)
    return Remembering(store, printer)


def _recall(file: Path, watch: "Watch") -> None:
    """Tell the watch the courses of the gauges that have a wall, as far back as they serve a forecast."""
    from closewait.diagnosis.forecast.memory import KEPT_S
    from closewait.diagnosis.gauges import MEASURES, Gauge
    from closewait.history.past import reading

    with reading(file) as past:
        for measure in (one.name for one in MEASURES if one.wall):
            for course in past.going_on(measure, since_unix_s=time.time() - KEPT_S):
                if len(course.times_s):
                    watch.outlooks.remember(
                        Gauge(measure, course.labels, 0.0), course.times_s.tolist(), course.values.tolist()
                    )


def _publishing_and_paging(
    listen: str | None, otlp: str | None, told: "Configuration", printer: "Printer", until_the_end: ExitStack
) -> "list[Hearer]":
    """Who hears of it by a network: Prometheus, OpenTelemetry, and whoever is to be told."""
    from closewait.cli.audience import Paging, Publishing

    tellers = [_teller(way.command, way.webhook, printer) for way in told.notify]
    paging = [Paging(teller) for teller in tellers]
    pages: list[Shows] = []
    if otlp:
        from closewait.telling.otlp import Otlp

        exporter = Otlp(otlp, say=lambda words: printer.note("otlp", time.time(), words))
        pages.append(exporter)
        paging.append(Paging(exporter))
    if listen:
        from closewait.telling.metrics_page import serve

        page = serve(listen)
        until_the_end.callback(page.close)
        printer.note("metrics", time.time(), f"served at {page.where}")
        pages.append(page)
    for hearer in paging:
        until_the_end.callback(hearer.close)
    return [*paging, *([Publishing(pages, tellers)] if pages else [])]


def _teller(command: tuple[str, ...] | None, webhook: str | None, printer: "Printer") -> "Notifications":
    from closewait.telling.command import Command
    from closewait.telling.notifications import Notifications
    from closewait.telling.webhook import Webhook

    way = Command(command) if command else Webhook(webhook or "")
    return Notifications(way, say=lambda words: printer.note("notify", time.time(), words))


def _watched(watch: "Watch", audience: "Sequence[Hearer]", pace: "Pace") -> int:
    """Look until the time is over; the exit status is that of the last look. Raises what the first look raises."""
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
