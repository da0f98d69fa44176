"""`closewait check`: a monitoring plugin, one line and an exit status; and its numbers as a file for Prometheus."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.needs import EVERYTHING_THERE_IS, JUDGEMENT
from closewait.cli.options import Json, Quiet, Words
from closewait.cli.sources import Dumps, Live, looker
from closewait.cli.terminal import wait
from closewait.errors import BadUsage, CannotSee
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import EVERYTHING, Condition

if TYPE_CHECKING:
    from types import FrameType

    from closewait.diagnosis.alarm import Alarm
    from closewait.diagnosis.report import Report
    from closewait.views.as_plugin import Check

Ranges = list[str] | None


def check(
    words: Words = None,
    warn: Annotated[
        Ranges, typer.Option("--warn", "-w", metavar="NAME=RANGE", help="Warn when it is out of range.")
    ] = None,
    crit: Annotated[Ranges, typer.Option("--crit", "-c", metavar="NAME=RANGE", help="The same, and critical.")] = None,
    again: Annotated[
        str | None,
        typer.Option("--again", metavar="TIME", help="Look a second time after TIME (5s) and judge both looks."),
    ] = None,
    textfile: Annotated[
        str | None, typer.Option("--textfile", metavar="FILE", help="Write the metrics of Prometheus into FILE, too.")
    ] = None,
    timeout: Annotated[
        str, typer.Option("--timeout", "-t", metavar="TIME", help="Give up after TIME, beside --again: UNKNOWN.")
    ] = "30s",
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Check this host, or a dump, for a monitoring daemon (Nagios, Icinga, Checkmk, Zabbix and others).

    Without --warn and --crit the worst finding decides. NAME is a state, a rule (its sockets), or a measure
    (docs/reference/metrics.md); of many processes, listeners or destinations the worst counts. RANGE is that of the
    Monitoring Plugins: 10 alarms outside 0 to 10, 10: below 10, ~:10 above 10, @5:10 inside 5 to 10; 80% is a share
    of the wall, where the measure has one.

    The exit status is a monitoring plugin's, not that of the other verbs: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN,
    which is also what bad usage, bad input and errors end with. The reason stands in the first line.

    \b
    Examples:
        closewait check
        closewait check --warn close_wait=100 --crit close_wait=1000
        closewait check --warn descriptors=80% --crit descriptors=95% --warn accept_queue_connections=50%
        closewait check proc=nginx --crit leaked-close-wait=0 --json
        closewait check --textfile closewait.prom
        ss -tanp | closewait check - --warn time_wait=20000
    """
    from closewait.diagnosis.alarm import alarms_of

    alarms = alarms_of(warn or [], crit or [])
    again_s = None if again is None else duration_s(again)
    with at_most(duration_s(timeout) + (again_s or 0.0)):
        looking, condition = looker(words or [])
        report = _examined(looking, condition, again_s)
        found = _checked(report, alarms, of_this_host=looking.is_live)
        if textfile is not None:
            from closewait.telling.extra import needed
            from closewait.telling.textfile import write_whole
            from closewait.views.as_openmetrics import as_prometheus

            with needed("metrics"):
                metrics = as_prometheus(found.gauges)
            write_whole(Path(textfile), metrics)
    if json:
        from closewait.views.as_plugin import check_as_json

        print(check_as_json(found))
    elif not quiet:
        from closewait.views.as_plugin import as_plugin

        print(as_plugin(found))
    return found.status.value


def _examined(looking: Live | Dumps, condition: Condition, again_s: float | None) -> "Report":
    """Look, once or twice, and judge."""
    from closewait import capture, doctor
    from closewait.diagnosis.selection import judged, lasting
    from closewait.snapshot.timeline import Timeline

    if again_s is not None and not looking.is_live:
        raise BadUsage("A dump cannot be looked at again. Give two dumps, the earlier one first.")
    needs = JUDGEMENT if condition == EVERYTHING else EVERYTHING_THERE_IS
    before = list(looking.earlier())
    if again_s is not None:
        before.append(looking.look(needs))
        wait(again_s, "waiting for the second look")
    return doctor.examine(
        lambda: judged(looking.look(needs), condition),
        earlier=Timeline(tuple(judged(look, lasting(condition)) for look in before), looking.other_end),
        inquire=capture.inquire if looking.is_live else None,
    )


def _checked(report: "Report", alarms: Sequence["Alarm"], *, of_this_host: bool) -> "Check":
    """Hold the look against the alarms. What the kernel did not tell is not there, where it may tell everything."""
    from closewait.diagnosis.alarm import outcome
    from closewait.diagnosis.gauges import gauges_of
    from closewait.views.as_plugin import Check

    gauges = gauges_of(report)
    by_the_kernel = of_this_host and report.snapshot.format == "sock_diag"
    hidden = bool(report.snapshot.sight.owners_hidden)
    return Check(
        report,
        gauges,
        tuple(
            outcome(alarm, gauges, all_told=by_the_kernel and not (hidden and alarm.of_processes)) for alarm in alarms
        ),
    )


class _TooLong(BaseException):
    """The time is over. No Exception: those who look try the next way after any of these."""


@contextmanager
def at_most(limit_s: float) -> Iterator[None]:
    """End the body when it takes longer, wherever it is. Raises CannotSee then."""
    if limit_s <= 0:
        raise BadUsage("--timeout is more than 0 s.")
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return

    def give_up(_number: int, _at: "FrameType | None") -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    except _TooLong:
        raise CannotSee(f"there was no answer within {limit_s:g} s") from None
