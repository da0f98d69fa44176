"""Where a connection stands: which sequence its state belongs to, at which step, seen from this end.

All of it is read off the one table of arrows and its sequences in `transitions.py`; nothing here writes an arrow.
"""

from collections.abc import Iterator

from closewait.records import record
from closewait.tcp.transitions import ARROWS, OPENING, SEQUENCES, Arrow, Event, Origin, Step, arrows_from

#: The ends of a connection that a state can be placed in, the commonest first; a reset leaves nothing to look at.
PLACED_IN = {**{name: steps for name, steps in SEQUENCES.items() if name != "reset"}, "open": OPENING}

#: What a program can do in a state, as the words of a person; only where the table has such an arrow.
DEEDS = {
    Event.CONNECTS: "connect",
    Event.LISTENS: "listen",
    Event.SENDS: "send",
    Event.DATA: "receive",
    Event.CLOSES: "close",
    Event.ABORTS: "abort",
}


@record
class Standing:
    """A sequence as this end sees it, and the steps (counted from 0) at which it may stand now."""

    sequence: str
    steps: tuple[Step, ...]
    here: tuple[int, ...]
    turned: bool  # this end is the one that the sequence shows on the right: the peer acted first


@record
class Deed:
    """What a program may still do: the word for it, the arrow it takes."""

    word: str
    arrow: Arrow


def standing(state: str, peer: str | None = None, *, half_closed: bool = False) -> Standing | None:
    """Where a socket in `state` stands, its other end being in `peer` (None: not seen); None outside every sequence.

    `half_closed` is known where a process still holds a socket whose sending has ended.
    """
    names = [*(["half-close"] if half_closed else []), *PLACED_IN]
    placed = (_placed(name, turned, state, peer) for name in names for turned in (False, True))
    found = next((place for place in placed if place.here), None)
    return standing(state, half_closed=half_closed) if found is None and peer is not None else found


def _placed(name: str, turned: bool, state: str, peer: str | None) -> Standing:
    steps = tuple(step.mirrored() if turned else step for step in PLACED_IN[name])
    here = tuple(n for n, step in enumerate(steps) if step.here == state and peer in (None, step.there))
    return Standing(name, steps, here, turned)


def states_of_the_peer(state: str) -> tuple[str, ...]:
    """The states in which the other end of a socket in `state` can be, as far as a sequence leads there."""
    pairs = [(step.here, step.there) for steps in PLACED_IN.values() for step in steps]
    return tuple(dict.fromkeys(there for here, there in [*pairs, *(pair[::-1] for pair in pairs)] if here == state))


def deeds(state: str) -> tuple[Deed, ...]:
    """What the program of this end may still do with a socket in `state`, in the order of `DEEDS`."""
    arrows = [arrow for arrow in arrows_from(state) if arrow.event in DEEDS and not _is_unheard_of(arrow)]
    return tuple(Deed(word, arrow) for event, word in DEEDS.items() for arrow in arrows if arrow.event is event)


def _is_unheard_of(arrow: Arrow) -> bool:
    """Whether the RFC has the arrow and no socket interface offers it, or no program holds the socket any more."""
    if arrow.before == "LISTEN":
        return arrow.event is not Event.CLOSES
    return arrow.before in ("SYN_RECEIVED", "TIME_WAIT", "LAST_ACK", "CLOSING")


def way_to(state: str) -> tuple[Arrow, ...]:
    """The drawn arrows that lead from an open connection to `state`; empty where none do."""
    ways: dict[str, tuple[Arrow, ...]] = {"ESTABLISHED": ()}
    frontier = ["ESTABLISHED"]
    while frontier and state not in ways:
        reached = [arrow for before in frontier for arrow in _drawn_from(before) if arrow.after not in ways]
        for arrow in reached:
            ways.setdefault(arrow.after, (*ways[arrow.before], arrow))
        frontier = [arrow.after for arrow in reached]
    return ways.get(state, ())


def _drawn_from(state: str) -> Iterator[Arrow]:
    drawn = (arrow for arrow in ARROWS if arrow.before == state and arrow.origin is Origin.FIGURE)
    return iter(()) if state == "CLOSED" else drawn  # behind it another connection begins
