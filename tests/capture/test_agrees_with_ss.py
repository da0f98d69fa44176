"""Every column that `ss` shows too says the same about the same sockets, thousands of them, of every kind.

What ss shows must lie between what two looks show, one before and one after it: so a clock may run on in between, and
nothing needs a tolerance.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from closewait import capture
from closewait.snapshot.table import Snapshot
from tests.capture import ss_rows
from tests.capture.mixture import Mixture, mixture
from tests.kernel_states import namespace

SOCKETS = 5_000
ROWS_OF_A_CONNECTION = 15 / 8  # TIME_WAIT has one row, all others two

TCP_INFO_OF_A_LISTENER = {"congestion_window_segments", "unacked_segments"}  # not about a connection: null here
SHOWN_ONLY_WHEN_NOT_0 = {column for column, _ in ss_rows.NUMBERS.values()} | {"rtt_us", "retransmitted_segments"}

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]


@pytest.fixture(scope="module")
def looks() -> Iterator[tuple[Snapshot, str, Snapshot, Mixture]]:
    """A look, what ss prints, another look, and what was made."""
    with namespace() as ns, mixture(ns, int(SOCKETS / ROWS_OF_A_CONNECTION)) as made:
        before = capture.look(netns=ns.path)
        printed = ns.run(*ss_rows.COMMAND)
        yield before, printed, capture.look(netns=ns.path), made


def by_ends(rows: Iterator[Row] | list[Row]) -> Rows:
    """The rows by both ends, which no two sockets share."""
    return {
        tuple(row[f"{side}_{what}"] for side in ("local", "remote") for what in ("address", "port")): row
        for row in rows
    }


def with_holders(look: Snapshot) -> list[Row]:
    """The rows of a look, each with its holders as ss lists them."""
    rows = [{**row, "holders": []} for row in look.sockets.iter_rows(named=True)]
    for socket, pid, process, fd in look.holders.iter_rows():
        rows[socket]["holders"].append((pid, fd, process))
    return rows


def at_rest(shown: Rows, earlier: Rows, later: Rows) -> Rows:
    """What ss shows of sockets that sent and received nothing between the two looks, so that no clock began anew."""
    counters = ("segments_in", "segments_out")
    return {
        ends: row
        for ends, row in shown.items()
        if all(earlier[ends][count] == later[ends][count] for count in counters)
    }


def disagreement(column: str, shown: Any, earlier: Any, later: Any) -> bool:
    """Whether ss shows something that is not between the two looks."""
    if column == "timer_left_s":
        least_s, greatest_s = ss_rows.seconds(shown)
        return not (greatest_s >= min(earlier, later) and least_s <= max(earlier, later))
    if isinstance(shown, int) and earlier is not None and later is not None:
        return not min(earlier, later) <= shown <= max(earlier, later)
    return shown not in (earlier, later)


def test_every_column_that_ss_shows_agrees(looks: tuple[Snapshot, str, Snapshot, Mixture]) -> None:
    """Addresses, queues, holders, timers, users, inodes, cookies, directions closed, and tcp_info."""
    before, printed, after, _ = looks
    earlier, later, shown = by_ends(with_holders(before)), by_ends(with_holders(after)), by_ends(ss_rows.rows(printed))
    resting = at_rest(shown, earlier, later)
    differing = [
        (column, value, earlier[ends][column], later[ends][column], ends)
        for ends, row in resting.items()
        for column, value in row.items()
        if column in earlier[ends]
        and not (row["state"] == "LISTEN" and column in TCP_INFO_OF_A_LISTENER)
        and disagreement(column, value, earlier[ends][column], later[ends][column])
    ]

    assert differing == []
    assert len(resting) >= SOCKETS * 0.95


def test_what_ss_leaves_out_is_0_or_null(looks: tuple[Snapshot, str, Snapshot, Mixture]) -> None:
    """ss prints no number that is 0; where it prints none, we have none either."""
    before, printed, after, _ = looks
    earlier, later, shown = by_ends(with_holders(before)), by_ends(with_holders(after)), by_ends(ss_rows.rows(printed))
    invented = [
        (column, earlier[ends][column], ends)
        for ends, row in at_rest(shown, earlier, later).items()
        for column in SHOWN_ONLY_WHEN_NOT_0 - row.keys()
        if earlier[ends][column] and later[ends][column]
    ]

    assert invented == []


def test_only_bound_ports_are_beyond_ss(looks: tuple[Snapshot, str, Snapshot, Mixture]) -> None:
    """iproute2 6.1 does not ask for sockets that only took a port; everything else it lists, and so do we."""
    before, printed, _, _ = looks
    ours, shown = by_ends(with_holders(before)), by_ends(ss_rows.rows(printed))

    assert {ours[ends]["state"] for ends in ours.keys() - shown.keys()} == {"BOUND"}
    assert shown.keys() - ours.keys() == set()


def test_the_mixture_is_one(looks: tuple[Snapshot, str, Snapshot, Mixture]) -> None:
    """The agreement above is about sockets of every kind: otherwise it would prove little."""
    sockets = looks[0].sockets

    assert {"ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT", "LISTEN", "BOUND"} <= set(looks[0].states)
    assert {"tcp", "tcp6"} == set(sockets["protocol"])
    assert {"off", "keepalive", "time_wait"} <= set(sockets["timer"])
    assert any(address.startswith("::ffff:") for address in sockets["local_address"])
    assert {"127.0.0.1", "::1", "::", "*", "0.0.0.0"} <= set(sockets["local_address"])
    assert sockets["accept_queue_conns"].max() == 3
    assert sockets["interface"].drop_nulls().unique().to_list() == ["lo"]
    assert sockets.filter(state="CLOSE_WAIT", inode=0).height == 1
    assert {"none", "receive", "send"} <= set(sockets["shutdown"])


def test_a_socket_that_two_processes_share_has_two_holders(
    looks: tuple[Snapshot, str, Snapshot, Mixture],
) -> None:
    """Both are listed; beside the socket stands the one with the lower process id."""
    look, _, _, made = looks
    shared = [row for row in with_holders(look) if row["inode"] in made.shared]

    assert len(shared) == len(made.shared)
    for row in shared:
        pids = [pid for pid, _, _ in row["holders"]]
        assert len(pids) == 2
        assert made.sharer in pids
        assert row["pid"] == min(pids)
