"""What is read of a host, from a /proc that is written here."""

from pathlib import Path

from closewait.capture.host_facts import host, whole_host

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


SOCKSTAT = """\
sockets: used 39845
TCP: inuse 125217 orphan 738 tw 103758 alloc 121429 mem 22016
UDP: inuse 12 mem 6
"""


def test_the_orphans_and_the_memory_of_tcp_are_told(tmp_path: Path) -> None:
    """They are the kernel's, whichever namespace tells them."""
    (tmp_path / "thread-self" / "net").mkdir(parents=True)
    (tmp_path / "thread-self" / "net" / "sockstat").write_text(SOCKSTAT)

    told = host(tmp_path)
    assert (told.orphans, told.tcp_memory_pages) == (738, 22016)


def test_what_the_kernel_allows_is_asked_of_the_first_namespace() -> None:
    """This host has a limit of orphans, three marks of memory, and an age."""
    told = whole_host()

    assert told.max_orphans is not None
    assert told.tcp_mem_pages is not None
    assert list(told.tcp_mem_pages) == sorted(told.tcp_mem_pages)
    assert told.uptime_s is not None
    assert told.uptime_s > 0


def test_a_host_without_limits_tells_none(tmp_path: Path) -> None:
    """In a container, the files are not there."""
    told = whole_host(tmp_path)

    assert (told.max_orphans, told.tcp_mem_pages, told.uptime_s) == (None, None, None)
