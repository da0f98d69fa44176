"""The walk over descriptors and its join to the sockets, on real folders of links and on real processes."""

import os
import socket
from pathlib import Path

import numpy as np

from closewait.capture.owners import Walk, holdings, walk


def process(proc: Path, pid: int, links: dict[int, str]) -> Path:
    """A process in a tree like /proc: its descriptors and what they link to."""
    folder = proc / str(pid) / "fd"
    folder.mkdir(parents=True)
    for fd, target in links.items():
        (folder / str(fd)).symlink_to(target)
    return folder


def told(found: Walk) -> set[tuple[int, int, int]]:
    """(inode, pid, fd) of every socket found."""
    return set(zip(found.inodes, found.pids, found.fds, strict=True))


def test_every_socket_of_every_process_is_found(tmp_path: Path) -> None:
    """Files, pipes and other links are not sockets; folders that are no number are no processes."""
    process(tmp_path, 7, {0: "/dev/null", 3: "socket:[100]", 4: "pipe:[5]", 5: "anon_inode:[eventpoll]"})
    process(tmp_path, 12, {3: "socket:[100]", 9: "socket:[4294967295]"})
    process(tmp_path, 13, {0: "/dev/null"})
    (tmp_path / "self").symlink_to("7")
    (tmp_path / "net").mkdir()
    found = walk(tmp_path)

    assert told(found) == {(100, 7, 3), (100, 12, 3), (4294967295, 12, 9)}
    assert found.descriptors == {7: 4, 12: 2}
    assert found.refused == 0


def test_a_process_that_has_ended_is_no_error(tmp_path: Path) -> None:
    """Its folder is there when the list is read, and empty or gone after that."""
    process(tmp_path, 7, {3: "socket:[100]"})
    (tmp_path / "8").mkdir()

    assert told(walk(tmp_path)) == {(100, 7, 3)}


def test_a_walk_survives_the_way_between_processes(tmp_path: Path) -> None:
    """Packed by a child, unpacked by its parent."""
    process(tmp_path, 7, {3: "socket:[100]"})
    found = walk(tmp_path)

    assert Walk.unpacked(found.packed()) == found


def test_this_process_holds_what_it_opened() -> None:
    """The real /proc."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end), os.fdopen(write_end, "w"):
        near, far = socket.socketpair()
        with near, far:
            wanted = {(os.fstat(end.fileno()).st_ino, os.getpid(), end.fileno()) for end in (near, far)}

            assert wanted <= told(walk())


def joined(walked: list[tuple[int, int, int]], inodes: list[int]) -> list[tuple[int, int, int]]:
    """(row, pid, fd) for sockets with these inodes."""
    found = Walk()
    for inode, pid, fd in walked:
        found.inodes.append(inode)
        found.pids.append(pid)
        found.fds.append(fd)
    held = holdings(found, np.array(inodes, dtype=np.int64))
    return list(zip(held.sockets.tolist(), held.pids.tolist(), held.fds.tolist(), strict=True))


def test_holders_are_joined_by_inode() -> None:
    """Every holder of every socket, in the order of the rows, then of the processes; other sockets are left out."""
    walked = [(100, 7, 3), (999, 7, 4), (50, 7, 5), (100, 12, 8), (100, 12, 9)]

    assert joined(walked, [50, 0, 100, 70]) == [(0, 7, 5), (2, 7, 3), (2, 12, 8), (2, 12, 9)]


def test_no_inode_has_no_holder() -> None:
    """0 says that there is no file, not a file number 0."""
    assert joined([(0, 7, 3)], [0, 0]) == []


def test_nothing_joins_nothing() -> None:
    """No rows, no descriptors, or neither."""
    assert joined([], []) == []
    assert joined([(5, 7, 3)], []) == []
    assert joined([], [5]) == []


def test_the_first_holder_has_the_lowest_process_id() -> None:
    """It is the one beside the socket."""
    found = Walk()
    for pid in (7, 12, 30):
        found.inodes.append(100)
        found.pids.append(pid)
        found.fds.append(3)
    first = holdings(found, np.array([0, 100], dtype=np.int64)).first_of_each_socket()

    assert (first.sockets.tolist(), first.pids.tolist()) == ([1], [7])
