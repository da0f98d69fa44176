"""Sockets followed through their transitions: whose, how long, who closed first; told as a connection of two ends."""

from collections.abc import Iterable

import pytest

from closewait.diagnosis.lived import lived
from closewait.diagnosis.lives import Actor, Ends, Life, Lives
from closewait.formats.trace_ring.transitions import Transition

CLIENT, SERVER = Ends("10.0.0.1", 50000, "10.0.0.2", 443), Ends("10.0.0.2", 443, "10.0.0.1", 50000)
CURL, NGINX = Actor(12, "curl"), Actor(34, "ngi{nx}")
MS = 1_000_000

#: Time in ms, socket, way, and the process that did it.
Told = tuple[int, int, str, Actor | None]
ORDERLY: list[Told] = [
    (0, 1, "CLOSED SYN_SENT", CURL),
    (1, 1, "SYN_SENT ESTABLISHED", CURL),
    (2, 2, "LISTEN SYN_RECEIVED", None),
    (2, 2, "SYN_RECEIVED ESTABLISHED", None),
    (5, 1, "ESTABLISHED FIN_WAIT_1", CURL),
    (6, 2, "ESTABLISHED CLOSE_WAIT", None),
    (7, 1, "FIN_WAIT_1 FIN_WAIT_2", None),
    (106, 2, "CLOSE_WAIT LAST_ACK", NGINX),
    (107, 1, "FIN_WAIT_2 CLOSED", None),
    (107, 2, "LAST_ACK CLOSED", None),
]


def transition(told: Told, ends: Ends) -> Transition:
    """A transition of the socket with these ends; a connecting one has no port yet."""
    at_ms, socket, way, actor = told
    before, after = way.split()
    port = None if after == "SYN_SENT" else ends.local_port
    thread = actor.pid if actor else None
    return Transition(at_ms * MS, socket, before, after, ends[0], port, ends[2], ends[3], thread)


def followed(told: Iterable[Told], lives: Lives | None = None) -> dict[int, Life]:
    """The lives of socket 1, the client, and 2, the server's."""
    lives = Lives() if lives is None else lives
    return {
        one[1]: life
        for one in told
        for life in [lives.follow(transition(one, CLIENT if one[1] == 1 else SERVER), one[3])]
    }


def test_a_connection_of_two_ends_is_one() -> None:
    """Each end knows the other, which end closed first, and by whom."""
    lives = Lives()
    client, server = followed(ORDERLY, lives).values()

    assert (client.ends, server.ends, client.other_end, server.other_end) == (CLIENT, SERVER, server, client)
    assert (client.closed_first, client.closed_by) == ("this end", CURL)
    assert (server.closed_first, server.closed_by) == ("the peer", NGINX)
    assert (client.is_over, server.is_over, lives.connections, lives.open, lives.by_ends) == (True, True, 1, {}, {})


def test_a_state_lasts_from_one_transition_to_the_next() -> None:
    """The server was in CLOSE_WAIT for 100 ms; how long it listened before is not known."""
    server = [followed(ORDERLY[:count])[2] for count in (3, 8)]

    assert [life.lasted_ns for life in server] == [None, 100 * MS]


@pytest.mark.parametrize(
    ("way", "closer"),
    [
        (["ESTABLISHED FIN_WAIT_1", "FIN_WAIT_1 CLOSING", "CLOSING CLOSED"], "both"),
        (["CLOSE_WAIT LAST_ACK"], "the peer"),
        (["ESTABLISHED CLOSED"], None),
        (["SYN_SENT ESTABLISHED"], None),
    ],
)
def test_the_states_tell_who_closed_first(way: list[str], closer: str | None) -> None:
    """Also where the trace began in the middle; a connection that is cut short was not closed."""
    life = followed((number, 1, step, None) for number, step in enumerate(way))[1]

    assert life.closed_first == closer


def test_a_lost_end_begins_a_new_life() -> None:
    """The kernel gives a socket's address to the next: what does not follow is another socket."""
    lives = Lives()
    first = followed(ORDERLY[:5], lives)[1]
    second = followed([(900, 1, "CLOSED SYN_SENT", CURL)], lives)[1]

    assert (first.number, first.state, second.number, second.state) == (1, "FIN_WAIT_1", 3, "SYN_SENT")


def test_a_listener_is_no_connection() -> None:
    """It has one end."""
    lives = Lives()
    lives.follow(Transition(0, 9, "CLOSED", "LISTEN", "0.0.0.0", 80, "0.0.0.0", None, 7), Actor(7, "nginx"))

    assert (lives.connections, list(lives.open)) == (0, [9])


def test_a_story_is_told_in_the_order_of_time() -> None:
    """From the end that began, whichever end is asked; what each sends, and both states after each step."""
    lives = followed(ORDERLY)
    story = lived(lives[2])

    assert (story.here, story.there, lived(lives[1]).steps) == (lives[1], lives[2], story.steps)
    assert [(step.here, step.there, step.segment) for step in story.steps] == [
        ("SYN_SENT", "LISTEN", "--> SYN"),
        ("ESTABLISHED", "LISTEN", "--> ACK"),
        ("ESTABLISHED", "SYN_RECEIVED", None),
        ("ESTABLISHED", "ESTABLISHED", None),
        ("FIN_WAIT_1", "ESTABLISHED", "--> FIN"),
        ("FIN_WAIT_1", "CLOSE_WAIT", "<-- ACK"),
        ("FIN_WAIT_2", "CLOSE_WAIT", None),
        ("FIN_WAIT_2", "LAST_ACK", "<-- FIN"),
        ("CLOSED", "LAST_ACK", None),
        ("CLOSED", "CLOSED", None),
    ]
    assert story.times_s[-1] == 0.107


def test_a_story_says_who_did_what() -> None:
    """Programs by name, braces and all; packets without one."""
    said = [step.happens for step in lived(followed(ORDERLY)[1]).steps]

    assert said[0] == "0.000 ms: this end's program connects (curl[12])."
    assert said[5] == "6.000 ms: a FIN arrives (the peer's side)."
    assert said[7] == "106.000 ms: the peer's program closes (ngi{nx}[34])."
    assert said[8].startswith("107.000 ms: this end's socket ends; the kernel keeps a small one")


def test_a_story_of_one_end_leaves_the_other_open() -> None:
    """A peer on another host shows no states."""
    story = lived(followed(one for one in ORDERLY if one[1] == 1)[1])

    assert story.there is None
    assert {step.there for step in story.steps} == {""}


def test_an_aborted_connection_is_the_programs_deed() -> None:
    """Where its own call did it; otherwise a reset came."""
    aborted, reset = (
        lived(followed([(0, 1, "ESTABLISHED CLOSED", actor)])[1]).steps[0].happens for actor in (CURL, None)
    )

    assert aborted.endswith("(curl[12]).")
    assert reset == "0.000 ms: a reset arrives (this end's side)."


def test_lives_whose_end_is_never_told_take_no_room() -> None:
    """A filter such as state=close_wait lets no CLOSED through: the kernel gives the socket's address to others."""
    lives = Lives()
    for connection in range(1000):
        ends = Ends("10.0.0.1", 1024 + connection, "10.0.0.2", 443)
        lives.follow(transition((connection, 1, "ESTABLISHED CLOSE_WAIT", None), ends), None)

    assert (len(lives.open), len(lives.by_ends)) == (1, 1)
