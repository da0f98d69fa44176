"""The TCP state diagram with the number of sockets at each state, in 80 columns.

The lower half is what a pile-up is about: on the left the states of an end that closed first, on the right those of an
end whose peer closed first. A double frame marks the state that only the local program can end. Left out, as rare or of
no number of its own: simultaneous open, resets, aborts, retries that run out.
"""

import textwrap
from collections.abc import Mapping

from closewait.records import record
from closewait.tcp.states import Move, state
from closewait.tcp.transitions import Event
from closewait.views.canvas import ASCII_CHARACTERS, BOX_CHARACTERS, Canvas, Point
from closewait.views.visible import visible

DIAGRAM_COLUMNS = 80


@record
class Place:
    """Where a state's frame stands: its upper left corner and how many columns it takes."""

    state: str
    at: Point
    columns: int


@record
class Edge:
    """One drawn arrow of `tcp/transitions.py`: its corners, and where its words begin."""

    before: str
    event: Event
    after: str
    corners: tuple[Point, ...]
    words_at: Point


PLACES = (
    Place("LISTEN", (4, 0), 26),
    Place("SYN_RECEIVED", (9, 0), 26),
    Place("SYN_SENT", (9, 56), 24),
    Place("ESTABLISHED", (13, 28), 25),
    Place("FIN_WAIT_1", (20, 0), 26),
    Place("CLOSING", (20, 31), 23),
    Place("CLOSE_WAIT", (20, 56), 24),
    Place("FIN_WAIT_2", (25, 0), 26),
    Place("TIME_WAIT", (25, 31), 23),
    Place("LAST_ACK", (25, 56), 24),
)

#: Where a connection begins and ends: no connection, so no frame and no number.
NO_CONNECTION = "CLOSED"
NO_CONNECTION_AT = ((0, 37), (30, 39))

HEADINGS = (("this end closed first", (18, 20)), ("the peer closed first", (18, 45)))

EDGES = (
    Edge("CLOSED", Event.LISTENS, "LISTEN", ((1, 38), (2, 38), (2, 12), (3, 12)), (1, 17)),
    Edge("CLOSED", Event.CONNECTS, "SYN_SENT", ((1, 41), (2, 41), (2, 67), (8, 67)), (1, 43)),
    Edge("LISTEN", Event.SYN, "SYN_RECEIVED", ((7, 12), (8, 12)), (7, 14)),
    Edge("SYN_RECEIVED", Event.ACK_OF_SYN, "ESTABLISHED", ((10, 26), (10, 34), (12, 34)), (9, 28)),
    Edge("SYN_SENT", Event.SYN_ACK, "ESTABLISHED", ((10, 55), (10, 46), (12, 46)), (9, 47)),
    Edge("SYN_RECEIVED", Event.CLOSES, "FIN_WAIT_1", ((12, 6), (19, 6)), (13, 8)),
    Edge("ESTABLISHED", Event.CLOSES, "FIN_WAIT_1", ((16, 34), (17, 34), (17, 18), (19, 18)), (16, 15)),
    Edge("ESTABLISHED", Event.FIN, "CLOSE_WAIT", ((16, 46), (17, 46), (17, 67), (19, 67)), (16, 48)),
    Edge("FIN_WAIT_1", Event.FIN, "CLOSING", ((21, 26), (21, 30)), (20, 27)),
    Edge("FIN_WAIT_1", Event.ACK_OF_FIN, "FIN_WAIT_2", ((23, 12), (24, 12)), (23, 14)),
    Edge("FIN_WAIT_2", Event.FIN, "TIME_WAIT", ((26, 26), (26, 30)), (25, 27)),
    Edge("CLOSING", Event.ACK_OF_FIN, "TIME_WAIT", ((23, 42), (24, 42)), (23, 38)),
    Edge("CLOSE_WAIT", Event.CLOSES, "LAST_ACK", ((23, 67), (24, 67)), (23, 48)),
    Edge("TIME_WAIT", Event.TWO_MSL, "CLOSED", ((28, 42), (29, 42)), (28, 44)),
    Edge("LAST_ACK", Event.ACK_OF_FIN, "CLOSED", ((28, 67), (30, 67), (30, 46)), (28, 69)),
)

#: What arrives is written as the packet's flags; what a program does, in the words of the event itself.
WORDS = {
    Event.SYN: "SYN",
    Event.SYN_ACK: "SYN,ACK",
    Event.ACK_OF_SYN: "ACK",
    Event.FIN: "FIN",
    Event.ACK_OF_FIN: "ACK",
    Event.TWO_MSL: "the clock runs out",
}

LEGEND = "SYN, ACK, FIN: arrive from the peer. Double frame: the local program's move."
ASCII_LEGEND = LEGEND.replace("Double frame", "Frame of #")


def state_diagram(states: Mapping[str, int], *, width: int = DIAGRAM_COLUMNS, ascii: bool = False) -> str:
    """The diagram with `states` counted in it; a plain list where `width` columns cannot hold a drawing.

    `ascii` draws with characters that every terminal has. States without a place in the diagram are told under it.
    """
    if width < DIAGRAM_COLUMNS:
        return as_list(states)
    canvas = Canvas(ASCII_CHARACTERS if ascii else BOX_CHARACTERS)
    for place in PLACES:
        (row, column), inner_columns = place.at, place.columns - 4
        canvas.frame(place.at, place.columns, double=is_the_programs_move(place.state))
        canvas.write((row + 1, column + 2), f"{place.state}{_count(states, place):>{inner_columns - len(place.state)}}")
    for edge in EDGES:
        canvas.arrow(edge.corners)
        canvas.write(edge.words_at, WORDS.get(edge.event, edge.event.value))
    for heading, at in HEADINGS:
        canvas.write(at, heading)
    for at in NO_CONNECTION_AT:
        canvas.write(at, NO_CONNECTION)
    drawing = f"{canvas}\n\n{ASCII_LEGEND if ascii else LEGEND}"
    others = outside(states)
    if others:
        line = textwrap.fill(f"Not in the drawing: {others}", width, subsequent_indent="  ")
        drawing += "\n" + (line.encode("ascii", "backslashreplace").decode("ascii") if ascii else line)
    return drawing


def is_the_programs_move(name: str) -> bool:
    """Whether only the program on this host can bring a socket out of this state."""
    return state(name).whose_move is Move.LOCAL_APPLICATION


def outside(states: Mapping[str, int]) -> str:
    """The counted states that have no place: `CLOSED 3, BOUND 12`; empty where there are none."""
    placed = {place.state for place in PLACES}
    return ", ".join(f"{visible(name)} {count:,}" for name, count in states.items() if name not in placed and count)


def as_list(states: Mapping[str, int]) -> str:
    """One state per line, in the order of the diagram: for a line too short to draw on."""
    lines = [f"{place.state:13}{states.get(place.state, 0):>12,}" for place in PLACES]
    others = outside(states)
    return "\n".join([*lines, *([others] if others else [])])


def _count(states: Mapping[str, int], place: Place) -> str:
    """The state's count as far as its frame has room: `49,000`, else `12 M`, else `many`."""
    count, room = states.get(place.state, 0), place.columns - 5 - len(place.state)
    return next(text for text in (f"{count:,}", f"{count // 1_000_000:,} M", "many") if len(text) <= room)
