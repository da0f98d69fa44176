"""Sockets followed from transition to transition: whose they are, how long each state lasted, who closed first.

A life begins with the first transition that was seen and ends in CLOSED, when the kernel may give the socket's address
to another. Where both ends of a connection are on this host, each has a life of its own.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from closewait.formats.trace_ring.transitions import Transition
from closewait.tcp.states import STATES, Closer

MOST_LIVES = 200_000  # open at once; beyond it the oldest is forgotten, which had lost its end

CLOSERS = {state.name: state.closed_first for state in STATES}


class Actor(NamedTuple):
    """The process in whose call something happened; its name where it is known."""

    pid: int
    process: str | None

    def __str__(self) -> str:
        return f"process {self.pid}" if self.process is None else f"{self.process}[{self.pid}]"


class Ends(NamedTuple):
    """Both ends of a connection, as one of them sees them."""

    local_address: str
    local_port: int | None
    remote_address: str
    remote_port: int | None

    @property
    def mirrored(self) -> "Ends":
        """As the other end sees them."""
        return Ends(self.remote_address, self.remote_port, self.local_address, self.local_port)


class Moment(NamedTuple):
    """One transition, and who did it (None: an interrupt did, or nobody knows)."""

    transition: Transition
    actor: Actor | None


@dataclass(slots=True, eq=False)
class Life:
    """One socket from the first transition that was seen; `number` names it in what is printed.

    `closed_first` says which end did, as far as the states that were seen tell; it stays None for a connection that was
    cut short by a reset. `other_end` is the life of that end, where it is on this host too.
    """

    number: int
    ends: Ends
    moments: list[Moment] = field(default_factory=list)
    closed_first: Closer | None = None
    other_end: "Life | None" = None
    is_wanted: bool = False  # something of it was asked for

    def go_on(self, moment: Moment) -> None:
        """Another transition."""
        for state in (moment.transition.after,) if self.moments else moment.transition[2:4]:
            closer = CLOSERS.get(state)
            if closer is not None and (self.closed_first is None or closer == "both"):
                self.closed_first = closer
        self.moments.append(moment)

    @property
    def state(self) -> str:
        """The state it is in now."""
        return self.moments[-1].transition.after

    @property
    def is_over(self) -> bool:
        """Whether the socket has ended."""
        return self.state == "CLOSED"

    @property
    def closed_by(self) -> Actor | None:
        """The process of this end that closed, or that cut the connection short."""
        closing = (m for m in self.moments if m.transition.after in ("FIN_WAIT_1", "LAST_ACK", "CLOSED"))
        return next((moment.actor for moment in closing if moment.actor), None)

    @property
    def lasted_ns(self) -> int | None:
        """How long the last transition's state had lasted before it; None where its beginning was not seen."""
        if len(self.moments) < 2:
            return None
        return self.moments[-1].transition.time_ns - self.moments[-2].transition.time_ns


class Lives:
    """The lives that are going on."""

    def __init__(self) -> None:
        self.connections = 0  # seen since the beginning; both ends of one count once
        self.open: dict[int, Life] = {}
        self.by_ends: dict[Ends, Life] = {}
        self._begun = 0

    def follow(self, transition: Transition, actor: Actor | None) -> Life:
        """The life that `transition` belongs to, with it in it."""
        life = self.open.get(transition.socket)
        if life is None or life.state != transition.before:
            life = self._begin(transition)
        life.go_on(Moment(transition, actor))
        if life.ends.local_port is None and transition.local_port is not None:
            life.ends = Ends._make(transition[4:8])
            self._meet(life)
        if transition.after == "CLOSED":
            del self.open[transition.socket]
            self._forget(life)
        return life

    def _begin(self, transition: Transition) -> Life:
        """A new life, in place of one whose end was lost."""
        self._begun += 1
        if replaced := self.open.get(transition.socket):
            self._forget(replaced)
        life = self.open[transition.socket] = Life(self._begun, Ends._make(transition[4:8]))
        if life.ends.local_port is not None:
            self._meet(life)
        if len(self.open) > MOST_LIVES:
            self._forget(self.open.pop(next(iter(self.open))))
        return life

    def _forget(self, life: Life) -> None:
        """Others may have its ends from now on."""
        if self.by_ends.get(life.ends) is life:
            del self.by_ends[life.ends]

    def _meet(self, life: Life) -> None:
        """Note a life under its ends; a connection is counted when its first end is seen."""
        if life.ends.remote_port is None:
            return
        other = self.by_ends.get(life.ends.mirrored)
        if other is None:
            self.connections += 1
        elif other.other_end is None and other is not life:
            life.other_end, other.other_end = other, life
        self.by_ends[life.ends] = life
