"""Looking again and again: what each look shows, what has changed since, and what that cost.

    watch = Watch(look, inquire)
    while True:
        seen = watch.look()        # Seen: the report, its gauges, the changes, what is foreseen
        ...                        # print, remember, tell
        wait

Nothing here prints, sleeps or stores. The rules judge two looks that are far enough apart to prove something; what was
found out about suspects holds for a minute, so that a pile that stands costs no more than a healthy host.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace

from closewait import doctor
from closewait.diagnosis.changes import NOTHING_STANDS, Change, Standing
from closewait.diagnosis.gauges import Gauge, gauges_of
from closewait.diagnosis.outlooks import Foreseen, Outlooks
from closewait.diagnosis.report import Report
from closewait.diagnosis.roles import settled
from closewait.diagnosis.thresholds import SECOND_LOOK_S
from closewait.records import record
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline, seconds_between

ASK_AGAIN_S = 60.0

#: Between two looks the two clocks may differ by what a look takes, and by what NTP corrects.
CLOCK_WAS_SET_S = 5.0


@record
class Seen:
    """One look of a watch: the report, its numbers, what has changed since the look before, and what is foreseen."""

    report: Report
    gauges: tuple[Gauge, ...]
    changes: tuple[Change, ...]
    standing: Standing
    foreseen: tuple[Foreseen, ...] = ()

    @property
    def at_unix_s(self) -> float:
        """When the look was taken."""
        return self.report.snapshot.taken_at_unix_s or 0.0


class Watch:
    """One place, watched. `look` looks at it, `inquire` asks about processes of a look, `clock_s` only ever grows."""

    def __init__(
        self, look: Callable[[], Snapshot], inquire: doctor.Inquiry | None, clock_s: Callable[[], float]
    ) -> None:
        self._look = look
        self._inquire = inquire and Inquiries(inquire, clock_s)
        self._clock_s = clock_s
        self._before: deque[tuple[float, Snapshot]] = deque()
        self._standing = NOTHING_STANDS
        self.outlooks = Outlooks()

    def look(self) -> Seen:
        """Look once more. Raises what `look` raises."""
        latest, now_s = settled(self._look()), self._clock_s()
        if self._inquire and self._inquire.known is not NO_EVIDENCE:
            latest = latest.with_evidence(self._inquire.known)
        report = doctor.examine(lambda: latest, earlier=Timeline(self._earlier(latest, now_s)), inquire=self._inquire)
        self._standing, changes = self._standing.after(report.findings, latest.taken_at_unix_s or 0.0)
        if not self._before or now_s - self._before[-1][0] >= SECOND_LOOK_S / 2:
            self._before.append((now_s, report.snapshot))  # three are enough, however often one looks
        numbers = gauges_of(report)
        foreseen = self.outlooks.after(numbers, latest.taken_at_unix_s or 0.0)
        return Seen(report, numbers, changes, self._standing, foreseen)

    def _earlier(self, latest: Snapshot, now_s: float) -> tuple[Snapshot, ...]:
        """The last look that is far enough away to prove that something stays; else the first one.

        Where the host's clock was set meanwhile, the looks before tell other times: they are let go.
        """
        told_s = seconds_between(self._before[-1][1], latest) if self._before else None
        if told_s is not None and abs(told_s - (now_s - self._before[-1][0])) > CLOCK_WAS_SET_S:
            self._before.clear()
        while len(self._before) > 1 and now_s - self._before[1][0] >= SECOND_LOOK_S:
            self._before.popleft()
        return (self._before[0][1],) if self._before else ()


class Inquiries:
    """Asks about suspects, and about the same ones again after a minute only.

    What the threads stand in is told again meanwhile; what the epoll sets hold is not: sockets younger than the
    answer would seem to be in none.
    """

    def __init__(self, inquire: doctor.Inquiry, clock_s: Callable[[], float]) -> None:
        self._inquire, self._clock_s = inquire, clock_s
        self._asked: frozenset[int] = frozenset()
        self._answer: Evidence = NO_EVIDENCE
        self._at_s = float("-inf")

    @property
    def known(self) -> Evidence:
        """What was found out within the last minute."""
        return self._answer if self._clock_s() - self._at_s < ASK_AGAIN_S else NO_EVIDENCE

    def __call__(self, look: Snapshot, pids: Collection[int]) -> Evidence:
        """What is not known yet about these processes."""
        if self.known is NO_EVIDENCE:
            self._asked, self._answer, self._at_s = frozenset(), NO_EVIDENCE, self._clock_s()
        new = [pid for pid in pids if pid not in self._asked]
        if not new:
            return NO_EVIDENCE
        answer = self._inquire(look, new)
        self._asked |= set(new)
        self._answer = self._answer.joined(replace(answer, watches=()))
        return answer
