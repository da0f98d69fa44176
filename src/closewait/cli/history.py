"""`closewait history`: what was found when, one socket's life, one process over time, a look of last night."""

import json as json_text
import time
from pathlib import Path
from typing import Annotated

import typer

from closewait.cli.options import Json, Quiet, Width
from closewait.cli.output import Force, checked, write
from closewait.cli.terminal import columns, show
from closewait.errors import BadUsage

HistoryFile = Annotated[
    Path | None, typer.Option("--history", metavar="FILE", help="The history to use; else the one that watch writes.")
]


def history(
    socket: Annotated[
        str | None,
        typer.Argument(metavar="SOCKET", help="One socket: both of its ends, or inode:N. Without one: all findings."),
    ] = None,
    process: Annotated[
        str | None, typer.Option("--process", metavar="NAME|PID", help="The sockets of a process over time.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="The look nearest to TIME.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From TIME on: 02:14, '2026-11-22 02:14', 3h.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to TIME.")] = None,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write all gauges into FILE, .parquet or .csv; with --at a look kept whole.",
        ),
    ] = None,
    force: Force = False,
    file: HistoryFile = None,
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Tell what a watch has written down: what was found when, newest last; one socket's life; one process over time.

    Times are in the time zone of this host. Only sockets that stayed a minute or longer have a life of their own.

    \b
    Examples:
        closewait history
        closewait history --since 3h --until now --json
        closewait history --process java
        closewait history --at 02:14
        closewait history 10.0.0.1:443-203.0.113.9:50123
        closewait history --since yesterday --export night.parquet
    """
    if sum(asked is not None for asked in (socket, process, at)) > 1:
        raise BadUsage("Ask for one thing: a SOCKET, --process or --at.")
    output = checked(export, force=force)
    began_unix_s = -float("inf") if since is None else _moment(since)
    ended_unix_s = float("inf") if until is None else _moment(until)

    from closewait.cli import remembered
    from closewait.history import reading
    from closewait.history.place import place
    from closewait.views.as_json import SCHEMA

    with reading(file or place()) as past:
        span = remembered.Span(past, began_unix_s, ended_unix_s)
        if output is not None:
            rows, heads = span.gauges() if at is None else span.whole_look(_moment(at))
            write(rows, output, force=force, quiet=quiet, heads=heads)
            return 0
        if at is not None:
            answer = span.look(_moment(at))
        elif process is not None:
            answer = span.process(process)
        else:
            answer = span.findings() if socket is None else span.lives(socket)
        if json:
            print(json_text.dumps({"schema": SCHEMA, **answer.facts()}, ensure_ascii=False))
        elif not quiet:
            show("".join(f"{line}\n" for line in answer.lines(columns(width))))
    return 0


def _moment(text: str) -> float:
    """The time that is meant, in the time zone of this host. Raises BadUsage."""
    from closewait.cli.host_zone import HostZone
    from closewait.formats.human_times import unix_s_of

    return unix_s_of(text, now_unix_s=time.time(), zone=HostZone())
