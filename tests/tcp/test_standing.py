"""A state's place in the sequences, and what can still be done there, follow from the table of arrows."""

from itertools import pairwise

import pytest

from closewait.tcp.standing import deeds, standing, states_of_the_peer, way_to
from closewait.tcp.states import STATES, state
from closewait.tcp.transitions import SEQUENCES, after

CONNECTION = [one.name for one in STATES if one.is_rfc]


@pytest.mark.parametrize("name", CONNECTION)
def test_every_state_of_a_connection_has_a_place(name: str) -> None:
    """The marked steps are in that state, and each state of the peer at them is one that it can have."""
    place = standing(name)

    assert place is not None
    assert place.here
    assert {place.steps[at].here for at in place.here} == {name}
    assert {place.steps[at].there for at in place.here} <= set(states_of_the_peer(name))


@pytest.mark.parametrize(
    ("name", "sequence", "turned"),
    [
        ("FIN_WAIT_1", "close", False),
        ("FIN_WAIT_2", "close", False),
        ("TIME_WAIT", "close", False),
        ("CLOSE_WAIT", "close", True),
        ("LAST_ACK", "close", True),
        ("CLOSING", "simultaneous", False),
        ("SYN_SENT", "open", False),
        ("SYN_RECEIVED", "open", True),
    ],
)
def test_who_acted_first_decides_the_side(name: str, sequence: str, turned: bool) -> None:
    """An end whose peer closed first sees the close from the other side."""
    place = standing(name)

    assert place is not None
    assert (place.sequence, place.turned) == (sequence, turned)
    assert state(name).closed_first != "the peer" or turned


def test_what_is_seen_of_the_peer_narrows_the_place() -> None:
    """With both ends one row is left; a known half-close is drawn as one; a pair in no sequence is passed over."""
    exact, half = standing("CLOSE_WAIT", "FIN_WAIT_1"), standing("FIN_WAIT_2", half_closed=True)
    lossy = standing("LAST_ACK", "FIN_WAIT_1")

    assert exact is not None
    assert len(exact.here) == 1
    assert half is not None
    assert half.sequence == "half-close"
    assert lossy == standing("LAST_ACK")


@pytest.mark.parametrize("name", CONNECTION)
def test_a_deed_is_an_arrow(name: str) -> None:
    """Nothing is offered that the table does not have."""
    for deed in deeds(name):
        assert deed.arrow.after == after(name, deed.arrow.event)


def test_what_the_program_may_still_do() -> None:
    """CLOSE_WAIT may send and close; FIN_WAIT_2 may receive and not send; the last states may nothing."""
    words = {name: [deed.word for deed in deeds(name)] for name in CONNECTION}

    assert words["CLOSE_WAIT"] == ["send", "close", "abort"]
    assert words["FIN_WAIT_2"] == ["receive", "abort"]
    assert words["LAST_ACK"] == words["TIME_WAIT"] == words["CLOSING"] == words["SYN_RECEIVED"] == []


@pytest.mark.parametrize("name", ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"])
def test_the_way_to_a_state_is_made_of_arrows(name: str) -> None:
    """It begins in an open connection, ends in the state, and its first cause is who closed first."""
    way = way_to(name)

    assert (way[0].before, way[-1].after) == ("ESTABLISHED", name)
    assert all(one.after == following.before for one, following in pairwise(way))
    assert (way[0].caused_by.value == "peer") == (state(name).closed_first == "the peer")


def test_states_of_the_peer_mirror_each_other() -> None:
    """What our end allows of the peer, the peer's state allows of us."""
    names = {step.here for steps in SEQUENCES.values() for step in steps}

    assert all(name in states_of_the_peer(peer) for name in names for peer in states_of_the_peer(name))
