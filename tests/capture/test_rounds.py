"""Rounds find what a walk alone finds, whatever programs did in between, and read less."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.capture import owners, rounds
from closewait.capture.owners import Walk, walk
from closewait.capture.rounds import Rounds

HELD = st.dictionaries(st.integers(1, 3), st.dictionaries(st.integers(0, 6), st.integers(100, 112)))


def told(found: Walk) -> set[tuple[int, int, int]]:
    """(inode, pid, fd) of every socket found."""
    return set(zip(found.inodes, found.pids, found.fds, strict=True))


def table(*inodes: int) -> "owners.Numbers":
    """The inodes of the sockets that the kernel lists."""
    return np.array(inodes, dtype=np.int64)


@settings(deadline=None, max_examples=200)
@given(st.lists(HELD, min_size=2, max_size=5))
def test_each_round_is_as_whole_as_a_walk(world: list[dict[int, dict[int, int]]]) -> None:
    """Sockets come and go, and processes: every one that the kernel lists is found at its holders."""
    walking = Rounds()
    for held in world:
        inodes = {inode for fds in held.values() for inode in fds.values()}
        found, alone = _round(walking, held, inodes)

        assert {inode for inode, _, _ in told(found)} >= inodes
        assert told(found) == told(alone)


def _round(walking: Rounds, held: dict[int, dict[int, int]], listed: set[int]) -> tuple[Walk, Walk]:
    """One round over a tree of real links, and a walk over the same; a socket keeps its descriptor while it lives."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        proc = Path(folder)
        for pid, fds in held.items():
            (proc / str(pid) / "fd").mkdir(parents=True)
            for inode in set(fds.values()):
                fd = inode - 100 + 20 * pid
                (proc / str(pid) / "fd" / str(fd)).symlink_to(f"socket:[{inode}]")
        return walking.walk(proc, table(0, *listed)), walk(proc)


@pytest.fixture
def links_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many links were read since the last call."""
    count = [0]
    true_read = owners.read_links

    def counted(names: list[str], directory: int) -> list[str]:
        count[0] += len(names)
        return true_read(names, directory)

    monkeypatch.setattr(rounds, "read_links", counted)

    def since() -> int:
        was, count[0] = count[0], 0
        return was

    return since


def test_the_second_round_reads_what_is_new(tmp_path: Path, links_read: Callable[[], int]) -> None:
    """One descriptor of a thousand."""
    folder = tmp_path / "7" / "fd"
    folder.mkdir(parents=True)
    for fd in range(1000):
        (folder / str(fd)).symlink_to(f"socket:[{fd + 100}]")
    inodes = table(*range(100, 1100))
    walking = Rounds()
    walking.walk(tmp_path, inodes)

    assert links_read() == 1000
    (folder / "1000").symlink_to("socket:[5000]")
    assert told(walking.walk(tmp_path, np.append(inodes, 5000))) == told(walk(tmp_path))
    assert links_read() == 1
    walking.walk(tmp_path, np.append(inodes, 5000))
    assert links_read() == 0


def test_a_descriptor_that_became_another_socket_is_found(tmp_path: Path) -> None:
    """The one it was may live on elsewhere, as after dup2(). In two rounds nobody holds the new one: all is read."""
    folder = tmp_path / "7" / "fd"
    folder.mkdir(parents=True)
    for fd, inode in ((3, 100), (4, 100), (5, 200)):
        (folder / str(fd)).symlink_to(f"socket:[{inode}]")
    walking = Rounds()
    walking.walk(tmp_path, table(100, 200))
    (folder / "4").unlink()
    (folder / "4").symlink_to("socket:[300]")

    listed = table(100, 200, 300)
    walking.walk(tmp_path, listed)

    assert told(walking.walk(tmp_path, listed)) == {(100, 7, 3), (300, 7, 4), (200, 7, 5)}


def test_what_ends_between_the_table_and_the_walk_costs_no_second_walk(
    tmp_path: Path, links_read: Callable[[], int]
) -> None:
    """A busy host has such sockets in every look."""
    folder = tmp_path / "7" / "fd"
    folder.mkdir(parents=True)
    (folder / "3").symlink_to("socket:[100]")
    walking = Rounds()
    walking.walk(tmp_path, table(100))
    links_read()
    for inode in range(200, 210):
        walking.walk(tmp_path, table(100, inode))

    assert links_read() == 0


def test_processes_that_have_ended_are_forgotten(tmp_path: Path) -> None:
    """A long watch meets many."""
    walking = Rounds()
    for pid in range(1, 20):
        folder = tmp_path / str(pid) / "fd"
        folder.mkdir(parents=True)
        (folder / "3").symlink_to("socket:[100]")
        assert told(walking.walk(tmp_path, table(100))) == {(100, pid, 3)}
        (folder / "3").unlink()
        folder.rmdir()
        folder.parent.rmdir()

    assert len(vars(walking)["_held"]) == 1


def test_the_real_proc() -> None:
    """A socket that is opened, and one that is closed and whose number is given to another, between two rounds."""
    walking = Rounds()
    with socket.socket() as first, socket.socket() as second:
        one, other = (os.fstat(each.fileno()).st_ino for each in (first, second))
        assert {(one, os.getpid(), first.fileno()), (other, os.getpid(), second.fileno())} <= told(
            walking.walk(Path("/proc"), table(one, other))
        )
        number = second.fileno()
        second.close()
        with socket.socket() as third:
            new = os.fstat(third.fileno()).st_ino
            found = told(walking.walk(Path("/proc"), table(one, new)))

    assert third.fileno() == -1
    assert {(one, os.getpid()), (new, os.getpid())} <= {(inode, pid) for inode, pid, _ in found}
    assert (new, os.getpid(), number) in found
    assert other not in {inode for inode, _, _ in found}
