"""Readers of ends with a dot before the port take time in proportion to what they read."""

import time

import pytest

from closewait.formats import cisco_sockets, cisco_tcp_brief, netstat_aix, netstat_bsd, netstat_solaris, read
from closewait.formats.paste import Paste

FORMATS = (netstat_bsd.FORMAT, netstat_aix.FORMAT, netstat_solaris.FORMAT, cisco_tcp_brief.FORMAT, cisco_sockets.FORMAT)
ROW = "tcp4 0 0 192.0.2.1.22 198.51.100.7.443 ESTABLISHED "
BSD_TITLE = "Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local  Foreign  (state)\n"
BUDGET_S = 20.0  # of processor time; what takes quadratic time takes minutes


@pytest.mark.parametrize(
    "line",
    [
        "tcp4 0 0 " + "." * 200_000,
        "tcp4 0 0 " + "1." * 100_000,
        "tcp4 0 0 " + ".:" * 100_000,
        "f " * 100_000 + "tcp4",
        "0/0/1 " + ":." * 100_000,
        "0/0/1 " + "1." * 100_000,
        ROW + "0 " * 100_000,
        ROW + "0 0 " + "a:" * 100_000,
        ROW + "0 0 " + "a " * 100_000,
        "1.1 1.1 " + "1 " * 100_000,
        "1.1 1.1 a 1 " + "x " * 100_000,
        "1.1 64128 5a01c3f2 5a01c3f2 49640 7f00d2b1 7f00d2b1 409 1448 CLOSED a 1 " + "x " * 100_000,
        "7F71A7A76F48 1.1 1.1 " + "A" * 200_000,
        "tcp a:1 b:1 " + "x " * 100_000,
        "[host]: tcp LISTEN 0 " + "a(" * 100_000,
        "rmsock " * 50_000 + "f1000e0000180bb8",
    ],
    ids=lambda line: line[:40],
)
def test_a_long_line_takes_time_in_proportion(line: str) -> None:
    """Lines of 200,000 characters that are nearly rows are read in seconds, alone and a few of them."""
    paste = Paste.of("\n".join([line] * 20))
    began = time.process_time()
    for format in FORMATS:
        format.recognises(paste[:2])
        format.read(paste[:2])

    assert time.process_time() - began < BUDGET_S


@pytest.mark.parametrize(
    "run",
    [
        f"{BSD_TITLE}tcp 0 0 1.1 1.2 LISTEN\n{BSD_TITLE}udp 0 0 *.1 *.*\n{BSD_TITLE}tcp6 0 0 ::1.1 ::1.2 LISTEN\n",
        f"{BSD_TITLE}tcp6 0 0 ::1.1 ::1.2 LISTEN\n",
        "TCP: IPv4\n1.1.1.1.1 1.1.1.1.2 0 0 0 0 IDLE\nTCP: IPv6\n::1.1 ::1.2 0 0 0 0 IDLE\n",
        "# rmsock f1000e0000180bb8 tcpcb\nf1000e0000180bb8 tcp4 0 0 *.1334 *.* LISTEN\n",
    ],
    ids=["openbsd", "ipv6", "solaris", "aix"],
)
def test_many_runs_take_time_in_proportion(run: str) -> None:
    """A log of hundreds of runs is not compared with itself from its beginning for each of them."""
    began = time.process_time()

    assert read((run * 500).encode(), name="log.txt")
    assert time.process_time() - began < BUDGET_S
