"""Walls that come nearer are told when they are first foreseen, and again when half the time is left."""

from itertools import pairwise

import pytest

from closewait.diagnosis.gauges import Gauge
from closewait.diagnosis.outlooks import FORESEE_EVERY_S, Foreseen, Outlooks

LIMIT = 4096
BEGAN_S = 1_800_000_000.0


def descriptors(value: float, pid: int = 7) -> Gauge:
    """Of java."""
    return Gauge("descriptors", (str(pid), "java"), value, LIMIT)


def followed(outlooks: Outlooks, values: list[float], *, from_look: int = 0) -> list[tuple[int, Foreseen]]:
    """What is told over looks ten seconds apart, with the number of the look."""
    return [
        (number, told)
        for number, value in enumerate(values, start=from_look)
        for told in outlooks.after([descriptors(value)], BEGAN_S + 10 * number)
    ]


def test_a_leak_is_foreseen_within_minutes_and_rightly() -> None:
    """One descriptor a second: the wall is met within 20 % of the true time."""
    told = followed(Outlooks(), [100 + 10 * look for look in range(60)])
    look, first = told[0]
    true_s = (LIMIT - (100 + 10 * look)) / 1.0

    assert look <= 30
    assert first.forecast.likely_s is not None
    assert abs(first.forecast.likely_s - true_s) < 0.2 * true_s
    assert first.gauge.subject == "descriptors of java[7]"


def test_it_is_told_again_when_half_the_time_is_left() -> None:
    """Not each minute."""
    told = followed(Outlooks(), [100 + 10 * look for look in range(400)])
    left_s = [one.forecast.likely_s or 0.0 for _, one in told]

    assert 4 <= len(told) <= 10
    assert all(later <= earlier / 2 for earlier, later in pairwise(left_s))


def test_what_has_turned_is_told_once() -> None:
    """The program was mended."""
    outlooks = Outlooks()
    followed(outlooks, [100 + 10 * look for look in range(60)])
    told = followed(outlooks, [90.0] * 120, from_look=60)

    assert [one.turned for _, one in told] == [True]


def test_health_is_never_told() -> None:
    """A server that wobbles, and a pool that fills to its size."""
    assert followed(Outlooks(), [300 + (7 * look) % 23 for look in range(300)]) == []
    filling = [min(200.0, 100 + 10 * look) for look in range(300)]
    assert [one for _, one in followed(Outlooks(), filling) if not one.turned] == []


def test_a_wall_that_is_met_is_not_foreseen() -> None:
    """It stays there for hours: the last that is told is that little time is left."""
    told = followed(Outlooks(), [min(LIMIT, 100 + 10 * look) for look in range(2000)])

    assert told[-1][0] < 400
    assert [one.forecast.likely_s for _, one in told if not one.forecast.likely_s] == []


@pytest.mark.parametrize("looks", [6, 30], ids=["every other minute", "every other five minutes"])
def test_a_wall_that_is_met_again_and_again_is_not_foreseen(looks: int) -> None:
    """A queue that fills at once and empties at once: there is no course that leads to it."""
    assert followed(Outlooks(), [LIMIT * (look // looks % 2) for look in range(1080)]) == []


def test_what_has_turned_from_its_wall_is_told_once() -> None:
    """Descriptors were all open, and are not any more."""
    outlooks = Outlooks()
    followed(outlooks, [min(LIMIT, 100 + 10 * look) for look in range(500)])
    told = followed(outlooks, [90.0] * 120, from_look=500)

    assert [one.turned for _, one in told] == [True]


def test_the_past_counts() -> None:
    """What was seen before this began makes a forecast possible at the first look."""
    outlooks = Outlooks()
    looks = range(-400, 0)
    outlooks.remember(descriptors(0), [BEGAN_S + 10 * look for look in looks], [2000 + look for look in looks])

    assert [look for look, _ in followed(outlooks, [2000, 2001])] == [0]


def test_no_more_is_foreseen_than_a_watch_can_pay() -> None:
    """Once a minute, and processes that have ended are forgotten."""
    outlooks = Outlooks()
    for look in range(30):
        outlooks.after([descriptors(100 + 10 * look, pid=look)], BEGAN_S + 10 * look)

    assert len(vars(outlooks)["_courses"]) == 1
    assert FORESEE_EVERY_S == 60
