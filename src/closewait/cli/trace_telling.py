"""What `closewait trace` prints while it follows: transitions as lines or JSON, and stories of connections."""

import json
import time
from collections import Counter, deque
from collections.abc import Iterable
from itertools import chain

from closewait.capture.tasks import Tasks
from closewait.diagnosis.lived import Lived, lived
from closewait.diagnosis.lives import Actor, Ends, Life, Lives
from closewait.formats.sock_diag.endings import Ending
from closewait.formats.trace_ring.transitions import Transition, Transitions
from closewait.records import record
from closewait.snapshot.filters.condition import EVERYTHING, Condition
from closewait.snapshot.filters.one_row import meets
from closewait.views import trace_lines as view

MOST_KEPT = 10_000  # sockets that have ended, for the last word of the kernel about them
ROWS_AT_ONCE, LINES_AT_ONCE = 10_000, 1000
LAST_WORD_NS = 200_000_000  # how long that word is waited for: the kernel sends it from a queue of its own


@record
class Manner:
    """How it is told: lines, or `stories` of connections; `silent` only counts; `most` ends it; `width` in columns."""

    as_json: bool
    stories: bool
    silent: bool
    most: int | None
    width: int


class Counting:
    """Counts of transitions only, in bulk: the cheapest way to trace."""

    def __init__(self) -> None:
        self.transitions = 0
        self.shown = 0
        self.by_states: Counter[tuple[str, str]] = Counter()
        self.connections: int | None = None
        self.closed_first: Counter[str] = Counter()

    @property
    def is_enough(self) -> bool:
        """Whether as much has been shown as was asked for."""
        return False

    def begin(self) -> None:
        """Nothing is told yet."""

    def take(self, batch: Transitions, boot_unix_ns: int) -> None:
        """Count a batch."""
        self.transitions += len(batch)
        self.by_states.update(batch.counts())

    def hear(self, endings: Iterable[Ending]) -> None:
        """Nothing is made of endings."""

    def finish(self) -> None:
        """Nothing is left to tell."""


class Telling(Counting):
    """Every transition that meets the condition, as a line; or with `stories` every connection that has one."""

    def __init__(self, condition: Condition, tasks: Tasks, manner: Manner) -> None:
        super().__init__()
        self._meets = None if condition == EVERYTHING else meets(condition)
        self._tasks, self._manner = tasks, manner
        self._lives = Lives()
        self._over: dict[Ends, Life] = {}
        self._endings: dict[Ends, Ending] = {}
        self._early: list[Ending] = []
        self._ready: deque[Life] = deque()
        self._lines: list[str] = []

    @property
    def is_enough(self) -> bool:
        """Whether as much has been shown as was asked for."""
        return self._manner.most is not None and self.shown >= self._manner.most

    def begin(self) -> None:
        """The heads of the columns, for people."""
        if not (self._manner.as_json or self._manner.stories):
            print(view.heads_text(), flush=True)

    def take(self, batch: Transitions, boot_unix_ns: int) -> None:
        """Follow a batch; `boot_unix_ns` is what the trace's clock must be added to."""
        self._tell_stories(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - LAST_WORD_NS)
        if batch.lost or batch.uncounted:
            lost = batch.lost, batch.uncounted
            self._say(json.dumps(view.lost_json(*lost)) if self._manner.as_json else view.lost_text(*lost))
        self._tasks.refresh()
        for transition in chain.from_iterable(part.rows() for part in batch.parts(ROWS_AT_ONCE)):
            if self.is_enough:
                break
            self._follow(transition, boot_unix_ns)
        self.connections = self._lives.connections
        self._print()

    def _follow(self, transition: Transition, boot_unix_ns: int) -> None:
        actor = None if transition.thread is None else self._tasks.actor(transition.thread)
        life = self._lives.follow(transition, actor)
        if self._meets is None or self._meets(told(transition, actor, life)):
            self.transitions += 1
            self.by_states[transition.before, transition.after] += 1
            life.is_wanted = True
            if not (self._manner.stories or self._manner.silent):
                self.shown += 1
                told_by = view.transition_json if self._manner.as_json else view.transition_text
                self._say(told_by(life, boot_unix_ns + transition.time_ns))
        if life.is_over:
            self._end(life)

    def _end(self, life: Life) -> None:
        """A socket has ended. A story is told when its other end has too, and the kernel may have said its last."""
        if life.is_wanted and life.closed_first:
            self.closed_first[life.closed_first] += 1
        if self._manner.stories and (life.other_end is None or life.other_end.is_over):
            self._ready.append(life)
        if life.is_wanted or self._manner.stories:
            self._over[life.ends] = life
            if len(self._over) > MOST_KEPT:
                del self._over[next(iter(self._over))]

    def hear(self, endings: Iterable[Ending]) -> None:
        """Take in the kernel's last words, of sockets that are followed."""
        early, self._early = self._early, []
        for ending in endings:
            if not self._heard(ending):
                self._early.append(ending)  # it may have come before the transition that it belongs to was read
        for ending in early:
            self._heard(ending)
        self._print()

    def _heard(self, ending: Ending) -> bool:
        """Whether the socket is known to have ended; what is told of it is kept for its story, or printed."""
        life = self._over.pop(Ends._make(ending[:4]), None)
        if life is None:
            return False
        if self._manner.stories:
            self._endings[life.ends] = ending
        elif self._manner.as_json:
            self._say(json.dumps(view.ending_json(ending, life)))
        return True

    def finish(self) -> None:
        """Tell the stories that wait for a last word, and those that are not over."""
        for life in self._lives.open.values():
            other = life.other_end
            if other is None or other.is_over or other.number > life.number:
                self._ready.append(life)
        self._tell_stories(upto_ns=None)
        self._print()

    def _tell_stories(self, upto_ns: int | None) -> None:
        """Tell those whose last transition was before `upto_ns`."""
        while self._ready and (upto_ns is None or self._ready[0].moments[-1].transition.time_ns < upto_ns):
            life = self._ready.popleft()
            ends = [one for one in (life, life.other_end) if one]
            is_connection = life.ends.remote_port is not None
            if self._manner.stories and is_connection and not self.is_enough and any(one.is_wanted for one in ends):
                self.shown += 1
                self._say(self._story(lived(life)))
            for one in ends:
                self._endings.pop(one.ends, None)
                if self._over.get(one.ends) is one:
                    del self._over[one.ends]

    def _story(self, story: Lived) -> str:
        if self._manner.as_json:
            return json.dumps(view.story_json(story, self._endings))
        return view.story_text(story, self._endings, width=self._manner.width)

    def _say(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= LINES_AT_ONCE:
            self._print()

    def _print(self) -> None:
        """Print what has been said since the last time."""
        if self._lines:
            print("\n".join(self._lines))
            self._lines.clear()


def told(transition: Transition, actor: Actor | None, life: Life) -> dict[str, tuple[object, ...]]:
    """What a transition tells, by the names that filters know."""
    return {
        "local_address": (transition.local_address,),
        "local_port": (transition.local_port or life.ends.local_port,),
        "remote_address": (transition.remote_address,),
        "remote_port": (transition.remote_port,),
        "state": (transition.before, transition.after),
        "pid": (actor.pid,) if actor else (),
        "process": (actor.process,) if actor else (),
    }
