"""A part of a look is judged as in the whole look: roles and owners stay what they were."""

import pytest

from closewait import doctor
from closewait.diagnosis.roles import settled
from closewait.diagnosis.selection import judged, lasting, selected
from closewait.snapshot.filters.condition import Every, columns_of
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import snapshot

SERVER = """
    LISTEN         0.0.0.0:80      -                  pid=7 process=app fd=3 inode=1 queue=2/128
    40 x CLOSE_WAIT 10.0.0.1:80    203.0.113.9:40001  pid=7 process=app recvq=0 age=90s
    2 x ESTABLISHED 10.0.0.1:80    203.0.113.8:50001  inode=0 recvq=10
    30 x CLOSE_WAIT 10.0.0.1:50000 198.51.100.7:80    pid=8 process=crawler recvq=0 age=90s
"""
CHARGED = ("role", "owner_kind", "owner_pid", "owner_process")

FILTERS = [
    "state=close_wait", "state=established", "remote=203.0.113.9", "lport=80 state!=listen", "role=server", "proc=app",
    "pid=8", "'age>60'", "state!=listen",
]  # fmt: skip


def condition(expression: str) -> tuple[str, ...]:
    """The words of an expression."""
    return tuple(expression.replace("'", "").split())


def charges(look: Snapshot) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Role and owner of each row, by its ends."""
    charged = settled(look)
    assert charged.charges is not None
    ends = charged.sockets.select("local_address", "local_port", "remote_address", "remote_port").rows()
    return dict(zip(ends, charged.charges.select(CHARGED).rows(), strict=True))


@pytest.mark.parametrize("expression", FILTERS)
def test_a_filter_changes_no_role_and_no_owner(expression: str) -> None:
    """Also where the listener, or the crowd that shows which end this is, is filtered away."""
    whole = snapshot(SERVER, format_name="sock_diag")
    part = judged(whole, understood(condition(expression)).condition)

    assert charges(part).items() <= charges(whole).items()
    assert part.sockets.height > 0


def test_the_holder_of_a_listener_answers_for_its_queue() -> None:
    """`proc=app` keeps the connections that nobody has accepted yet, since app must."""
    look = selected(snapshot(SERVER), understood(["proc=app", "state=established"]).condition)

    assert look.sockets.height == 2


def test_only_what_matches_is_judged() -> None:
    """The crawler's leak is not mentioned where the server's is asked for; the report says that a filter was set."""
    whole = snapshot(SERVER)
    both = doctor.examine(lambda: whole)
    one = doctor.examine(lambda: judged(whole, understood(["lport=80"]).condition))

    assert {finding.owner.process for finding in both.findings if finding.owner} == {"app", "crawler"}
    assert {finding.owner.process for finding in one.findings if finding.owner} == {"app"}
    assert "43 of 73 sockets" in one.snapshot.sight.caveats[-1]


def test_without_a_filter_nothing_changes() -> None:
    """The very same look."""
    look = snapshot(SERVER)

    assert judged(look, Every(())) is look


def test_a_filter_for_what_passes_does_not_hide_the_earlier_look() -> None:
    """A socket that is older than a minute now was younger before, and has stayed all the same."""
    before = snapshot(SERVER.replace("age=90s", "age=50s"), taken_at_unix_s=1000.0)
    after = snapshot(SERVER, taken_at_unix_s=1040.0)
    wanted = understood(["age>60", "lport=80"]).condition
    earlier = Timeline((judged(before, lasting(wanted)),))
    report = doctor.examine(lambda: judged(after, wanted), earlier=earlier)
    unfiltered = doctor.examine(lambda: after, earlier=Timeline((before,)))

    assert columns_of(lasting(wanted)) == {"local_port"}
    assert report.findings[0].certainty == unfiltered.findings[0].certainty == "certain"


def test_a_summary_is_filtered_by_state() -> None:
    """It tells nothing else, and says so when it is asked for more."""
    summary = Snapshot.of_columns({}, kind="counts", told_states={"LISTEN": 3, "CLOSE_WAIT": 9, "NONE": 1})

    assert selected(summary, understood(["state=close_wait"]).condition).states == {"CLOSE_WAIT": 9}
    assert selected(summary, understood(["state!=listen"]).condition).states == {"CLOSE_WAIT": 9, "NONE": 1}
    by_port = selected(summary, understood(["lport=80"]).condition)
    assert (by_port.states, len(by_port.sight.caveats)) == ({}, 1)
