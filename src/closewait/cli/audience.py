"""Who is told of each look of a watch: a person or a program that reads lines, the history, Prometheus, a pager."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from closewait.cli.cost import spent
from closewait.cli.terminal import columns, show
from closewait.diagnosis.changes import Change
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.gauges import Gauge, gauges_of_cost
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.views.as_json import SCHEMA, iso_time
from closewait.views.as_text import headline, states_in_words
from closewait.views.changes import (
    change_as_dict,
    change_as_text,
    event_as_text,
    foreseen_as_dict,
    foreseen_as_text,
    time_of_day,
)
from closewait.watching import Seen

if TYPE_CHECKING:
    from closewait.history.store import Store
    from closewait.telling.notifications import Notifications

LAST_WORDS_S = 5.0  # for notifications that are on their way when a watch ends


class Hearer:
    """Whoever is told of each look."""

    def hear(self, seen: Seen) -> None:
        """One more look."""

    def miss(self, why: str, at_unix_s: float) -> None:
        """A look that could not be taken."""

    def close(self) -> None:
        """The last look was heard."""


class Printer(Hearer):
    """Prints what changes; on a terminal a last line shows that the watch goes on, and what it costs."""

    def __init__(self, *, json: bool, quiet: bool, width: int | None) -> None:
        self._json, self._quiet, self._width = json, quiet, width
        self._shows_status = sys.stderr.isatty() and not (json or quiet)
        self._looks = 0
        self._began_s, self._spent_before = time.monotonic(), spent()  # of the first look, which loads everything
        self._why_missed: str | None = None

    def hear(self, seen: Seen) -> None:
        """Print the first look's verdict, then each change."""
        self._looks += 1
        self._clear_status()
        if self._why_missed is not None:
            self._say("seen", seen.at_unix_s, "the sockets are seen again")
            self._why_missed = None
        if self._looks == 1:
            look = seen.report.snapshot
            self._say("started", seen.at_unix_s, headline(seen.report), states=look.states, source=look.source)
        for change in seen.changes:
            self._show(change_as_dict(change) if self._json else change_as_text(change, columns(self._width)))
        for one in seen.foreseen:
            self._show(foreseen_as_dict(one) if self._json else foreseen_as_text(one, columns(self._width)))
        self._show_status(seen)
        if self._looks == 1:
            self._began_s, self._spent_before = time.monotonic(), spent()

    def miss(self, why: str, at_unix_s: float) -> None:
        """Say it once, until it is seen again."""
        self._clear_status()
        if why != self._why_missed:
            self._why_missed = why
            self._say("missed", at_unix_s, why)

    def close(self) -> None:
        """Say how many looks there were and what they cost."""
        self._clear_status()
        if self._looks:
            self._say("stopped", time.time(), f"{count_of(self._looks, 'look')}{self._cost()}", looks=self._looks)

    def note(self, event: str, at_unix_s: float, words: str) -> None:
        """What somebody else in the audience has to say."""
        self._clear_status()
        self._say(event, at_unix_s, words)

    def _say(self, event: str, at_unix_s: float, words: str, **facts: Any) -> None:
        if self._json:
            self._show({"schema": SCHEMA, "event": event, "at": iso_time(at_unix_s), "says": words, **facts})
        else:
            self._show(event_as_text(at_unix_s, event, words, columns(self._width)))

    def _show(self, line: str | dict[str, Any]) -> None:
        """One line, or the same for programs; whoever reads it has it at once."""
        if isinstance(line, dict):
            print(json.dumps(line, ensure_ascii=False))
        elif not self._quiet:
            show(line + "\n")
        sys.stdout.flush()

    def _show_status(self, seen: Seen) -> None:
        if self._shows_status:
            standing = len(seen.standing.open)
            stands = count_of(standing, "finding") + (" stands" if standing == 1 else " stand")
            line = f"{time_of_day(seen.at_unix_s)} look {self._looks:,}: {states_in_words(seen.report.snapshot.states)}"
            sys.stderr.write(f"\r{line[: columns(self._width) - len(stands) - 3]}; {stands}"[: columns(self._width)])
            sys.stderr.flush()

    def _clear_status(self) -> None:
        if self._shows_status:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _cost(self) -> str:
        """`, 0.7 % of one processor, at most 120 MB of memory`, as far as the system tells."""
        now, before, passed_s = spent(), self._spent_before, time.monotonic() - self._began_s
        if now is None or before is None or self._looks == 1:
            return f" in {age_in_words(passed_s)}"
        share = (now.processor_s - before.processor_s) / max(passed_s, 0.001)
        return f" in {age_in_words(passed_s)}; cost {share:.1%} of one processor, {now.memory_mb:,.0f} MB of memory"


class Remembering(Hearer):
    """Writes each look into the history; a look with something critical that is new is kept whole."""

    def __init__(self, store: "Store", printer: Printer) -> None:
        from closewait.snapshot.lifelines import Lifelines

        self._store, self._printer, self._lives = store, printer, Lifelines()
        self._to_say = store.what_happened

    def hear(self, seen: Seen) -> None:
        """Write it down, and say what has happened to the history or to the clock."""
        look = seen.report.snapshot
        self._lives, lines = self._lives.followed_by(look)
        whole = any(
            change.kind in ("opened", "worsened") and change.finding.severity is Severity.CRITICAL
            for change in seen.changes
        )
        happened = self._store.remember(seen.report, seen.gauges, seen.changes, lines, whole=whole)
        for says in (*self._to_say, *happened):
            self._printer.note("history", seen.at_unix_s, says)
        self._to_say = ()


class Shows(Protocol):
    """A page that is scraped, or an exporter: whoever is shown the numbers of the latest look."""

    def show(self, gauges: Iterable[Gauge]) -> None:
        """These, from now on."""


class Tells(Protocol):
    """Whoever sends what changes to somebody, in a thread of its own."""

    def tell(self, change: Change) -> None:
        """Send this soon, if it is of a kind that is told."""

    def close(self, timeout_s: float) -> object:
        """Send what waits, if that is quick."""


class Publishing(Hearer):
    """Shows the gauges of each look, and what looking costs."""

    def __init__(self, pages: "Sequence[Shows]", tellers: "Sequence[Notifications]") -> None:
        self._pages, self._tellers = pages, tellers
        self._looks = self._missed = 0

    def hear(self, seen: Seen) -> None:
        """The numbers of the latest look."""
        self._looks += 1
        self._show((*seen.gauges, *self._cost(sum(seen.report.snapshot.sight.took_s.values()))))

    def miss(self, why: str, at_unix_s: float) -> None:
        """Nothing is known any more but that: old numbers would look like new ones."""
        self._missed += 1
        self._show(self._cost(None))

    def _show(self, gauges: Sequence[Gauge]) -> None:
        for page in self._pages:
            page.show(gauges)

    def _cost(self, look_s: float | None) -> tuple[Gauge, ...]:
        used = spent()
        told = [teller.told for teller in self._tellers]
        return gauges_of_cost(
            look_s=look_s,
            looks=self._looks,
            failed_looks=self._missed,
            processor_s=used.processor_s if used else None,
            memory_bytes=int(used.memory_mb * 1e6) if used else None,
            notifications={
                "delivered": sum(one.delivered for one in told),
                "failed": sum(one.failed for one in told),
                "dropped": sum(one.dropped for one in told),
            },
        )


class Paging(Hearer):
    """Tells of what has changed."""

    def __init__(self, teller: Tells) -> None:
        self._teller = teller

    def hear(self, seen: Seen) -> None:
        """Each change; which are told is decided there."""
        for change in seen.changes:
            self._teller.tell(change)

    def close(self) -> None:
        """What waits is sent, if that is quick."""
        self._teller.close(LAST_WORDS_S)
