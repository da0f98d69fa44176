"""What holds for any text: evidence or none, never an exception, in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.evidence import KINDS, evidence_in
from closewait.formats.evidence.signs import WORDINGS

#: Pieces of what the kinds look for, so that mixtures of them come close to each.
PIECES = st.sampled_from([
    "Max open files ", "ulimit -n", "\n", " ", "1024", "unlimited", "/proc/7/limits", "NOFILE max number of open files",
    "46695 java 26390", "ls /proc/7/fd | wc -l", "net.ipv4.tcp_mem", "= 1 2 3", "==> /proc/sys/", "net.core.somaxconn:",
    "TCP: inuse 7 orphan 3 tw 2 alloc 9 mem 4", "TcpExtListenDrops", " 3 0.0", "TcpExt: ", "SYN cookies sent",
    "2015/04/22 03:59:10 ", ": too many open files", "Possible SYN flooding on port ", "[::]:80", "EMFILE", "accept ",
    "99999999999999999999", "It hangs every night.", "\t", "\x00", "\x1b[0m", "\ufffd", "ä", "服务挂起",
    "Thread 1 (LWP 7):", "#0  0x7f in recv ()", '"main" #1 prio=5', "goroutine 7 [IO wait, 20 minutes]:",
    "java.lang.Thread.State: BLOCKED", "timeout client 50s", "keepalive_timeout 65s;", "Start Port : 49152",
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\n",
    "    MaxUserPort    REG_DWORD    0xfffe\n",
    '"TcpTimedWaitDelay"=dword:0000001e', "Microsoft Windows [Version 10.0.1]",
])  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)


@given(TEXT | st.text())
def test_any_text_is_evidence_or_none(text: str) -> None:
    """What is understood has a name in words; the reader's name of the file stands at every fact."""
    found = evidence_in(text.encode("utf-8", "surrogatepass"), "file.txt")

    assert found is None or {told.origin for told in found.told} == {"file.txt"}


@given(st.binary(max_size=300))
def test_any_bytes_are_evidence_or_none(data: bytes) -> None:
    """The same for what is no text."""
    assert evidence_in(data, "file") is None or evidence_in(data, "file")


HOSTILE = [
    "a" * 100, "1 " * 50, "Max open files  " * 4, "ulimit -n\n" * 10, "ls /proc/7/fd | wc -l ", "/proc/sys/net.",
    "TcpExt: A\n", "net.ipv4.", "too many open files ", "2015/04/22 03:59:10 x\n", "event 4227 ", "error 10048 ",
    "#0  0x00 in f (", "goroutine 1 [running", '"t" #1 ', "Thread 1 (", "timeout ", "    ", "::::", "[[[[", "= = = ",
    "Process 1: ", "at a.b(C.java:1)\n", "0x1 ", "x{", "<0>[", "\n\n\n", "Start Port : 1\n", "up 3 days, ",
    "Tcp: a b c\nTcp: 1 2\n", "\n ", "/proc/1/fd ", "winsock ", "Microsoft Windows [", "    A    REG_DWORD    0x1 \n",
    '"A"=dword:',
    "Thread 1 (LWP 7)\n#0 f\n", "/proc/7/fd:\ntotal 0\n",
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_time_is_linear(piece: str) -> None:
    """Eight times the text takes some eight times as long, not sixty-four times."""
    short, long = (min(seconds(piece * (size // len(piece))) for _ in range(3)) for size in (5_000, 40_000))

    assert long < 8 * short * 4 + 0.1


def test_ports_that_are_told_again_and_again_cost_no_more() -> None:
    """A list of reserved ports may name each of them in every part."""
    short, long = (
        min(seconds("net.ipv4.ip_local_reserved_ports = " + "1-65535," * parts) for _ in range(3))
        for parts in (100, 800)
    )

    assert long < 8 * short * 4 + 0.1


def test_a_long_file_keeps_little() -> None:
    """Of a file that repeats itself a few are kept: messages, threads, time limits."""
    long = "accept: too many open files\ngoroutine 1 [running]:\nmain.f()\nproxy_read_timeout 5s;\n" * 20_000
    found = evidence_in(long.encode(), "file")

    assert found is not None
    assert max(len(found.messages), len(found.threads), len(found.timeouts)) <= 1000


def seconds(text: str) -> float:
    """How much of a processor reading takes: what else the machine does meanwhile does not count."""
    begun = time.process_time()
    evidence_in(text.encode(), "file")
    return time.process_time() - begun


def test_kinds_have_names_of_their_own() -> None:
    """A kind is told by its name in the documentation."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_each_sign_says_what_it_means() -> None:
    """Every wording of the table has a meaning in words."""
    assert all(wording.meaning for wording in WORDINGS)
