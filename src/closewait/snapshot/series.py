"""Many looks in one source: a log of days, a paste of two dumps, the files of a folder.

Looks are taken one by one and mostly let go again: what is kept is the counts of each, the last look, and one before it
that is far enough away to prove something. Only looks that clearly repeat one another are one series: of one tool, with
the same command if any is shown, at one host, and at times that differ. Where neither times nor commands are told,
three dumps or more are a log, of which only the number of looks between two tells how far apart they are: no tool that
repeats itself does so more than once a second (netstat -c, watch by default).
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping

from closewait.records import record
from closewait.snapshot.table import FEW_ROWS, Snapshot
from closewait.snapshot.timeline import seconds_between

#: Wildcards, loopback and link-local addresses.
OF_EVERY_HOST = re.compile(
    r"(?:\*|(?:::ffff:)?(?:0\.0\.0\.0|127\..*|169\.254\..*)|::1?|fe80:.*|localhost.*)$", re.IGNORECASE
)

MOST_CHAINS = 64  # of looks that do not belong together; of more, the smallest are let go
MOST_ADDRESSES = 10_000  # of one host, remembered
BY_OPTION = ("pid", "process", "inode", "timer", "uid")
ENOUGH_WITHOUT_TIMES = 3  # dumps that tell neither time nor command and are still a log


@record
class Moment:
    """One look of a series without its sockets: when it was taken, and how many were in each state."""

    taken_at_unix_s: float | None
    clock_s: float | None
    states: Mapping[str, int]


@record
class Series:
    """The looks of one source, oldest first: all of them as moments, those that are judged as they are."""

    moments: tuple[Moment, ...]
    looks: tuple[Snapshot, ...]
    others: int = 0  # looks in the same source that are not of this series

    @property
    def latest(self) -> Snapshot:
        """The look that is judged: the last of a series, else the largest."""
        return self.looks[-1]


def series_of(looks: Iterable[Snapshot], *, far_apart_s: float) -> Series:
    """The looks that repeat the largest one, each taken once and in order; that look alone where none clearly does.

    The look before the last is one that is at least `far_apart_s` away, where there is any. Raises ValueError without
    looks.
    """
    chains: list[_Chain] = []
    seen = 0
    for look in looks:
        seen += 1
        addresses, states = host_addresses(look), look.states
        chain = next((chain for chain in chains if chain.goes_on_with(look, addresses, states)), None)
        if chain is None:
            if len(chains) == MOST_CHAINS:
                chains.remove(min(chains, key=lambda chain: chain.most_sockets))
            chain = _Chain(look, far_apart_s)
            chains.append(chain)
        chain.add(look, addresses, states)
    chosen = max(chains, key=lambda chain: chain.most_sockets)
    if not chosen.is_clear:
        return Series((chosen.moment_of_largest,), (chosen.largest,), seen - 1)
    return Series(tuple(chosen.moments), chosen.judged(), seen - len(chosen.moments))


def host_addresses(look: Snapshot) -> set[str]:
    """The addresses of this end that only one host has."""
    if look.kind != "sockets":
        return set()
    told = look.sockets["local_address"]
    different = told.to_list() if len(told) <= FEW_ROWS else told.unique().to_list()
    return {address for address in set(different) if address and not OF_EVERY_HOST.match(address)}


class _Chain:
    """Looks that repeat one another, as they come."""

    def __init__(self, first: Snapshot, far_apart_s: float) -> None:
        self.far_apart_s = far_apart_s
        self.moments: list[Moment] = []
        self.largest, self.most_sockets = first, -1
        self._last = first
        self._before: Snapshot | None = None
        self._addresses: set[str] = set()
        self._checkpoints: deque[tuple[int, Snapshot]] = deque()  # looks that may become the one before the last

    def add(self, look: Snapshot, addresses: set[str], states: Mapping[str, int]) -> None:
        """One more look at the end."""
        moment = Moment(look.taken_at_unix_s, look.clock_s, states)
        if self.moments:
            self._before, self._last = self._last, look
        self.moments.append(moment)
        if len(self._addresses) < MOST_ADDRESSES:
            self._addresses |= addresses
        sockets = sum(moment.states.values())
        if sockets > self.most_sockets:
            self.largest, self.moment_of_largest, self.most_sockets = look, moment, sockets
        if not self._checkpoints or self._passed_s(*self._checkpoints[-1]) >= self.far_apart_s / 2:
            self._checkpoints.append((len(self.moments), look))
        while len(self._checkpoints) > 1 and self._passed_s(*self._checkpoints[1]) >= self.far_apart_s:
            self._checkpoints.popleft()

    def _passed_s(self, number: int, look: Snapshot) -> float:
        """Seconds from a look, told by its number, to the last; at least a second for each look where none are told."""
        told_s = seconds_between(look, self._last)
        return len(self.moments) - number if told_s is None else told_s

    def goes_on_with(self, look: Snapshot, addresses: set[str], states: Mapping[str, int]) -> bool:
        """Whether `look` clearly repeats the last one."""
        last = self._last
        if (look.format, look.kind, look.command) != (last.format, last.kind, last.command):
            return False
        told_s = seconds_between(last, look)
        if look.kind == "counts":
            return bool(told_s)
        if (
            look.kind != "sockets"
            or not addresses & self._addresses
            or not states.keys() & self.moments[-1].states.keys()
        ):
            return False
        if told_s is None and (_is_timed(last) or _is_timed(look)):
            return False
        return told_s != 0 and (told_s is not None or look.command is not None or _told(look) == _told(last))

    @property
    def is_clear(self) -> bool:
        """Whether these are looks one after another beyond doubt."""
        told = _is_timed(self._last) or self._last.command is not None
        return len(self.moments) >= (2 if told else ENOUGH_WITHOUT_TIMES)

    def judged(self) -> tuple[Snapshot, ...]:
        """The last look, and before it the latest that is far enough away, or may be."""
        far = [look for number, look in self._checkpoints if self._passed_s(number, look) >= self.far_apart_s]
        if far:
            return far[-1], self._last
        if self._before is not None and (_is_timed(self._last) or self._last.command is not None):
            return self._before, self._last
        return (self._last,)


def _is_timed(look: Snapshot) -> bool:
    return look.taken_at_unix_s is not None or look.clock_s is not None


def _told(look: Snapshot) -> set[str]:
    """Which of the columns that only an option of a tool shows are told."""
    return {name for name in BY_OPTION if look.sockets[name].null_count() < look.sockets.height}
