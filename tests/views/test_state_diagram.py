"""The diagram draws what tcp/transitions.py says, and every number can be read in it."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.tcp.states import STATE_NAMES, Move, state
from closewait.tcp.transitions import ARROWS, Event, Origin
from closewait.views.canvas import BOX_CHARACTERS
from closewait.views.state_diagram import (
    DIAGRAM_COLUMNS,
    EDGES,
    HEADINGS,
    NO_CONNECTION,
    NO_CONNECTION_AT,
    PLACES,
    WORDS,
    Edge,
    state_diagram,
)

GOLDEN = Path(__file__).parent / "golden"
BUSY = {
    "LISTEN": 12,
    "ESTABLISHED": 98_000,
    "FIN_WAIT_2": 49_000,
    "CLOSE_WAIT": 49_000,
    "TIME_WAIT": 1_234_567,
    "CLOSED": 2,
    "BOUND": 3,
}
CLOSING_HALF = {"FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK"}

counts = st.dictionaries(st.sampled_from(STATE_NAMES), st.integers(0, 10**12))


@pytest.mark.parametrize("ascii", [False, True], ids=["box characters", "ascii"])
def test_the_drawing(ascii: bool) -> None:
    """The whole picture, for a person to judge."""
    name = "state-diagram-ascii.txt" if ascii else "state-diagram.txt"

    assert state_diagram(BUSY, ascii=ascii) + "\n" == (GOLDEN / name).read_text("utf-8")


def test_every_drawn_arrow_is_an_arrow_of_tcp() -> None:
    """The drawing invents nothing."""
    drawn = {(edge.before, edge.event, edge.after) for edge in EDGES}
    known = {(arrow.before, arrow.event, arrow.after) for arrow in ARROWS}

    assert drawn - known == set()


def test_every_arrow_of_the_closing_half_is_drawn() -> None:
    """Every arrow of the RFC's figure that enters, joins or leaves a closing state is in the drawing."""
    drawn = {(edge.before, edge.event, edge.after) for edge in EDGES}
    figure = {
        (arrow.before, arrow.event, arrow.after)
        for arrow in ARROWS
        if arrow.origin is Origin.FIGURE and {arrow.before, arrow.after} & CLOSING_HALF
    }

    assert figure - drawn == set()


def test_the_two_sides_stand_apart() -> None:
    """Who closed first stands on the left, whose peer closed first on the right, as the headings say."""
    (_, (_, this_end)), (_, (_, the_peer)) = HEADINGS
    column = {place.state: place.at[1] for place in PLACES}
    last_of_this_end = max(column[name] for name in CLOSING_HALF if state(name).closed_first in ("this end", "both"))
    first_of_the_peer = min(column[name] for name in CLOSING_HALF if state(name).closed_first == "the peer")

    assert this_end < the_peer
    assert last_of_this_end < first_of_the_peer


def test_only_close_wait_has_a_double_frame() -> None:
    """The one state with a place that only the local program can end is marked, and no other."""
    marked = {place.state for place in PLACES if state(place.state).whose_move is Move.LOCAL_APPLICATION}
    drawing = state_diagram(BUSY)

    assert marked == {"CLOSE_WAIT"}
    assert "║ CLOSE_WAIT    49,000 ║" in drawing
    assert drawing.count("╔") == 1


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.before}-{edge.after}")
def test_an_arrow_leads_from_its_state_to_its_state(edge: Edge) -> None:
    """It begins beside the state it leaves, and its head touches the state it enters."""
    assert edge.corners[0] in beside(edge.before)
    assert edge.corners[-1] in beside(edge.after)


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.before}-{edge.after}")
def test_nothing_covers_an_arrow_or_its_words(edge: Edge) -> None:
    """Every cell of its way shows a line, its end shows a head, and its words can be read in full."""
    rows = [row.ljust(DIAGRAM_COLUMNS) for row in state_diagram({}).splitlines()]
    (words_row, words_column), words = edge.words_at, WORDS.get(edge.event, edge.event.value)
    head_row, head_column = edge.corners[-1]

    assert all(rows[row][column] in BOX_CHARACTERS.lines.strip() for row, column in way(edge)[:-1])
    assert rows[head_row][head_column] in BOX_CHARACTERS.heads.values()
    assert rows[words_row][words_column:].startswith(words)


@given(counts)
def test_it_fits_the_line(states: dict[str, int]) -> None:
    """No row of either alphabet is wider than 80 columns, however large the numbers are."""
    for ascii in (False, True):
        assert max(len(row) for row in state_diagram(states, ascii=ascii).splitlines()) <= DIAGRAM_COLUMNS


@given(st.dictionaries(st.sampled_from(STATE_NAMES), st.integers(0, 9_999_999)))
def test_every_number_can_be_read(states: dict[str, int]) -> None:
    """Up to ten million sockets each count is written in full beside its state, wherever that stands."""
    words = state_diagram(states).replace(",\n", "\n").replace("║", " ").replace("│", " ").split()
    told = {(name, number.rstrip(",")) for name, number in pairwise(words)}

    assert {(name, f"{count:,}") for name, count in states.items() if count} - told == set()


@given(counts)
def test_ascii_is_ascii(states: dict[str, int]) -> None:
    """A terminal without box characters can show the fallback, also with an odd state from a dump in it."""
    assert state_diagram({**states, "état": 1}, ascii=True).isascii()


def test_more_than_ten_million_are_told_in_millions() -> None:
    """A frame never grows: what does not fit is rounded."""
    assert "CLOSE_WAIT      12 M" in state_diagram({"CLOSE_WAIT": 12_345_678})
    assert "CLOSE_WAIT      many" in state_diagram({"CLOSE_WAIT": 10**20})


def test_states_without_a_place_are_told_under_the_drawing() -> None:
    """BOUND, IDLE, CLOSED and words of a dump that are no state follow in one line, harmless to a terminal."""
    drawing = state_diagram({"BOUND": 3, "IDLE": 1, "CLOSED": 2, "LISTEN": 1, "x\x1b[2J": 4, "DELETE_TCB": 0})

    assert drawing.splitlines()[-1] == r"Not in the drawing: BOUND 3, IDLE 1, CLOSED 2, x\x1b[2J 4"


def test_nothing_is_said_where_there_is_nothing_else() -> None:
    """Without such states the legend is the last line."""
    assert state_diagram({"LISTEN": 1}).splitlines()[-1].startswith("SYN, ACK, FIN")


def test_a_short_line_gets_a_list() -> None:
    """Where 80 columns are not there, no broken drawing is shown."""
    listed = state_diagram({"CLOSE_WAIT": 49_000, "BOUND": 3}, width=40).splitlines()

    assert "CLOSE_WAIT         49,000" in listed
    assert listed[-1] == "BOUND 3"
    assert max(len(row) for row in listed) <= 40


def test_program_events_are_written_as_the_table_of_events_says() -> None:
    """Only what arrives, and the clock, has a shorter word here."""
    assert {edge.event for edge in EDGES} - WORDS.keys() == {Event.LISTENS, Event.CONNECTS, Event.CLOSES}


def way(edge: Edge) -> list[tuple[int, int]]:
    """Every cell the arrow passes, in order."""
    cells = [edge.corners[0]]
    for (row, column), (to_row, to_column) in pairwise(edge.corners):
        length = abs(to_row - row) + abs(to_column - column)
        down, right = (to_row - row) // length, (to_column - column) // length
        cells += [(row + down * step, column + right * step) for step in range(1, length + 1)]
    return cells


def beside(name: str) -> set[tuple[int, int]]:
    """The cells that touch the state's frame, or the word (and a blank) of the state that has none."""
    areas = [(place.at, 3, place.columns) for place in PLACES if place.state == name]
    if name == NO_CONNECTION:
        areas = [(at, 1, len(NO_CONNECTION) + 1) for at in NO_CONNECTION_AT]
    cells = set()
    for (top, left), rows, columns in areas:
        cells |= {(row, column) for row in (top - 1, top + rows) for column in range(left, left + columns)}
        cells |= {(row, column) for column in (left - 1, left + columns) for row in range(top, top + rows)}
    return cells
