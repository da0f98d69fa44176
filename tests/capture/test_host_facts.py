"""What is read of a host, from a /proc that is written here."""

from pathlib import Path

from closewait.capture.host_facts import host

NETSTAT = """\
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPReqQFullDoCookies
TcpExt: 1 88123 88124 0
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
"""


def test_the_counters_of_full_queues_are_told_as_nstat_names_them(tmp_path: Path) -> None:
    """Zero is told as zero; what the kernel does not have is not told."""
    (tmp_path / "thread-self" / "net").mkdir(parents=True)
    (tmp_path / "thread-self" / "net" / "netstat").write_text(NETSTAT)

    assert host(tmp_path).counters == {
        "TcpExtListenOverflows": 88123, "TcpExtListenDrops": 88124, "TcpExtTCPReqQFullDoCookies": 0,
    }  # fmt: skip


def test_a_host_that_tells_nothing_has_no_counters(tmp_path: Path) -> None:
    """Another system, or a /proc that hides them."""
    assert host(tmp_path).counters == {}


def test_this_host_tells_them() -> None:
    """Linux counts a full accept queue in every network namespace."""
    assert "TcpExtListenOverflows" in host().counters
