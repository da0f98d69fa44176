"""What is remembered comes back as it was."""

import math
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait import history
from closewait.diagnosis.forecast.memory import APART_S, LATEST_LOOKS
from closewait.diagnosis.gauges import Gauge
from closewait.history.database import make_folder, opened_for_writing
from closewait.history.gauge_writer import LOOKS_IN_A_COURSE, GaugeWriter
from closewait.history.packing import packed, unpacked
from closewait.history.past import Past
from tests.history.watched import BEGAN_UNIX_S, EVERY_S, Clock, Watch, a_look, leak

QUIET = "LISTEN 0.0.0.0:80 - pid=7 process=app fd=3 queue=0/128"

NUMBERS = st.none() | st.integers(0, 10**9).map(float) | st.floats(0, 1e12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history of a test is."""
    return tmp_path / "folder" / "history.sqlite"


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=LOOKS_IN_A_COURSE))
def test_packed_points_come_back(points: list[tuple[float | None, float | None]]) -> None:
    """Every value and every wall, and that there was none."""
    numbered = [(720 + place, value, wall) for place, (value, wall) in enumerate(points)]
    looks, *columns = unpacked(720, packed(720, numbered))

    assert looks.tolist() == [look for look, _, _ in numbered]
    for place, column in enumerate(columns):
        assert [None if math.isnan(number) else number for number in column.tolist()] == [one[place] for one in points]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.sampled_from([None, 0.0, 1.0, 2.5]), min_size=2, max_size=2), min_size=1, max_size=30))
def test_a_gauge_reads_as_it_was_in_every_look(told: list[list[float | None]]) -> None:
    """Whatever changes, vanishes or returns, where a course ends among the looks and another watch begins."""
    first_look = LOOKS_IN_A_COURSE - len(told) // 3
    with tempfile.TemporaryDirectory() as folder, closing(opened_for_writing(Path(folder) / "h.sqlite")) as file:
        for look, values in enumerate(told, first_look):
            if look in (first_look, first_look + len(told) // 2):
                writer = GaugeWriter(file, look)
            file.execute("INSERT INTO looks VALUES (?, 1, ?, 0, 0, 0, 0, NULL, NULL, NULL, NULL)", (look, float(look)))
            named = zip("ab", values, strict=True)
            writer.write(look, [Gauge("sockets", (name,), value, 9.0) for name, value in named if value is not None])
        for place, name in enumerate("ab"):
            expected = [values[place] for values in told if values[place] is not None]
            course = Past(file, Path(folder)).series("sockets", name)

            assert course.values.tolist() == expected
            assert course.limits.tolist() == [9.0] * len(expected)


def test_each_value_has_its_time(path: Path) -> None:
    """A span of time has the looks that are in it."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for sockets in range(1, 31):
            watch.look(leak(sockets))
    with history.reading(path) as past:
        course = past.series("process_sockets", "7", "app", "CLOSE_WAIT")
        part = past.series("process_sockets", "7", "app", "CLOSE_WAIT", since_unix_s=BEGAN_UNIX_S + 5 * EVERY_S)
        times_s, states = past.processes("app")

        assert course.times_s.tolist() == [BEGAN_UNIX_S + EVERY_S * look for look in range(30)]
        assert course.values.tolist() == [*range(1, 31)]
        assert part.values.tolist() == [*range(6, 31)]
        assert past.span_s() == (BEGAN_UNIX_S, BEGAN_UNIX_S + 29 * EVERY_S)
        assert states["CLOSE_WAIT"].tolist() == [*range(1, 31)]
        assert past.processes("7")[1]["LISTEN"].tolist() == [1] * 30
        assert past.processes("nobody")[1] == {}
        assert len(times_s) == 30


def test_what_was_found_is_told_again(path: Path) -> None:
    """Opened, grown, resolved: with the finding as it was."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for sockets in (20, 20, 60, 1, 1, 1):
            watch.look(leak(sockets) if sockets > 1 else QUIET)
    with history.reading(path) as past:
        changes = past.changes()

        assert changes[0].kind == "opened"
        assert changes[-1].kind == "resolved"
        assert changes[0].finding["rule"] == changes[0].rule == "never-read"
        assert changes[0].at_unix_s == BEGAN_UNIX_S
        assert past.changes(since_unix_s=clock.unix_s) == []


def test_a_look_is_found_by_its_time(path: Path) -> None:
    """Its counts always; all of its sockets where it was kept whole."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        looks = [a_look(leak(1), clock)]
        watch.look(looks[0])
        looks.append(a_look(leak(2), clock))
        watch.look(looks[1], whole=True)
        watch.look(leak(3))
    with history.reading(path) as past:
        look = past.look_at(BEGAN_UNIX_S + 2.1 * EVERY_S)
        assert look is not None
        whole = look.whole()

        assert (look.at_unix_s, look.states) == (BEGAN_UNIX_S + 2 * EVERY_S, {"CLOSE_WAIT": 3, "LISTEN": 1})
        assert (look.appeared, look.gone) == (1, 0)
        assert look.whole_at_unix_s == BEGAN_UNIX_S + EVERY_S
        assert whole is not None
        assert whole.sockets.equals(looks[1].sockets)
        assert whole.processes.equals(looks[1].processes)


def standing(past: Past, at_unix_s: float) -> list[str]:
    """The rules of the findings that stood at a time."""
    look = past.look_at(at_unix_s)
    assert look is not None
    return [change.rule for change in past.standing(look)]


def test_what_stood_is_of_the_run_of_the_look(path: Path) -> None:
    """A run that ends resolves nothing, and the next one begins with nothing; a clock that is set does not mix them."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for sockets in (20, 20):
            watch.look(leak(sockets))
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        watch.look(QUIET)
        healthy_at_s = clock.unix_s - EVERY_S
        clock.pass_by(set_s=-3_600)
        watch.look(QUIET)
        watch.look(leak(20))
    with history.reading(path) as past:
        assert standing(past, BEGAN_UNIX_S + EVERY_S) == ["never-read"]
        assert standing(past, healthy_at_s) == []
        assert standing(past, healthy_at_s + 2 * EVERY_S - 3_600) == []
        assert standing(past, clock.unix_s) == ["never-read"]


def test_a_process_among_the_others_is_not_nothing(path: Path) -> None:
    """Where not all processes are told by name, one that is not told may have any number; else it has none."""
    clock = Clock()
    app, *unnamed = (Gauge("process_sockets", labels, 5) for labels in (
        ("7", "app", "LISTEN"), ("", "(other)", "LISTEN"), ("", "(hidden)", "LISTEN")
    ))  # fmt: skip
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for only in ([app, *unnamed], unnamed[:1], unnamed[1:], [], [app]):
            watch.look(QUIET, only=only)
    with history.reading(path) as past:
        times_s, states = past.processes("app")

        assert times_s.tolist() == [BEGAN_UNIX_S + EVERY_S * look for look in (0, 3, 4)]
        assert states["LISTEN"].tolist() == [5, 0, 5]


def test_what_goes_on_is_told_thinned_out(path: Path) -> None:
    """Of what the newest looks told: the latest, and before those one look in five minutes."""
    clock, looks = Clock(), LOOKS_IN_A_COURSE + LATEST_LOOKS
    labels = ("1", "gone"), ("2", "stays")
    make_folder(path)
    with closing(opened_for_writing(path)) as file:
        writer = GaugeWriter(file, 0)
        for look in range(looks):
            told = [Gauge("descriptors", one, look, 1024) for one in labels[look >= LOOKS_IN_A_COURSE :]]
            row = look, 1, clock.unix_s
            file.execute("INSERT INTO looks VALUES (?, ?, ?, 0, 0, 0, 0, NULL, NULL, NULL, NULL)", row)
            writer.write(look, told)
            clock.pass_by()
        (course,) = Past(file, path).going_on("descriptors")

    assert course.labels == ("2", "stays")
    assert course.values[-LATEST_LOOKS:].tolist() == [*range(LOOKS_IN_A_COURSE, looks)]
    assert course.values[:-LATEST_LOOKS].tolist() == [*range(0, LOOKS_IN_A_COURSE, int(APART_S / EVERY_S))]


def test_the_life_of_a_socket_is_told(path: Path) -> None:
    """In which state it was, between which looks that began, and until when it was seen."""
    clock = Clock()
    open_, closed = (
        f"{state} 10.0.0.1:80 203.0.113.9:40001 pid=7 process=app cookie=5" for state in ("ESTABLISHED", "CLOSE_WAIT")
    )
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for sockets in [*[open_] * 3, *[closed] * 8, QUIET]:
            watch.look(sockets)
    with history.reading(path) as past:
        lives = past.lifelines({"remote_port": [(40001, 40001)]})

        assert lives["state"] == ["CLOSE_WAIT"]
        assert lives["came_from"] == ["ESTABLISHED"]
        assert lives["first_seen_unix_s"] == [BEGAN_UNIX_S]
        assert lives["began_after_unix_s"] == [BEGAN_UNIX_S + 2 * EVERY_S]
        assert lives["seen_from_unix_s"] == [BEGAN_UNIX_S + 3 * EVERY_S]
        assert lives["seen_until_unix_s"] == [BEGAN_UNIX_S + 10 * EVERY_S]
        assert lives["ended_before_unix_s"] == [BEGAN_UNIX_S + 11 * EVERY_S]
        assert past.lifelines({"remote_port": [(1, 2)]}) == {}


def test_all_gauges_of_a_measure_are_told_one_by_one(path: Path) -> None:
    """The same as each of them alone."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for number in range(5):
            told = [("1", "one"), ("2", "two")] if number != 3 else [("2", "two")]
            watch.look(QUIET, only=[Gauge("descriptors", labels, number + 5, 1024) for labels in told])
    with history.reading(path) as past:
        courses = {course.labels: course for course in past.courses("descriptors", BEGAN_UNIX_S + EVERY_S)}

        assert courses["1", "one"].values.tolist() == [6, 7, 9]
        assert courses["2", "two"].values.tolist() == [6, 7, 8, 9]
        alone = past.series("descriptors", "1", "one", since_unix_s=BEGAN_UNIX_S + EVERY_S)
        assert alone.times_s.tolist() == courses["1", "one"].times_s.tolist()
        assert list(past.courses("songs")) == []
        assert past.series("songs", "any").values.tolist() == []
