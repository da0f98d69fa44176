"""The clocks are told with their conditions, and what is not known for certain is not given as a number."""

import pytest

from closewait.tcp.clocks import CLOCKS, WITHOUT_CLOCK, Clock, clocks_for, time_wait_s
from closewait.tcp.states import state


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: f"{clock.system}-{clock.state}-{clock.name}")
def test_every_clock_is_explained_in_full(clock: Clock) -> None:
    """A clock belongs to a state that exists, and says when it runs and where that is written."""
    assert state(clock.state).name == clock.state
    assert clock.condition
    assert clock.source


def test_nothing_but_finding_the_peer_gone_ends_close_wait() -> None:
    """Keepalive and retransmission are all there is, on every system, and both are conditional."""
    clocks = clocks_for("CLOSE_WAIT")

    assert {clock.name for clock in clocks} == {"keepalive", "retransmission"}
    assert all("only" in clock.condition or "if the peer answers no probe" in clock.condition for clock in clocks)
    assert "CLOSE_WAIT" in WITHOUT_CLOCK


def test_what_may_last_for_ever_is_a_state() -> None:
    """The reasons belong to states that exist."""
    assert [state(name).name for name in WITHOUT_CLOCK] == list(WITHOUT_CLOCK)


@pytest.mark.parametrize(
    ("system", "seconds"),
    [("Linux", 60), ("linux", 60), ("Darwin", 30), ("macOS", 30), ("FreeBSD", 60), ("SunOS", 60), ("AIX", 15)],
)
def test_time_wait_is_told_by_any_name_of_a_system(system: str, seconds: float) -> None:
    """As people write it, as platform.system() and as sys.platform call it."""
    assert time_wait_s(system) == seconds


@pytest.mark.parametrize("system", ["Windows", "win32", "OpenBSD", "HP-UX", "Plan 9", ""])
def test_time_wait_is_unknown_where_nobody_knows_it(system: str) -> None:
    """Sources that contradict each other, unverified numbers and unknown systems give None, not a guess."""
    assert time_wait_s(system) is None
