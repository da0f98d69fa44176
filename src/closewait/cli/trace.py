"""`closewait trace [FILTER…]`: every state transition of every TCP socket of this host, as it happens."""

import gc
import json as json_text
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.options import Quiet, Width
from closewait.cli.pace import ending_signals
from closewait.cli.terminal import columns
from closewait.errors import BadUsage
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import EVERYTHING, Condition

if TYPE_CHECKING:
    from closewait.capture.endings import Endings
    from closewait.capture.transitions import Trace
    from closewait.cli.trace_telling import Counting
    from closewait.views.trace_lines import Summary

WAIT_S = 0.1  # between two looks at the trace where little happens
LAST_WORD_S = 0.25  # for what the kernel still has to say about the sockets that ended last

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILTER...",
        help="state=close_wait (left or entered), lport=443, rport=5432, local=10.0.0.0/8, remote=…, pid=12, "
        "proc=nginx, in any order (all must hold; != and commas too), or ss's own: sport = :443.",
    ),
]
Limit = Annotated[str | None, typer.Option("--for", metavar="TIME", help="End after TIME; else Ctrl-C ends it.")]
Count = Annotated[int | None, typer.Option("--count", min=1, metavar="N", help="End after N lines or stories.")]
Stories = Annotated[bool, typer.Option("--stories", help="Draw each connection between its two ends, when it is over.")]
Sums = Annotated[bool, typer.Option("--summary", help="Print the sum at the end alone; the cheapest way.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines, schema closewait/1, as where nobody watches.")]


def trace(
    words: Words = None,
    time_limit: Limit = None,
    count: Count = None,
    stories: Stories = False,
    summary: Sums = False,
    json: AsJson = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Show every state transition of every TCP socket of this host, as it happens.

    It needs root and Linux. All network namespaces are traced together, for the kernel does not tell which it was.
    Into a pipe it writes JSON lines. Ctrl-C ends it with a summary.

    \b
    Examples:
        closewait trace --for 10s
        closewait trace state=close_wait --for 10s --json
        closewait trace lport=443 --stories --for 10s
        closewait trace --summary --for 10s
    """
    condition = _condition(words or [])
    if (summary or quiet) and (stories or count is not None):
        raise BadUsage("--summary and -q show neither stories nor lines to count: leave --stories and --count out.")
    limit_s = None if time_limit is None else duration_s(time_limit)
    as_json = json or not sys.stdout.isatty()
    from closewait.capture.endings import listening
    from closewait.capture.tasks import Tasks
    from closewait.capture.tracefs import refuse_elsewhere
    from closewait.capture.transitions import tracing
    from closewait.cli.trace_telling import Counting, Manner, Telling
    from closewait.formats.trace_ring.wanted import decides_all, kernel_filter

    refuse_elsewhere()
    with _stopping() as stop, ExitStack() as opened:
        speaks = not (quiet or summary)
        heard = opened.enter_context(listening()) if speaks and (stories or as_json) else None
        traced = opened.enter_context(tracing(kernel_filter(condition, whole_lives=stories)))
        telling, is_decided = Counting(), not stories and decides_all(condition)
        if not (quiet or (summary and is_decided)):
            telling = Telling(
                EVERYTHING if is_decided else condition,
                Tasks(traced.root),
                Manner(as_json=as_json, stories=stories, silent=summary, most=count, width=columns(width)),
            )
        if speaks:
            telling.begin()
        began = time.monotonic(), time.process_time()
        _follow(traced, heard, telling, stop, limit_s)
        if not quiet:
            _tell_sum(_sum(traced, telling, *began), as_json=as_json, states=summary)
        if heard and heard.overruns:
            print("closewait: the kernel dropped last words of sockets; some stories lack theirs.", file=sys.stderr)
    return 0


def _condition(words: Sequence[str]) -> Condition:
    """What the words ask for. Raises BadUsage for a source, and for what no transition tells."""
    from closewait.formats.service_names import SERVICE_PORTS
    from closewait.formats.trace_ring.wanted import refuse_untold
    from closewait.snapshot.filters.grammar import understood

    wanted = understood(words, SERVICE_PORTS)
    if wanted.sources:
        raise BadUsage(
            f"{wanted.sources[0]!r} is no filter, and a trace has no source: it follows this host, as it happens, "
            "in all its network namespaces. Write a filter such as lport=443."
        )
    refuse_untold(wanted.condition)
    return wanted.condition


def _follow(traced: "Trace", heard: "Endings | None", telling: "Counting", stop: "Stop", limit_s: float | None) -> None:
    """Tell what happens until the time is over, enough was shown, a signal ends it, or nobody reads any more."""
    gc.enable()  # both ends of a connection know each other, and this may go on for days
    ends_s = None if limit_s is None else time.monotonic() + limit_s
    while not (stop.asked or telling.is_enough):
        left_s = WAIT_S if ends_s is None else ends_s - time.monotonic()
        if left_s <= 0:
            break
        telling.take(traced.read(min(WAIT_S, left_s)), _boot_unix_ns())
        telling.hear(heard.read() if heard else ())
        sys.stdout.flush()
        _raise_if_nobody_reads()
    telling.take(traced.rest(), _boot_unix_ns())
    if heard and not telling.is_enough:
        time.sleep(LAST_WORD_S)
        telling.hear(heard.read())
    telling.finish()


class Stop:
    """Whether a signal has asked for the end; a second one does not wait for it."""

    asked = False

    def __call__(self, signal_number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def _stopping() -> Iterator[Stop]:
    """Within the block the signals that end a program ask for the end; what is begun is finished, and taken away."""
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in ending_signals()}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _boot_unix_ns() -> int:
    """What makes a time of the trace's clock a time of the day, as the day's clock is set now."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def _raise_if_nobody_reads() -> None:
    """Raise BrokenPipeError where the reader of our output has gone, also while there is nothing to tell."""
    asked = select.poll()
    asked.register(sys.stdout.fileno(), 0)
    if any(event & select.POLLERR for _, event in asked.poll(0)):
        raise BrokenPipeError


def _sum(traced: "Trace", telling: "Counting", began_s: float, processor_began_s: float) -> "Summary":
    """What came of it, and what it took since then; what the imports took is not counted."""
    from closewait.cli.cost import spent
    from closewait.views.trace_lines import Summary

    used = spent()
    return Summary(
        transitions=telling.transitions,
        connections=telling.connections,
        lost=traced.lost_at_all(),
        shown=telling.shown,
        took_s=time.monotonic() - began_s,
        processor_s=time.process_time() - processor_began_s,
        memory_mb=used.memory_mb if used else 0.0,
        by_states=dict(telling.by_states.most_common()),
        closed_first=dict(telling.closed_first.most_common()),
    )


def _tell_sum(told: "Summary", *, as_json: bool, states: bool) -> None:
    from closewait.views.trace_lines import states_text, summary_json, summary_text

    if as_json:
        print(json_text.dumps(summary_json(told)))
    else:
        print("\n".join([*([states_text(told)] if states and told.by_states else []), summary_text(told)]))
