"""Programs end with their test, and what is missing is named."""

import subprocess

import pytest

from tests.lab.traces import living
from tests.programs.place import NAMED, PREFIX, place, program, until


def test_what_a_program_has_started_ends_with_it() -> None:
    """Also children of which the test has never heard, and the namespace they were in."""
    with place() as here:
        here.start("sh", "-c", "sleep 1000 & sleep 1000")
        until("both sleep", lambda: len(here.pids()) == 3)
        sleeping = here.pids()
        name = here.name

    assert not (NAMED / name).exists()
    assert living(sleeping) == []


def test_what_a_killed_run_has_left_is_ended_by_the_next() -> None:
    """A namespace is named for the process that answers for it."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = f"{PREFIX}{gone.pid}"
    subprocess.run(["ip", "netns", "add", left], check=True)
    sleeper = subprocess.Popen(["ip", "netns", "exec", left, "sleep", "1000"])
    until("it sleeps there", lambda: str(sleeper.pid) in told(left))

    with place():
        assert not (NAMED / left).exists()
    sleeper.wait(5)


def test_a_missing_program_is_named_with_its_package() -> None:
    """The tests fail with what to install; they are never left out."""
    with pytest.raises(RuntimeError, match="no-such-server not found: apt-get install its-package"):
        program("no-such-server", "its-package")


def told(name: str) -> list[str]:
    """The processes in a namespace."""
    return subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=True).stdout.split()
