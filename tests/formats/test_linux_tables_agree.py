"""`ss` and /proc/net/tcp look at the same real sockets; what we read from both must be the same sockets.

The two are printed by different programs from different parts of the kernel, and their readers share no word.
"""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from closewait.formats import looks

WILDCARDS = pl.col("local_address", "remote_address").replace({"::": "*"})  # /proc/net/tcp6 tells no IPV6_V6ONLY
STAGE = Path(__file__).parent / "sockets_in_every_state.py"
LOOKS = 6  # a socket may send again between two commands; six times in a row, with doubling pauses, it cannot
COMMAND = f"for look in $(seq {LOOKS}); do ss -tanoe; cat /proc/net/tcp /proc/net/tcp6; ss -tanoe; done"
KEYS = ("local_address", "local_port", "remote_address", "remote_port")
EXACT = ("state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "inode", "timer", "timer_retransmits")
CLOCK_S = 1.0 + 1.0  # ss cuts to whole seconds from 10 s on; and a slow machine's moment between two commands


@pytest.fixture(scope="module")
def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sockets of the stage as /proc/net/tcp and as ss tell them, while ss told the same before and after."""
    printed = subprocess.run([sys.executable, str(STAGE), COMMAND], capture_output=True, check=True, timeout=60)
    found = [look.sockets.with_columns(WILDCARDS).sort(KEYS) for look in looks(printed.stdout, "all")]
    assert len(found) == 3 * LOOKS
    for before, kernel, after in zip(found[::3], found[1::3], found[2::3], strict=True):
        if before.select(KEYS + EXACT).equals(after.select(KEYS + EXACT)):
            return kernel, after
    raise AssertionError(f"the sockets moved during each of {LOOKS} looks")


@pytest.mark.parametrize("column", [*KEYS, *EXACT])
def test_both_tell_the_same_value(tables: tuple[pl.DataFrame, pl.DataFrame], column: str) -> None:
    """Row by row, in order of the addresses."""
    kernel, ss = tables

    assert kernel[column].to_list() == ss[column].to_list()


def test_timers_have_the_same_time_left(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Up to what ss rounds and what passes between the two."""
    kernel, ss = (table["timer_left_s"] for table in tables)

    assert kernel.is_null().to_list() == ss.is_null().to_list()
    assert (kernel - ss).abs().max() <= CLOCK_S


def test_users_are_the_same_but_of_half_open_requests(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Only /proc/net/tcp tells whose listener a request knocked at."""
    kernel, ss = (table.filter(pl.col("state") != "SYN_RECEIVED") for table in tables)

    assert kernel["uid"].to_list() == ss["uid"].to_list()
    assert set(kernel["uid"].drop_nulls()) == {0, 65534}
