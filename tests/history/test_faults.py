"""Everything that can happen to a history, done to it for real: nothing that was written is lost, and it is said."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from closewait import history
from closewait.errors import BadInput, CannotAct, CannotSee
from closewait.history.database import APPLICATION_ID, VERSION
from tests.history.watched import BEGAN_UNIX_S, EVERY_S, Clock, Watch, leak

KILLS = 6
WRITER = [sys.executable, "-m", "tests.history.watched"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history of a test is."""
    return tmp_path / "history.sqlite"


@contextmanager
def writer(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes looks until it is killed, and has written one."""
    with subprocess.Popen([*WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def looks_in(path: Path) -> int:
    """How many looks a history holds."""
    with history.reading(path) as past:
        return len(past.looks()[0])


def test_kill_at_any_moment_loses_nothing_that_was_written(path: Path) -> None:
    """Every look that the writer called written is there, the file is whole, and the next run says what happened."""
    written = 0
    for _ in range(KILLS):
        with writer(path) as process:
            assert process.stdout is not None
            for _ in range(random.randrange(40)):  # the moment is any: the writer does not wait for us
                process.stdout.readline()
                written += 1
            process.kill()
            written += 1 + len(process.stdout.read().split())
            pid = process.pid

        assert looks_in(path) - written in (0, 1)  # one may be written and not yet called so
        written = looks_in(path)
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with history.writing(path, clock=Clock()) as store:
        assert f"The last watch (process {pid}) ended without saying so" in store.what_happened[0]


def in_a_small_world(script: str, size: str = "600k") -> None:
    """Run a script in a mount namespace of its own, where the folder `disk` is a file system of this size."""
    program = f"import subprocess, sys\nsys.path.insert(0, '.')\n{script}"
    mounted = f'mount -t tmpfs -o size={size} tmpfs "$1" && exec "$2" -c "$3" "$1"'
    folder = Path(f"/tmp/closewait-disk-{os.getpid()}")
    folder.mkdir()
    try:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", mounted, "sh", str(folder), sys.executable, program],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    finally:
        folder.rmdir()

    assert (done.returncode, done.stderr[-2_000:]) == (0, "")


BEGINNING = """
from pathlib import Path
from closewait import history
from closewait.errors import CannotAct
from tests.history.watched import Clock, Watch, leak
disk = Path(sys.argv[1])
path, clock = disk / "history.sqlite", Clock()
"""


def test_a_full_disk_does_not_end_the_watch() -> None:
    """It says so once, and writes when there is room: all looks before and after, and what was found between."""
    in_a_small_world(
        BEGINNING
        + """
with history.writing(path, clock=clock, every_s=10) as store:
    watch = Watch(store, clock)
    assert watch.look(leak(1)) == ()
    stuff, said, before = disk / "stuff", (), 1
    with stuff.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)): pass
        except OSError: pass
    while not said:
        said = watch.look(leak(20 + before))
        before += not said
    assert "cannot be written: the disk is full" in said[0], said
    unwritten = 1
    for sockets in (400, 900):
        assert watch.look(leak(sockets), whole=True) == ()
        unwritten += 1
    with history.reading(path) as past:
        assert len(past.looks()[0]) == before
    try:
        with history.writing(disk / "another.sqlite"): raise SystemExit("it was opened")
    except CannotAct as refused:
        assert "cannot be written" in str(refused), refused
    stuff.unlink()
    (said,) = watch.look(leak(2))
    assert f"{unwritten} looks are missing in it" in said, said
    assert watch.look(leak(2)) == ()
with history.reading(path) as past:
    assert len(past.looks()[0]) == before + 2
    assert [one.kind for one in past.incidents()] == ["not written"]
    assert max(change.sockets for change in past.changes()) >= 900
    assert past.look_at(clock.unix_s).whole().states["CLOSE_WAIT"] == 400
""",
    )


def test_a_read_only_disk_is_said_and_can_be_read() -> None:
    """Who would write is told what to do; who reads, reads, whether the last watch was killed or not."""
    in_a_small_world(
        BEGINNING
        + """
def read_only(way): subprocess.run(["mount", "-o", f"remount,{way}", disk], check=True)
with history.writing(path, clock=clock) as store:
    Watch(store, clock).look(leak(1))
read_only("ro")
with history.reading(path) as past:
    assert len(past.looks()[0]) == 1
try:
    with history.writing(path, clock=clock): raise SystemExit("it was opened")
except CannotAct as refused:
    assert "--history FILE" in str(refused) and "Read-only file system" in str(refused), refused
read_only("rw")
killed = subprocess.Popen([sys.executable, "-m", "tests.history.watched", path], stdout=subprocess.PIPE, text=True)
while killed.stdout.readline() != "3\\n": pass
killed.kill()
written = 5 + len(killed.stdout.read().split())
killed.wait()
read_only("ro")
with history.reading(path) as past:
    assert len(past.looks()[0]) >= written
""",
        size="8m",
    )


def test_a_clock_that_is_set_back_loses_nothing(path: Path) -> None:
    """Looks stay in the order in which they were made; the history says by how much the clock was set."""
    clock = Clock()
    with history.writing(path, clock=clock, every_s=EVERY_S) as store:
        watch = Watch(store, clock)
        assert [watch.look(leak(sockets)) for sockets in (1, 2)] == [(), ()]
        clock.pass_by(0, set_s=-3_600.0)
        (said,) = watch.look(leak(3))
        assert said.startswith("The clock was set back by 60 min")
        assert watch.look(leak(4)) == ()
    with history.reading(path) as past:
        course = past.series("process_sockets", "7", "app", "CLOSE_WAIT")

        assert course.values.tolist() == [1, 2, 3, 4]
        assert course.times_s[2] == BEGAN_UNIX_S + 2 * EVERY_S - 3_600
        assert [one.kind for one in past.incidents()] == ["clock set"]


def test_a_machine_that_slept_says_so(path: Path) -> None:
    """The clock since boot ran on and that of the time awake did not: no look is missing, there was nothing to see."""
    clock = Clock()
    with history.writing(path, clock=clock, every_s=EVERY_S) as store:
        watch = Watch(store, clock)
        watch.look(leak(1))
        clock.pass_by(7_200.0, asleep_s=7_200.0)
        (said,) = watch.look(leak(1))
        assert said.startswith("The machine slept 2 h, from 2027-01-1")
        clock.pass_by(10 * EVERY_S)  # nothing slept: it was kept from looking
        (said,) = watch.look(leak(1))
        assert said.startswith("10 looks are missing")
    with history.reading(path) as past:
        assert [one.kind for one in past.incidents()] == ["slept", "looks missing"]


def test_looks_that_take_longer_than_their_period_are_said_once(path: Path) -> None:
    """Not with each look; a gap that is longer still is said, and so is the next slowness."""
    clock = Clock()
    with history.writing(path, clock=clock, every_s=EVERY_S) as store:
        watch = Watch(store, clock)
        late = []
        for look in range(200):
            late += [(look, said.split(" missing")[0]) for said in watch.look(leak(1))]
            if look < 40:
                clock.pass_by(EVERY_S * (look % 3 > 0))  # one look in three is in time
            if look in (50, 150):
                clock.pass_by(9 * EVERY_S)
    with history.reading(path) as past:
        assert late == [(2, "1 look is"), (51, "9 looks are"), (151, "9 looks are")]
        assert len(past.incidents()) == 3


def test_a_restarted_host_and_an_absence_are_said_at_the_start(path: Path) -> None:
    """What went before this run stands in the history from its first look on."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        assert store.what_happened == ()
        Watch(store, clock).look(leak(1))
    clock.pass_by(600.0)
    with history.writing(path, clock=clock) as store:
        assert store.what_happened[0].startswith("Nobody looked for 10.2 min")
        Watch(store, clock).look(leak(1))
    clock.boot_id, clock.boottime_s = "second boot", 12.0
    with history.writing(path, clock=clock) as store:
        assert store.what_happened[0].startswith("The host was restarted")
        Watch(store, clock).look(leak(1))
    with history.reading(path) as past:
        assert [one.kind for one in past.incidents()] == ["away", "restarted"]


def test_a_reader_neither_waits_nor_holds_up(path: Path) -> None:
    """In the middle of reading it sees the looks as they were when it began; the watch writes on."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        watch.look(leak(1))
        with history.reading(path) as past:
            past._connection.execute("BEGIN")
            assert len(past.looks()[0]) == 1
            watch.look(leak(2))
            assert len(past.looks()[0]) == 1
            past._connection.execute("COMMIT")
            assert len(past.looks()[0]) == 2


def test_the_second_writer_is_told_who_is_the_first(path: Path) -> None:
    """And when that one is killed, its lock goes with it."""
    with writer(path) as first:
        with (
            pytest.raises(CannotAct, match=f"being written by process {first.pid}, .*--history FILE"),
            history.writing(path),
        ):
            pass
        assert looks_in(path) >= 1
        first.kill()
        first.wait()
        with history.writing(path, clock=Clock()) as store:
            assert "ended without saying so" in store.what_happened[0]


def test_a_history_that_is_moved_or_deleted_is_begun_anew(path: Path) -> None:
    """It is said, what stands is in the new one as well, and what was moved is whole."""
    clock, moved = Clock(), path.with_name("moved.sqlite")
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        assert [watch.look(leak(20)), watch.look(leak(20))] == [(), ()]
        path.rename(moved)
        assert watch.look(leak(20)) == (f"The history {path} was moved or deleted; it is begun anew.",)
        assert watch.look(leak(20)) == ()
        path.unlink()
        assert "begun anew" in watch.look(leak(20))[0]
        with history.reading(path) as past:
            last = past.look_at(clock.unix_s)
            assert last is not None
            assert [change.rule for change in past.standing(last)] == ["never-read"]
        with pytest.raises(CannotAct, match="being written by process"), history.writing(path):
            pass
    assert (looks_in(moved), looks_in(path)) == (2, 1)
    with history.writing(moved, clock=clock) as store:
        assert not any("ended without" in said for said in store.what_happened)


def test_a_place_that_is_taken_is_written_when_it_is_free(path: Path) -> None:
    """The watch goes on; what was found meanwhile is there."""
    clock, folder = Clock(), path.with_name("folder")
    path = folder / path.name
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        watch.look(leak(1))
        folder.rename(folder.with_name("away"))
        folder.write_text("a file")
        (said,) = watch.look(leak(20))
        assert "cannot be written" in said
        assert watch.look(leak(20)) == ()
        folder.unlink()
        said, missing = watch.look(leak(20))
        assert "begun anew" in said
        assert "2 looks are missing" in missing
    with history.reading(path) as past:
        assert [change.sockets for change in past.changes()][-1] == 20


def test_one_file_has_one_writer_by_whatever_name(path: Path) -> None:
    """A link to a history leads to its lock, too."""
    other_name = path.with_name("link.sqlite")
    other_name.symlink_to(path)
    with (
        history.writing(path),
        pytest.raises(CannotAct, match=f"by process {os.getpid()}"),
        history.writing(other_name),
    ):
        pass
    with history.writing(other_name, clock=Clock()) as store:
        assert store.what_happened == () or "ended" not in store.what_happened[0]
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}.lock", other_name.name]


def test_a_lock_that_leads_elsewhere_is_refused(path: Path) -> None:
    """What it leads to stays as it is."""
    letter = path.with_name("letter")
    letter.write_text("Dear Anna")
    path.with_name(f"{path.name}.lock").symlink_to(letter)
    with pytest.raises(CannotAct, match="is a symbolic link"), history.writing(path):
        pass

    assert letter.read_text() == "Dear Anna"


def test_a_file_that_is_no_history_is_left_alone(path: Path) -> None:
    """Text, another program's database, a history of a later version: each is refused in words, and stays as it is."""

    def refused() -> str:
        before = path.read_bytes()
        for way in (history.writing, history.reading):
            with pytest.raises(BadInput) as refusal, way(path):
                pass
            assert path.read_bytes() == before
        return str(refusal.value)

    path.write_text("It was a dark and stormy night. " * 200)
    assert "is no history of closewait" in refused()
    path.unlink()
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE songs (name TEXT)")
    assert "another program" in refused()
    path.unlink()
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            f"CREATE TABLE looks (x); PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION + 1}"
        )
    assert f"newer closewait (history version {VERSION + 1}" in refused()


def test_a_damaged_history_is_said_to_be_one(path: Path) -> None:
    """Not read as if nothing were there, and not written to any further."""
    clock = Clock()
    with history.writing(path, clock=clock) as store:
        watch = Watch(store, clock)
        for sockets in range(40):
            watch.look(leak(sockets + 1))
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = random.Random(page).randbytes(64)
    path.write_bytes(data)
    with pytest.raises(BadInput, match="damaged"), history.writing(path, clock=clock) as store:
        Watch(store, clock).look(leak(1))
    with pytest.raises(BadInput, match="damaged"), history.reading(path) as past:
        past.series("sockets", "LISTEN")


def asked_by_nobody(path: Path) -> str:
    """What is said to a user who is not root and reads a history."""
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(65_534, 65_534, 65_534)
            with history.reading(path):
                pass
        except CannotSee as refusal:
            os.write(say, str(refusal).encode())
        finally:
            os._exit(0)
    os.close(say)
    os.waitpid(child, 0)
    with os.fdopen(hear) as heard:
        return heard.read()


def test_a_history_of_another_user_is_refused_in_words() -> None:
    """Whether the folder can be entered or not: it tells who talks to whom, and is its writer's alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state" / "history.sqlite"
        with history.writing(path):
            pass
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        Path(folder).chmod(0o755)
        assert "may not be read by this user" in asked_by_nobody(path)
        path.parent.chmod(0o755)
        assert "may not be read by this user" in asked_by_nobody(path)


def test_no_history_says_who_writes_one(tmp_path: Path) -> None:
    """A reader makes no file."""
    with pytest.raises(BadInput, match="closewait watch"), history.reading(tmp_path / "none.sqlite"):
        pass

    assert list(tmp_path.iterdir()) == []
