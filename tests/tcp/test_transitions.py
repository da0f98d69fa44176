"""Laws of the state machine: no traps, no orphans, one answer for each event; and the ways a connection ends."""

from itertools import pairwise

import pytest

from closewait.tcp.states import STATES, Move
from closewait.tcp.transitions import ARROWS, OPENING, SEQUENCES, Event, Origin, Step, after, arrows_from

MACHINE = sorted({state.name for state in STATES} - {"DELETE_TCB"})  # a command, not a state
RFC_MACHINE = sorted(state.name for state in STATES if state.is_rfc)


def reachable(start: str, arrows: list[tuple[str, str]]) -> set[str]:
    """Every state that some sequence of arrows leads to."""
    reached = frontier = {start}
    while frontier:
        frontier = {to for before, to in arrows if before in frontier} - reached
        reached = reached | frontier
    return reached


DRAWN = [(arrow.before, arrow.after) for arrow in ARROWS if arrow.origin is Origin.FIGURE]
ALL = [(arrow.before, arrow.after) for arrow in ARROWS]
BACKWARDS = {"drawn": [(to, before) for before, to in DRAWN], "all": [(to, before) for before, to in ALL]}


@pytest.mark.parametrize(("arrows", "machine"), [("drawn", RFC_MACHINE), ("all", MACHINE)])
def test_no_state_is_a_trap(arrows: str, machine: list[str]) -> None:
    """From every state some sequence of events ends in CLOSED; already with the RFC's drawn arrows alone."""
    assert reachable("CLOSED", BACKWARDS[arrows]) == set(machine)


@pytest.mark.parametrize(("arrows", "machine"), [(DRAWN, RFC_MACHINE), (ALL, MACHINE)], ids=["drawn", "all"])
def test_no_state_is_an_orphan(arrows: list[tuple[str, str]], machine: list[str]) -> None:
    """Every state can be reached from CLOSED; already with the RFC's drawn arrows alone."""
    assert reachable("CLOSED", arrows) == set(machine)


def test_an_event_leads_to_one_state_only() -> None:
    """The machine is a function: no (state, event) has two arrows."""
    pairs = [(arrow.before, arrow.event) for arrow in ARROWS]

    assert len(pairs) == len(set(pairs))


def test_every_event_belongs_to_an_arrow() -> None:
    """No event is declared that nothing happens on."""
    assert {arrow.event for arrow in ARROWS} == set(Event)


def test_the_program_alone_leads_out_of_close_wait() -> None:
    """The RFC draws one arrow out of CLOSE_WAIT; clocks only act when the peer is found to be gone."""
    drawn = [arrow for arrow in arrows_from("CLOSE_WAIT") if arrow.origin is Origin.FIGURE]
    clocks = {arrow.event for arrow in arrows_from("CLOSE_WAIT") if arrow.caused_by is Move.KERNEL_TIMER}

    assert [(arrow.event, arrow.after) for arrow in drawn] == [(Event.CLOSES, "LAST_ACK")]
    assert clocks == {Event.RETRIES_RUN_OUT, Event.KEEPALIVE_FAILS}


def test_who_closes_first_keeps_time_wait() -> None:
    """The closing end passes through TIME_WAIT, the other end never does."""
    closed_first = ["ESTABLISHED"]
    for event in (Event.CLOSES, Event.ACK_OF_FIN, Event.FIN, Event.TWO_MSL):
        closed_first.append(after(closed_first[-1], event))
    closed_second = ["ESTABLISHED"]
    for event in (Event.FIN, Event.CLOSES, Event.ACK_OF_FIN):
        closed_second.append(after(closed_second[-1], event))

    assert closed_first == ["ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED"]
    assert closed_second == ["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"]


@pytest.mark.parametrize("steps", [*SEQUENCES.values(), OPENING], ids=[*SEQUENCES, "open"])
def test_a_sequence_is_made_of_arrows(steps: tuple[Step, ...]) -> None:
    """Each end's state after a step follows from its state before by the step's event, or stays where none is."""
    for before, step in pairwise(steps):
        assert step.here == (after(before.here, step.here_event) if step.here_event else before.here), step.happens
        assert step.there == (after(before.there, step.there_event) if step.there_event else before.there), step.happens


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_a_sequence_leads_from_an_open_connection_to_none(steps: tuple[Step, ...]) -> None:
    """Both ends begin in ESTABLISHED and end in CLOSED."""
    assert (steps[0].here, steps[0].there) == ("ESTABLISHED", "ESTABLISHED")
    assert (steps[-1].here, steps[-1].there) == ("CLOSED", "CLOSED")


@pytest.mark.parametrize("steps", [*SEQUENCES.values(), OPENING], ids=[*SEQUENCES, "open"])
def test_a_step_told_from_the_other_end_is_the_same_step(steps: tuple[Step, ...]) -> None:
    """Turned round twice it is itself; turned round once, each end's words, states and arrows are the other's."""
    for step in steps:
        turned = step.mirrored()

        assert turned.mirrored() == step
        assert (turned.here, turned.there_event) == (step.there, step.here_event)
        assert ("this end's" in turned.happens.lower()) == ("the peer's" in step.happens.lower())


@pytest.mark.parametrize("steps", [*SEQUENCES.values(), OPENING], ids=[*SEQUENCES, "open"])
def test_nothing_arrives_that_was_not_sent(steps: tuple[Step, ...]) -> None:
    """An event that the peer causes follows a step that put its segment on the way."""
    for before, step in pairwise(steps):
        if step.here_event and step.here_event.caused_by is Move.PEER:
            assert before.segment is not None
            assert before.segment.startswith("<-"), step.happens
        if step.there_event and step.there_event.caused_by is Move.PEER:
            assert before.segment is not None
            assert before.segment.split()[0].endswith("->"), step.happens


@pytest.mark.parametrize(
    ("before", "event"), [("CLOSE_WAIT", Event.TWO_MSL), ("LISTEN", Event.FIN), ("CLOSED", Event.FIN)]
)
def test_a_missing_arrow_is_answered_with_those_that_exist(before: str, event: Event) -> None:
    """The error names the state, what was asked for, and everything that can happen there."""
    with pytest.raises(LookupError) as raised:
        after(before, event)

    message = str(raised.value)
    assert message.startswith(f"no arrow from {before} when {event.value}; there can happen: ")
    assert all(arrow.event.value in message for arrow in arrows_from(before))


def test_a_state_that_does_not_exist_has_no_arrows() -> None:
    """A wrong name gets the same kind of error."""
    with pytest.raises(LookupError, match=r"no arrow from CLOSEWAIT when the program closes; .* nothing that is known"):
        after("CLOSEWAIT", Event.CLOSES)
