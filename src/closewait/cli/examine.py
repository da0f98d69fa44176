"""`closewait examine`, or just `closewait`: say what is wrong, and with whom the next move lies."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from closewait.cli.cost import Cost
from closewait.cli.every_namespace import AllNetns, everywhere, survey
from closewait.cli.needs import EVERYTHING_THERE_IS, JUDGEMENT
from closewait.cli.options import Json, Quiet, Width, Words
from closewait.cli.sources import Dumps, Live, looker
from closewait.cli.terminal import columns, show, wait
from closewait.errors import BadUsage
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import EVERYTHING, Condition


def examine(
    words: Words = None,
    json: Json = False,
    again: Annotated[
        str | None,
        typer.Option("--again", metavar="TIME", help="Look a second time after TIME (30s) and judge both looks."),
    ] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Say on standard error what the answer cost: time of each phase, memory.")
    ] = False,
    diagram: Annotated[bool, typer.Option("--diagram", help="Draw the counts into the TCP state diagram.")] = False,
    all_netns: AllNetns = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Examine this host, or a dump, and say what is wrong.

    With filters only the sockets that meet them are judged; their roles and owners stay what they are among all.

    \b
    Examples:
        closewait --again 30s
        ss -tanp | closewait -
        closewait before.txt after.txt --json
        closewait lport=80 state=close_wait,established
        closewait --all-netns
    """
    clock = Cost()
    looking, condition = looker(words or [])
    again_s = None if again is None else duration_s(again)
    if again_s is not None and not looking.is_live:
        raise BadUsage(
            "A dump cannot be looked at again. Give two dumps, the earlier one first: closewait one.txt two.txt"
        )
    if all_netns:
        status = _examine_all(looking, condition, again_s, json=json, diagram=diagram, width=width, quiet=quiet)
        if cost:
            print(clock.said(), file=sys.stderr)
        return status
    from closewait import capture, doctor
    from closewait.diagnosis.selection import judged, lasting
    from closewait.snapshot.timeline import Timeline
    from closewait.views.as_json import report_as_json
    from closewait.views.as_text import as_text

    clock.mark("loading")
    needs = JUDGEMENT if condition == EVERYTHING else EVERYTHING_THERE_IS
    before = list(looking.earlier())
    clock.mark("reading")
    if again_s is not None:
        before.append(looking.look(needs))
        wait(again_s, "waiting for the second look")
    earlier = Timeline(tuple(judged(look, lasting(condition)) for look in before), looking.other_end)
    report = doctor.examine(
        clock.timed("looking", lambda: judged(looking.look(needs), condition)),
        earlier=earlier,
        inquire=clock.timed("asking suspects", capture.inquire) if looking.is_live else None,
    )
    series = tuple(looking.moments()) if condition == EVERYTHING else ()  # which counts all sockets of each look
    report = replace(report, not_understood=looking.not_understood, series=series)
    if json:
        print(report_as_json(report))
    elif not quiet:
        show(clock.timed("telling", as_text)(report, width=columns(width), diagram=diagram))
    if cost:
        print(clock.said(), file=sys.stderr)
    return report.severity.rank


def _examine_all(
    looking: Live | Dumps,
    condition: Condition,
    again_s: float | None,
    *,
    json: bool,
    diagram: bool,
    width: int | None,
    quiet: bool,
) -> int:
    """Examine every network namespace of this host."""
    if diagram:
        raise BadUsage("--diagram draws one place: name it, as in closewait netns:NAME --diagram.")
    everywhere(looking)
    found = survey(condition, again_s)
    if json:
        from closewait.views.as_json import survey_as_json

        print(survey_as_json(found))
    elif not quiet:
        from closewait.views.survey import survey_as_text

        show(survey_as_text(found, width=columns(width)))
    return found.severity.rank
