"""What is forgotten, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from closewait import history
from closewait.diagnosis.case import Case
from closewait.diagnosis.gauges import Gauge
from closewait.diagnosis.report import Report
from closewait.history.gauge_writer import LOOKS_IN_A_COURSE
from closewait.history.retention import STEADY_S, Bounds, Course, first_kept
from closewait.history.store import Store
from closewait.snapshot.lifelines import NO_LINES, Lines
from closewait.snapshot.timeline import Timeline
from tests.history.watched import Clock, Watch, a_look, leak

DAY_S = 86_400.0
A_MONTH = Bounds(kept_for_s=30 * DAY_S, at_most_bytes=1_000_000)
NOW_S = 40 * DAY_S

#: Forty courses of a day each; the last is of today.
DAYS = [Course(day * LOOKS_IN_A_COURSE, LOOKS_IN_A_COURSE, (day + 1) * DAY_S) for day in range(40)]


@pytest.mark.parametrize(
    ("steady_s", "used_bytes", "first_day"),
    [
        (STEADY_S, 100_000, 9),  # a month is kept
        (STEADY_S - 1, 100_000, None),  # nobody can say yet whether the clock is right
        (0, 2_000_000, 22),  # half of it would be too much; a tenth of what may be used is made free
        (STEADY_S, 10**12, 39),  # the newest stays
    ],
)
def test_the_oldest_go_first(steady_s: float, used_bytes: int, first_day: int | None) -> None:
    """By age when the clock has been right for a day, by size always."""
    kept = first_kept(DAYS, A_MONTH, now_unix_s=NOW_S, steady_s=steady_s, used_bytes=used_bytes)

    assert kept == (None if first_day is None else first_day * LOOKS_IN_A_COURSE)


def test_looks_kept_whole_count_where_they_are() -> None:
    """One large look in the oldest course is enough to make room for all others."""
    first, *others = DAYS
    heavy = [Course(first.first_look, first.looks, first.newest_unix_s, whole_looks_bytes=900_000), *others]

    assert first_kept(heavy, A_MONTH, now_unix_s=0, steady_s=0, used_bytes=1_100_000) == LOOKS_IN_A_COURSE


def test_nothing_is_forgotten_where_there_is_nothing() -> None:
    """Nor of a single course."""
    for courses in ([], DAYS[:1]):
        assert first_kept(courses, A_MONTH, now_unix_s=NOW_S, steady_s=STEADY_S, used_bytes=10**9) is None


def keep_looking(store: Store, clock: Clock, looks: range, *, whole_every: int = 0) -> None:
    """Remember the same look again and again, with one gauge that tells its number."""
    look = a_look(leak(1), clock)
    report = Report(Case(Timeline((look,))), ())
    for number in looks:
        now = replace(report, case=Case(Timeline((replace(look, taken_at_unix_s=clock.unix_s),))))
        told = [Gauge("sockets", ("LISTEN",), number)]
        store.remember(now, told, (), Lines(NO_LINES), whole=bool(whole_every) and number % whole_every == 0)
        clock.pass_by()


def test_a_file_stays_below_its_bound(tmp_path: Path) -> None:
    """Old looks go, with their gauges; the new ones are there and the file does not grow."""
    path, clock, bound = tmp_path / "history.sqlite", Clock(), 260_000
    looks = range(4 * LOOKS_IN_A_COURSE)
    with history.writing(path, clock=clock, at_most_bytes=bound) as store:
        keep_looking(store, clock, looks, whole_every=100)
        size = path.stat().st_size
    with history.reading(path) as past:
        kept, _ = past.looks()

        assert 0 < kept[0] < kept[-1] == looks[-1]
        assert kept[0] % LOOKS_IN_A_COURSE == 0
        assert past.series("sockets", "LISTEN").values.tolist() == kept.tolist()
        assert size < 1.2 * bound


def test_what_stands_is_remembered_however_old_it_is(tmp_path: Path) -> None:
    """What was found long before the oldest look and stands; not what is over, nor what an earlier run left behind."""
    path, clock = tmp_path / "history.sqlite", Clock()
    with history.writing(path, clock=clock) as store:
        Watch(store, clock).look(leak(60).replace("pid=7", "pid=6"))
    with history.writing(path, clock=clock, kept_for_s=DAY_S) as store:
        watch = Watch(store, clock)
        for sockets in (20, 20, 60):
            watch.look(leak(sockets))
        keep_looking(store, clock, range(LOOKS_IN_A_COURSE))
        clock.pass_by(2 * DAY_S)
        keep_looking(store, clock, range(LOOKS_IN_A_COURSE))
    with history.reading(path) as past:
        newest = past.look_at(clock.unix_s)
        assert newest is not None
        (told,) = past.changes()

        assert past.looks()[0][0] == LOOKS_IN_A_COURSE
        assert past.standing(newest) == [told]
        assert (told.kind, told.sockets, told.finding["owner"]["pid"]) == ("grew", 60, 7)


def test_a_clock_that_was_wrong_once_keeps_nothing_for_years(tmp_path: Path) -> None:
    """One look in 2035, or a whole course: once the clock has been right for a day, they are as old as the others."""
    path, clock = tmp_path / "history.sqlite", Clock()
    with history.writing(path, clock=clock, kept_for_s=DAY_S) as store:
        for looks in (1, LOOKS_IN_A_COURSE):
            keep_looking(store, clock, range(LOOKS_IN_A_COURSE - 1))
            clock.pass_by(0, set_s=3_000 * DAY_S)
            keep_looking(store, clock, range(looks))
            clock.pass_by(0, set_s=-3_000 * DAY_S)
        keep_looking(store, clock, range(LOOKS_IN_A_COURSE))
        clock.pass_by(2 * DAY_S)
        keep_looking(store, clock, range(2 * LOOKS_IN_A_COURSE))
    with history.reading(path) as past:
        assert past.looks()[0][0] == 3 * LOOKS_IN_A_COURSE  # whose newest look was made after the two days


def test_a_clock_that_began_in_1970_takes_nothing_along(tmp_path: Path) -> None:
    """What was before a look that seems old is not older for that."""
    path, clock, looks = tmp_path / "history.sqlite", Clock(), LOOKS_IN_A_COURSE
    with history.writing(path, clock=clock, kept_for_s=30 * DAY_S) as store:
        keep_looking(store, clock, range(looks))
        clock.pass_by(0, set_s=-clock.unix_s)
        keep_looking(store, clock, range(looks))
        clock.pass_by(0, set_s=1_800_100_000)
        for _ in range(3):
            clock.pass_by(DAY_S)
            keep_looking(store, clock, range(looks))
    with history.reading(path) as past:
        assert past.looks()[0][0] == 0


def test_a_clock_set_forward_by_years_forgets_nothing(tmp_path: Path) -> None:
    """Until it has gone on like that for a day."""
    path, clock, looks = tmp_path / "history.sqlite", Clock(), LOOKS_IN_A_COURSE + 5
    with history.writing(path, clock=clock, kept_for_s=DAY_S) as store:
        keep_looking(store, clock, range(looks))
        clock.pass_by(0, set_s=3_000 * DAY_S)
        keep_looking(store, clock, range(looks))
    with history.reading(path) as past:
        assert len(past.looks()[0]) == 2 * looks
    with history.writing(path, clock=clock, kept_for_s=DAY_S) as store:
        for _ in range(3):
            clock.pass_by(STEADY_S / 2)
            keep_looking(store, clock, range(LOOKS_IN_A_COURSE))
    with history.reading(path) as past:
        assert past.looks()[0][0] == 3 * LOOKS_IN_A_COURSE  # whose newest look is less than a day old
