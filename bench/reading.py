"""Reading text: rows per second of our readers and of jc, on the same netstat and ss output, and a log of days."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import NamedTemporaryFile

ROWS = 147_000
ROWS_FOR_JC = 15_000  # jc's time is linear in the rows; a tenth of them is enough to know it
BEGIN_UNIX_S = 1_795_341_600  # 2026-11-22 10:00
STATES = {
    "netstat": ("ESTABLISHED", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT2"),
    "ss": ("ESTAB", "ESTAB", "CLOSE-WAIT", "FIN-WAIT-2"),
}


def netstat_text(rows: int) -> str:
    """What `netstat -antp` prints for `rows` connections of a busy server."""
    head = (
        "Active Internet connections (servers and established)\n"
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n"
    )
    return head + "".join(
        f"tcp   {unread:6} {0:6} {local:23} {remote:23} {state:11} {pid}/java\n"
        for unread, local, remote, state, pid in _connections("netstat", rows)
    )


@contextmanager
def log_of_days(size_bytes: int, rows: int = 2_000) -> Iterator[str]:
    """The name of a file of about so many bytes, as `date; netstat -antp` every minute writes it; then removed."""
    text = netstat_text(rows).encode()
    with NamedTemporaryFile(suffix=".log") as file:
        for minute in range(size_bytes // len(text) + 1):
            file.write(f"{datetime.fromtimestamp(BEGIN_UNIX_S + 60 * minute, UTC):%a %b %d %H:%M:%S UTC %Y}\n".encode())
            file.write(text)
        file.flush()
        yield file.name


def ss_text(rows: int) -> str:
    """What `ss -anp` prints for them; jc reads ss only with the Netid column."""
    head = "Netid State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    return head + "".join(
        f'tcp   {state:10} {unread:<6} {0:<6} {local:>21} {remote:>21} users:(("java",pid={pid},fd={unread + 5}))\n'
        for unread, local, remote, state, pid in _connections("ss", rows)
    )


def _connections(tool: str, rows: int) -> list[tuple[int, str, str, str, int]]:
    choose = random.Random(20261122)
    return [
        (
            choose.choice((0, 0, 1, 313)),
            f"10.0.{choose.randrange(5)}.{choose.randrange(250)}:{choose.choice((80, 443, 8080))}",
            f"10.1.{choose.randrange(250)}.{choose.randrange(250)}:{choose.randrange(1024, 65535)}",
            choose.choice(STATES[tool]),
            choose.choice((4121, 998, 77)),
        )
        for _ in range(rows)
    ]


def rows_per_s(read: Callable[[], object], rows: int, runs: int = 3) -> float:
    """The best of `runs`."""
    best_s = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        read()
        best_s = min(best_s, time.perf_counter() - began)
    return rows / best_s


def measured(tool: str) -> tuple[float, float]:
    """Rows per second of closewait (into the table) and of jc, for one tool's text."""
    import jc

    from closewait.formats import looks

    make = {"netstat": netstat_text, "ss": ss_text}[tool]
    ours, theirs = make(ROWS).encode(), make(ROWS_FOR_JC)
    assert looks(ours, "bench")[0].sockets.height == ROWS
    return (
        rows_per_s(lambda: looks(ours, "bench"), ROWS),
        rows_per_s(lambda: jc.parse(tool, theirs), ROWS_FOR_JC, runs=1),
    )
