"""A watch judges each look with one before it, asks about suspects once a minute, and tells what has changed."""

from collections.abc import Collection

import pytest

from closewait.snapshot.evidence import NO_EVIDENCE, Evidence, Thread
from closewait.snapshot.evidence import Watch as EpollSet
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot
from closewait.watching import ASK_AGAIN_S, Inquiries, Watch

DAY_UNIX_S = 1_800_000_000.0


class Host:
    """A host that is looked at: its two clocks, how many connections java has left open, and what was asked."""

    def __init__(self) -> None:
        self.clock_s, self.unix_s, self.leaked, self.age, self.asked = 0.0, DAY_UNIX_S, 0, "", 0
        self.watch = Watch(self.look, self.inquire, lambda: self.clock_s)

    def look(self) -> Snapshot:
        """What is there now."""
        return snapshot(
            f"""
            LISTEN       0.0.0.0:443  -                  pid=7 process=java queue=0/128
            ESTABLISHED  10.0.0.1:443 203.0.113.9:40000  pid=7 process=java
            {self.leaked} x CLOSE_WAIT  10.0.0.1:443 203.0.113.9:50001  pid=7 process=java recvq=0 {self.age}
            """,
            taken_at_unix_s=self.unix_s,
        )

    def inquire(self, look: Snapshot, pids: Collection[int]) -> Evidence:
        """A thread and an epoll set are found, and it is counted."""
        self.asked += 1
        return Evidence(threads=(Thread("/proc", pid=7, tid=7, run_ns=1),), watches=(EpollSet(7, 4, (1,)),))

    def later(self, seconds: float, leaked: int) -> list[str]:
        """What is told of a look so much later."""
        self.clock_s += seconds
        self.unix_s += seconds
        self.leaked = leaked
        return [change.kind for change in self.watch.look().changes]


@pytest.fixture
def host() -> Host:
    """A host, healthy."""
    return Host()


def test_a_leak_is_told_within_three_looks(host: Host) -> None:
    """And when it is gone, that; not while a look cannot tell, for all are younger than the look before."""
    host.age = "age=10s"
    told = [host.later(10, leaked) for leaked in (0, 10, 30, 90)]

    assert told == [[], ["opened"], ["grew"], []]
    assert [host.later(10, 0) for _ in range(3)] == [[], ["resolved"], []]


def test_a_pile_that_stays_becomes_more_certain(host: Host) -> None:
    """Nothing but two looks that are half a minute apart shows it here."""
    certainties = []
    for _ in range(5):
        host.later(10, 40)
        certainties.append(host.watch.look().report.findings[0].certainty)

    assert certainties[0] == "possible"
    assert certainties[-1] in ("likely", "certain")


def test_few_looks_are_kept(host: Host) -> None:
    """However often one looks."""
    for _ in range(50):
        host.later(2, 40)

    assert len(vars(host.watch)["_before"]) <= 4


def test_suspects_are_asked_once_a_minute(host: Host) -> None:
    """A pile that stands costs little."""
    for _ in range(int(2 * ASK_AGAIN_S / 10)):
        host.later(10, 40)

    assert host.asked == 2


def test_new_suspects_are_asked_alone() -> None:
    """What is known of the others is not told twice."""
    clock_s, asked = [0.0], []

    def inquire(look: Snapshot, pids: Collection[int]) -> Evidence:
        asked.append(list(pids))
        return Evidence(threads=tuple(Thread("/proc", pid=pid, tid=pid, run_ns=1) for pid in pids))

    inquiries, look = Inquiries(inquire, lambda: clock_s[0]), snapshot("LISTEN 0.0.0.0:443 -")
    first, again, third = inquiries(look, [7]), inquiries(look, [7]), inquiries(look, [7, 8])
    known = inquiries.known
    clock_s[0] = ASK_AGAIN_S
    inquiries(look, [8])

    assert asked == [[7], [8], [8]]
    assert (again, [thread.pid for thread in third.threads]) == (NO_EVIDENCE, [8])
    assert [thread.pid for thread in first.threads] == [7]
    assert sorted(thread.pid or 0 for thread in known.threads) == [7, 8]
    assert [thread.pid for thread in inquiries.known.threads] == [8]


def test_an_epoll_set_of_a_minute_ago_is_not_told(host: Host) -> None:
    """Sockets that were accepted since would seem to be watched by nobody."""
    told = []
    for _ in range(3):
        host.later(10, 40)
        evidence = host.watch.look().report.snapshot.evidence
        told.append((len(evidence.threads), len(evidence.watches)))

    assert told[1:] == [(1, 0), (1, 0)]


def test_a_clock_that_is_set_proves_nothing(host: Host) -> None:
    """Neither forward, which would make every socket old, nor back."""
    host.later(10, 40)
    for jump_s in (86_400.0, -172_800.0):
        host.unix_s += jump_s
        host.later(1, 40)

        assert host.watch.look().report.timeline.span_s in (None, 0.0)


def test_a_sleep_is_time_that_passed(host: Host) -> None:
    """Both clocks run on."""
    host.later(10, 40)
    host.later(7200, 40)

    assert host.watch.look().report.findings[0].certainty in ("likely", "certain")
