"""A trace in words: amounts of time, what is lost, and ends that are not known yet."""

import json

import pytest

from closewait.diagnosis.lives import Actor, Lives
from closewait.formats.trace_ring.transitions import Transition
from closewait.views.trace_lines import duration_text, lost_json, lost_text, transition_json, transition_text

AT_UNIX_NS = 1_795_373_912_062_287_999
CONNECTING = Transition(5, 1, "CLOSED", "SYN_SENT", "2001:db8::1", None, "2001:db8::9", 443, 12)


@pytest.mark.parametrize(
    ("ns", "said"), [(0, "0 us"), (412_999, "412 us"), (3_214_000, "3.214 ms"), (1_234_500_000_000, "1,234.500 s")]
)
def test_durations_are_said_in_their_unit(ns: int, said: str) -> None:
    """Microseconds, milliseconds, seconds."""
    assert duration_text(ns) == said


def test_a_line_has_everything_in_its_column() -> None:
    """A port that is not chosen yet is a star; a name cannot steer the terminal."""
    life = Lives().follow(CONNECTING, Actor(12, "cu\x1b[2Jrl"))

    assert transition_text(life, AT_UNIX_NS).split() == [
        "18:58:32.062287", "[2001:db8::1]:*", "[2001:db8::9]:443", "CLOSED", "SYN_SENT", r"cu\x1b[2Jrl[12]",
    ]  # fmt: skip


def test_what_is_not_known_is_null() -> None:
    """The port, how long it was CLOSED, and who closed first."""
    line = json.loads(transition_json(Lives().follow(CONNECTING, None), AT_UNIX_NS))

    assert [line[key] for key in ("local_port", "before_lasted_s", "closed_first", "pid", "process")] == [None] * 5
    assert (line["at_unix_s"], line["socket"]) == (1_795_373_912.062288, 1)


def test_a_line_for_programs_is_json_whatever_a_process_is_called() -> None:
    """Quotes, backslashes, controls and half characters in its name; what lasted a nanosecond."""
    lives = Lives()
    lives.follow(CONNECTING, None)
    actor = Actor(12, 'a"b\\c\n\udcff')
    life = lives.follow(CONNECTING._replace(time_ns=6, before="SYN_SENT", after="ESTABLISHED", local_port=5), actor)

    line = json.loads(transition_json(life, AT_UNIX_NS))
    assert (line["process"], line["local_port"], line["before_lasted_s"]) == (actor.process, 5, 1e-9)


def test_what_is_lost_is_said_with_a_number_where_there_is_one() -> None:
    """The kernel does not always count it."""
    assert lost_text(1234, 0).startswith("1,234 transitions were lost here")
    assert lost_text(0, 1).startswith("Some transitions were lost here")
    assert (lost_json(1234, 1)["lost"], lost_json(0, 1)["lost"]) == (1234, None)
