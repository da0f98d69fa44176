"""A watch without a loop: looks written as text, examined and remembered one by one.

Run as a module it writes looks into the file it is given, and says the number of each when it is written, until it is
killed: `python -m tests.history.watched FILE [LOOKS]`.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from closewait import history
from closewait.diagnosis.case import Case
from closewait.diagnosis.changes import NOTHING_STANDS, Standing
from closewait.diagnosis.diagnose import diagnose
from closewait.diagnosis.gauges import Gauge, gauges
from closewait.diagnosis.report import Report
from closewait.diagnosis.rules import RULES
from closewait.history.instant import Instant
from closewait.history.store import Store
from closewait.snapshot.lifelines import NO_LIVES, Lifelines
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import snapshot

EVERY_S = 10.0
BEGAN_UNIX_S = 1_800_000_000.0


@dataclass
class Clock:
    """The clocks of a host, turned by hand."""

    unix_s: float = BEGAN_UNIX_S
    boottime_s: float = 1_000.0
    awake_s: float = 1_000.0
    boot_id: str = "first boot"

    def __call__(self) -> Instant:
        """What they show."""
        return Instant(self.unix_s, self.boottime_s, self.awake_s, self.boot_id)

    def pass_by(self, seconds: float = EVERY_S, *, asleep_s: float = 0.0, set_s: float = 0.0) -> None:
        """Time passes; the machine sleeps for a part of it; the clock of the day is set, too."""
        self.unix_s += seconds + set_s
        self.boottime_s += seconds
        self.awake_s += seconds - asleep_s


@dataclass
class Watch:
    """What a watch carries from look to look."""

    store: Store
    clock: Clock
    standing: Standing = NOTHING_STANDS
    lives: Lifelines = field(default=NO_LIVES)

    def look(
        self, sockets: str | Snapshot, *, only: Sequence[Gauge] | None = None, whole: bool = False
    ) -> tuple[str, ...]:
        """Look, judge, remember; what has happened besides. `only` are gauges to be remembered instead of its own."""
        look = a_look(sockets, self.clock) if isinstance(sockets, str) else sockets
        case = Case(Timeline((look,)))
        findings = tuple(diagnose(case, RULES))
        self.standing, changes = self.standing.after(findings, self.clock.unix_s)
        self.lives, lines = self.lives.followed_by(look)
        told = gauges(case) if only is None else only
        said = self.store.remember(Report(case, findings), told, changes, lines, whole=whole)
        self.clock.pass_by()
        return said


def a_look(sockets: str, clock: Clock) -> Snapshot:
    """A look now, at these sockets and their one program."""
    return snapshot(sockets, processes="pid=7 process=app descriptors=90/1024", taken_at_unix_s=clock.unix_s)


def leak(sockets: int) -> str:
    """A program with so many sockets in CLOSE_WAIT."""
    return f"""
        LISTEN                  0.0.0.0:80   -                  pid=7 process=app fd=3 queue=0/128
        {sockets} x CLOSE_WAIT  10.0.0.1:80  203.0.113.9:40001  pid=7 process=app recvq=3 age=90s
    """


def main(path: Path, looks: int) -> None:
    """Write looks as fast as it goes."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for number in range(looks):
            watch.look(leak(1 + number % 50))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize)
