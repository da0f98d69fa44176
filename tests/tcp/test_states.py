"""The table of states tells one consistent story, and every mistake in a name is answered with a better one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.tcp.states import STATE_NAMES, STATES, Move, State, state
from closewait.tcp.transitions import ARROWS, Event, Origin, after

CONNECTION_STATES = [row for row in STATES if row.is_rfc and row.name != "CLOSED"]


def test_the_rfc_has_eleven_states_and_systems_tell_three_more() -> None:
    """What is no RFC state says so by having no RFC name."""
    assert [row.name for row in STATES if not row.is_rfc] == ["BOUND", "IDLE", "DELETE_TCB"]
    assert len([row for row in STATES if row.is_rfc]) == 11


@pytest.mark.parametrize("row", STATES, ids=lambda row: row.name)
def test_every_state_is_explained_in_full(row: State) -> None:
    """No field is empty, every sentence ends, and the two spellings of a name differ in hyphens only."""
    texts = (row.meaning, row.entered_because, row.ends_when, row.bounded_by)

    assert all(text.endswith(".") for text in texts)
    assert row.source
    assert row.rfc_name is None or row.rfc_name.replace("-", "_") == row.name


def test_close_wait_is_the_local_programs_to_end_and_no_clock_helps() -> None:
    """The sentence this tool exists for."""
    close_wait = state("CLOSE_WAIT")

    assert close_wait.whose_move is Move.LOCAL_APPLICATION
    assert close_wait.closed_first == "the peer"
    assert "No timer" in close_wait.bounded_by


@pytest.mark.parametrize("row", CONNECTION_STATES, ids=lambda row: row.name)
def test_whose_move_it_is_agrees_with_the_arrows(row: State) -> None:
    """Whoever is said to have the move causes a drawn arrow out of the state."""
    causes = {arrow.caused_by for arrow in ARROWS if arrow.before == row.name and arrow.origin is Origin.FIGURE}

    assert row.whose_move is Move.NOBODY or row.whose_move in causes


@pytest.mark.parametrize(("first", "closer"), [(Event.CLOSES, "this end"), (Event.FIN, "the peer")])
def test_who_closed_first_agrees_with_the_arrows(first: Event, closer: str) -> None:
    """A state that begins with our close was closed by this end first, one that begins with a FIN by the peer."""
    reached = frontier = {after("ESTABLISHED", first)}
    while frontier:
        frontier = {
            arrow.after
            for arrow in ARROWS
            if arrow.before in frontier and arrow.origin is Origin.FIGURE and arrow.after != "CLOSED"
        } - reached
        reached = reached | frontier

    assert {state(name).closed_first for name in reached} - {"both"} == {closer}


def test_a_name_nearly_right_is_answered_with_the_right_one() -> None:
    """The error names what was asked for and what was probably meant."""
    with pytest.raises(LookupError, match=r"'CLOSEWAIT'; did you mean .*CLOSE_WAIT"):
        state("CLOSEWAIT")


def test_a_name_unlike_any_is_answered_with_all() -> None:
    """Where nothing is near, every state is listed."""
    with pytest.raises(LookupError, match=r"'xyzzy'; there are LISTEN, .*, DELETE_TCB"):
        state("xyzzy")


@given(st.text().filter(lambda name: name not in STATE_NAMES))
def test_any_wrong_name_is_a_lookup_error(name: str) -> None:
    """Nothing but LookupError comes out of a wrong name, and its message stays short."""
    with pytest.raises(LookupError) as raised:
        state(name)

    assert len(str(raised.value)) < 500
