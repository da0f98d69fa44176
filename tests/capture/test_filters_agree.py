"""The kernel's filtering and ours keep the same of the same real sockets, thousands of them, for any filter."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closewait import capture
from closewait.diagnosis.selection import selected
from closewait.formats.sock_diag.asked import EVERY_SOCKET, Asked
from closewait.formats.sock_diag.bytecode import LONGEST_BYTES, asked_for
from closewait.formats.sock_diag.layout import EVERY_STATE
from closewait.snapshot.filters.condition import Condition, Every, Within
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.table import Snapshot
from tests.capture.mixture import mixture
from tests.kernel_states import Namespace, namespace
from tests.snapshot.filters.conditions import about_addresses, about_states, conditions, joined

CONNECTIONS = 600

LISTEN_BIT = 1 << 10  # the kernel's number of the state, include/net/tcp_states.h

EXPRESSIONS = [
    "state=close_wait", "state=fin_wait_2,time_wait", "state!=established", "exclude listening", "state=bound,listen",
    "state connected", "lport=1-40000", "rport>40000", "rport!=0", "not sport = :80", "local=127.0.0.0/8",
    "remote=::1", "remote=::ffff:127.0.0.1", "remote=0.0.0.0/0", "remote=::/0", "remote!=::/0", "local=*",
    "( sport ge :40000 or dport lt :30000 ) src 127.0.0.0/8 state established", "lport>65535", "lport!=1-65535",
    "lport=https", "not ( not dport gt :100 and not src ::1 )",
]  # fmt: skip


@pytest.fixture(scope="module")
def ns() -> Iterator[Namespace]:
    """Sockets of every kind that stay as they are, orphans in FIN_WAIT_2 for an hour."""
    with namespace() as here:
        here.call(Path("/proc/sys/net/ipv4/tcp_fin_timeout").write_text, "3600")
        with mixture(here, CONNECTIONS):
            yield here


@pytest.fixture(scope="module")
def whole(ns: Namespace) -> Snapshot:
    """All of them."""
    return look(ns, EVERY_SOCKET)


def look(ns: Namespace, asked: Asked) -> Snapshot:
    """What the kernel tells when it is asked so."""
    seen = capture.look(netns=ns.path, holders=False, tcp_info=False, asked=asked)
    assert (seen.format, seen.sight.caveats) == ("sock_diag", ())
    return seen


def cookies(look: Snapshot) -> set[int]:
    """Which sockets are in a look; one in TIME_WAIT may end meanwhile, and is left to the others to prove."""
    return set(look.sockets.filter(pl.col("state") != "TIME_WAIT")["cookie"])


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_kernel_keeps_exactly_what_we_keep(expression: str, ns: Namespace, whole: Snapshot) -> None:
    """A filter of states, ports and addresses is wholly the kernel's."""
    condition = understood(expression.split()).condition

    assert cookies(look(ns, asked_for(condition))) == cookies(selected(whole, condition))


ports_there_are = st.sampled_from([0, 1, 80, 443, 32768, 40_000, 45_000, 50_000, 60_999, 65_535])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(joined(about_addresses(ports_there_are)), st.none() | about_states())
def test_any_filter_of_addresses_and_states_is_the_kernels(
    ns: Namespace, whole: Snapshot, addresses: Condition, states: Condition | None
) -> None:
    """However it is joined by and, or and not; states beside it become the mask."""
    condition = addresses if states is None else Every((addresses, states))

    assert cookies(look(ns, asked_for(condition))) == cookies(selected(whole, condition))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conditions(ports_there_are))
def test_what_the_kernel_leaves_out_we_would_leave_out(ns: Namespace, whole: Snapshot, condition: Condition) -> None:
    """Also where a filter is partly about what the kernel cannot decide: our own filter sees all it needs."""
    told = look(ns, asked_for(condition))

    assert cookies(selected(told, condition)) == cookies(selected(whole, condition))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conditions(ports_there_are))
def test_listeners_are_told_where_they_are_needed(ns: Namespace, whole: Snapshot, condition: Condition) -> None:
    """The holder of a waiting connection is its listener's."""
    told = look(ns, asked_for(condition, with_listeners=True))

    assert cookies(selected(told, condition)) == cookies(selected(whole, condition))
    assert told.states.get("LISTEN") == whole.states["LISTEN"]


def test_a_program_that_is_too_long_is_not_sent() -> None:
    """The kernel sends everything then, and we filter alone."""
    many = Within("local_port", tuple((port, port) for port in range(1, 65_535, 2)))

    assert asked_for(many) == Asked(EVERY_STATE, b"")
    assert len(asked_for(Within("local_port", many.spans[:100])).bytecode) <= LONGEST_BYTES


def test_a_filter_of_states_alone_needs_no_program() -> None:
    """The request has a mask for them; with listeners it has theirs too."""
    condition = understood(["state=close_wait", "uid=0"]).condition

    assert asked_for(condition) == Asked(1 << 8, b"")
    assert asked_for(condition, with_listeners=True) == Asked(1 << 8 | LISTEN_BIT, b"")


def test_a_kernel_that_cannot_filter_tells_everything(ns: Namespace, whole: Snapshot) -> None:
    """It refuses a program that it does not know with EINVAL; then it is asked for all, and by the same way."""
    nonsense = Asked(EVERY_STATE, b"\xff\xff\xff\xff")

    assert cookies(look(ns, nonsense)) == cookies(whole)
