"""Who is told of each look of a watch: a person at a terminal, a program that reads JSON lines."""

import json
import sys
import time
from typing import Any

from closewait.cli.cost import spent
from closewait.cli.terminal import columns, show
from closewait.diagnosis.finding import Severity
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
        self._looks = self._missed = 0
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
        if not self._quiet:
            sys.stdout.flush()
        self._show_status(seen)
        if self._looks == 1:
            self._began_s, self._spent_before = time.monotonic(), spent()

    def miss(self, why: str, at_unix_s: float) -> None:
        """Say it once, until it is seen again."""
        self._missed += 1
        self._clear_status()
        if why != self._why_missed:
            self._why_missed = why
            self._say("missed", at_unix_s, why)
            sys.stdout.flush()

    def close(self) -> None:
        """Say how many looks there were and what they cost."""
        self._clear_status()
        if self._looks:
            self._say("stopped", time.time(), f"{count_of(self._looks, 'look')}{self._cost()}", looks=self._looks)
            sys.stdout.flush()

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
        """One line, or the same for programs."""
        if isinstance(line, dict):
            print(json.dumps(line, ensure_ascii=False))
        elif not self._quiet:
            show(line + "\n")

    def _show_status(self, seen: Seen) -> None:
        if self._shows_status:
            standing = sum(one.finding.severity is not Severity.BENIGN for one in seen.standing.open)
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
