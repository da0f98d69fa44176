"""One socket in several rows of a dump is judged as one, whatever else is asked."""

from closewait import doctor
from closewait.diagnosis.selection import judged
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import snapshot

ROWS = """
CLOSE_WAIT 10.0.0.1:55917 203.0.113.2:443 pid=22 process=ruby inode=973 recvq=0 age=10min
CLOSE_WAIT 10.0.0.1:55917 203.0.113.2:443 pid=32 process=ruby inode=973 recvq=0 age=10min
CLOSE_WAIT 10.0.0.1:55918 203.0.113.2:443 pid=22 process=ruby inode=974 recvq=0 age=10min
CLOSE_WAIT 10.0.0.1:55918 203.0.113.2:443 pid=32 process=ruby inode=974 recvq=0 age=10min
"""


def told(look: Snapshot, *earlier: Snapshot) -> list[tuple[str, int]]:
    """The rules that speak, and of how many sockets."""
    report = doctor.examine(lambda: look, earlier=Timeline(earlier))
    return [(finding.rule, finding.sockets) for finding in report.findings]


def test_sockets_are_counted_and_not_rows() -> None:
    """Four rows of two sockets are two."""
    report = doctor.examine(lambda: snapshot(ROWS))

    assert report.snapshot.states == {"CLOSE_WAIT": 2}
    assert told(snapshot(ROWS)) == [("inherited-fd", 2)]


def test_a_filter_by_one_holder_still_sees_the_others() -> None:
    """Who asks for one process is told that another holds its sockets too."""
    for pid in (22, 32):
        assert told(judged(snapshot(ROWS), understood([f"pid={pid}"]).condition)) == [("inherited-fd", 2)]


def test_an_earlier_look_counts_sockets_as_well() -> None:
    """Nothing has grown or shrunk when the same dump is taken twice."""
    report = doctor.examine(
        lambda: snapshot(ROWS, taken_at_unix_s=1060.0), earlier=Timeline((snapshot(ROWS, taken_at_unix_s=1000.0),))
    )
    (finding,) = report.findings

    assert finding.sockets == 2
    assert any("2 sockets stayed in CLOSE_WAIT" in fact and "since" not in fact for fact in finding.because)
