"""Looks that clearly repeat one another are one series; all others are left apart."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from closewait.snapshot.series import Series, series_of
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import seconds_between
from closewait.testing import snapshot


def look(sockets: int, *, at_s: float | None = None, address: str = "10.0.0.1", command: str | None = None) -> Snapshot:
    """A look at a pile of CLOSE_WAIT."""
    seen = snapshot(f"{sockets} x CLOSE_WAIT {address}:443 203.0.113.9:50001", taken_at_unix_s=at_s)
    return replace(seen, command=command)


def judged(*looks: Snapshot) -> Series:
    """The series in these looks."""
    return series_of(looks, far_apart_s=30)


def test_stamped_dumps_of_one_host_are_a_series() -> None:
    """The last is judged though an earlier one is larger, the one before it is its earlier look."""
    series = judged(look(9, at_s=0), look(7, at_s=60), look(5, at_s=120))

    assert [moment.states["CLOSE_WAIT"] for moment in series.moments] == [9, 7, 5]
    assert [seen.taken_at_unix_s for seen in series.looks] == [60, 120]
    assert series.others == 0


def test_the_earlier_look_is_far_enough_away() -> None:
    """A second before the last nothing is proved yet."""
    series = judged(*(look(5, at_s=at_s) for at_s in range(100)))

    assert series.latest.taken_at_unix_s == 99
    assert 30 <= (seconds_between(*series.looks) or 0) <= 60


def test_two_hosts_are_no_series() -> None:
    """The larger is judged, alone."""
    series = judged(look(9, at_s=0), look(7, at_s=60, address="10.0.0.9"))

    assert [len(seen.sockets) for seen in series.looks] == [9]
    assert (len(series.moments), series.others) == (1, 1)


def test_addresses_that_every_host_has_show_no_host() -> None:
    """127.0.0.1 here is not 127.0.0.1 there."""
    assert judged(look(9, at_s=0, address="127.0.0.1"), look(7, at_s=60, address="127.0.0.1")).others == 1


def test_another_command_is_no_repetition() -> None:
    """A part of a dump is not a later look."""
    assert judged(look(9, at_s=0, command="ss -tan"), look(2, at_s=60, command="ss -tan sport = :443")).others == 1
    assert judged(look(9, command="ss -tan"), look(2, command="ss -tan")).others == 0


def test_other_states_are_no_repetition() -> None:
    """A grep for one state, then for another."""
    other = snapshot("3 x TIME_WAIT 10.0.0.1:443 203.0.113.9:50001", taken_at_unix_s=60)

    assert judged(look(9, at_s=0), other).others == 1


def test_dumps_without_times_or_commands_need_more() -> None:
    """Two may be anything; a log of them has no earlier look before there are 30, at a second each at least."""
    assert judged(look(9), look(7)).others == 1
    assert [len(seen.sockets) for seen in judged(look(9), look(7), look(5)).looks] == [5]
    assert len(judged(*(look(5) for _ in range(31))).looks) == 2


def test_the_clock_may_pass_midnight() -> None:
    """A minute from 23:59:30 to 00:00:30, by a clock without a date."""
    series = judged(replace(look(5), clock_s=86_370), replace(look(5), clock_s=30))

    assert seconds_between(*series.looks) == 60


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 200), st.sampled_from(["10.0.0.1", "10.0.0.2"])), min_size=1)
)
def test_every_look_is_in_the_series_or_beside_it(told: list[tuple[int, int, str]]) -> None:
    """Nothing is lost, whatever order they come in."""
    series = judged(*(look(sockets, at_s=at_s, address=address) for sockets, at_s, address in told))

    assert len(series.moments) + series.others == len(told)
    assert 1 <= len(series.looks) <= 2
