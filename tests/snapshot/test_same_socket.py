import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.snapshot.same_socket import each_socket_once
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot

INHERITED = """
CLOSE_WAIT 10.0.0.1:55917 203.0.113.2:443 pid=32 process=ruby fd=12 inode=973
CLOSE_WAIT 10.0.0.1:55917 203.0.113.2:443 pid=22 process=ruby fd=12 inode=973
CLOSE_WAIT 10.0.0.1:55917 203.0.113.2:443 pid=32 process=ruby-timer fd=12 inode=973
CLOSE_WAIT 10.0.0.1:48470 203.0.113.3:443 pid=22 process=ruby fd=29 inode=974
"""


def held(look: Snapshot) -> list[tuple[object, ...]]:
    """Who holds which row."""
    return look.holders.rows()


def test_rows_with_one_inode_are_one_socket() -> None:
    """The row of the lowest pid stands for all; every process is a holder once, its threads are not."""
    look = each_socket_once(snapshot(INHERITED))

    assert look.sockets.select("inode", "pid", "fd").rows() == [(973, 22, 12), (974, 22, 29)]
    assert held(look) == [(0, 32, "ruby", 12), (0, 22, "ruby", 12), (1, 22, "ruby", 29)]
    assert look.sight.rows == 4
    assert look.sight.caveats[-1].startswith("4 rows tell of 2 sockets:")


def test_without_inodes_the_ends_and_the_state_tell() -> None:
    """Both ends, named or numbered, and the state must be the same."""
    look = each_socket_once(
        snapshot("""
        CLOSE_WAIT 10.0.0.1:ssh 10.0.0.2:53226 pid=9 process=sshd
        CLOSE_WAIT 10.0.0.1:ssh 10.0.0.2:53226 pid=8 process=sshd
        LAST_ACK   10.0.0.1:ssh 10.0.0.2:53226 pid=8 process=sshd
        CLOSE_WAIT 10.0.0.1:ssh 10.0.0.2:53227 pid=8 process=sshd
    """)
    )

    assert look.sockets.select("remote_port", "state", "pid").rows() == [
        (53226, "CLOSE_WAIT", 8), (53226, "LAST_ACK", 8), (53227, "CLOSE_WAIT", 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [
        "LISTEN 0.0.0.0:80 - pid=7 process=web\nLISTEN 0.0.0.0:80 - pid=8 process=web",
        "TIME_WAIT 10.0.0.1:80 10.0.0.2:5\nTIME_WAIT 10.0.0.1:80 10.0.0.2:5",
        "CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=0\nCLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=0",
        "CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=3 pid=1\nLAST_ACK 10.0.0.1:80 10.0.0.2:5 inode=3 pid=1",
        "CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=3 pid=1\nCLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=4 pid=2",
        "CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 inode=3 pid=1 cookie=5\nCLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 pid=2 cookie=6",
    ],
    ids=["SO_REUSEPORT", "no holder", "inode 0", "another state", "another inode", "the kernel's own table"],
)
def test_what_may_be_two_sockets_stays_two(lines: str) -> None:
    """Nothing is done where nothing is told twice for certain: it is the very same look."""
    look = snapshot(lines)

    assert each_socket_once(look) is look


def test_listeners_with_one_inode_are_one() -> None:
    """Prefork workers share the listener they inherited."""
    look = each_socket_once(
        snapshot("\n".join(f"LISTEN 0.0.0.0:80 - pid={pid} process=web inode=5" for pid in (9, 7, 8)))
    )

    assert look.sockets["pid"].to_list() == [7]
    assert [pid for _, pid, _, _ in held(look)] == [9, 7, 8]


def test_holders_told_beside_the_rows_stay() -> None:
    """A dump may name some holders in a list (ss -p) and repeat rows as well."""
    look = each_socket_once(
        snapshot("""
        CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 holders=22,32 process=ruby inode=973
        CLOSE_WAIT 10.0.0.1:80 10.0.0.2:5 pid=40 process=kid fd=3 inode=973
    """)
    )

    assert sorted(held(look)) == [(0, 22, "ruby", 5), (0, 32, "ruby", 5), (0, 40, "kid", 3)]


LINES = st.builds(
    "{} 10.0.0.1:{} 10.0.0.2:{} {} {}".format,
    st.sampled_from(["LISTEN", "CLOSE_WAIT", "ESTABLISHED"]),
    st.integers(80, 82),
    st.integers(5, 6),
    st.sampled_from(["", "pid=7 process=a", "pid=8 process=b", "pid=9"]),
    st.sampled_from(["", "", "inode=0", "inode=3", "inode=4"]),
)


@settings(deadline=None, max_examples=150)
@given(lines=st.lists(LINES, min_size=1, max_size=12), order=st.randoms(use_true_random=False))
def test_doing_it_twice_or_in_another_order_changes_nothing(lines: list[str], order: random.Random) -> None:
    """No holder is lost, no socket appears, and a second pass finds nothing to do."""
    look = snapshot("\n".join(lines))
    once = each_socket_once(look)
    other = each_socket_once(snapshot("\n".join(order.sample(lines, len(lines)))))

    def pids(seen: Snapshot) -> set[int]:
        return {*seen.sockets["pid"].drop_nulls(), *seen.holders["pid"].drop_nulls()}

    assert each_socket_once(once) is once
    assert once.sockets.height == other.sockets.height <= look.sockets.height
    assert pids(once) == pids(look)
    assert once.holders.filter(pl.col("socket") >= once.sockets.height).is_empty()
