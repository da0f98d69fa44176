"""Laws that hold for every rule, whatever the sockets are."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from closewait import doctor
from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.report import Report
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import snapshot

STATES = ("LISTEN", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT", "LAST_ACK", "SYN_RECEIVED")
HOLDERS = ("pid=7 process=app", "pid=8 process=app", "pid=9 process=nginx", "inode=0", "")


@st.composite
def socket_line(draw: st.DrawFn, states: tuple[str, ...] = STATES) -> str:
    """One line of the row language, a repetition of up to forty sockets."""
    state = draw(st.sampled_from(states))
    times = draw(st.integers(1, 40))
    server = draw(st.booleans())
    local, remote = ("10.0.0.1:80", "203.0.113.9:40001") if server else ("10.0.0.1:50001", "10.0.0.9:5432")
    holder = draw(st.sampled_from(HOLDERS))
    unread = draw(st.sampled_from(("", "recvq=0", "recvq=1", "recvq=25", "recvq=313")))
    age = draw(st.sampled_from(("", "age=3ms", "age=20s", "age=2min", "age=5h", "age=1s..2h")))
    if state == "LISTEN":
        return f"LISTEN 0.0.0.0:80 - {holder if holder != 'inode=0' else ''} queue=0/128"
    return f"{times} x {state} {local} {remote} {holder} {unread} {age}"


def socket_lines(*, states: tuple[str, ...] = STATES, min_size: int = 1) -> st.SearchStrategy[list[str]]:
    """Several lines, no two of which tell the same socket."""
    return st.lists(socket_line(states), min_size=min_size, max_size=6).map(apart)


def apart(lines: list[str]) -> list[str]:
    """The lines with ephemeral ports of their own."""
    return [
        line.replace(":40001", f":{40001 + 100 * n}").replace(":50001", f":{50001 + 100 * n}")
        for n, line in enumerate(lines)
    ]


def examined(look: Snapshot) -> Report:
    """The report on one look."""
    return doctor.examine(lambda: look)


def essence(finding: Finding) -> tuple[object, ...]:
    """A finding without the row numbers of its evidence."""
    return (
        finding.rule,
        finding.severity,
        finding.certainty,
        finding.sockets,
        finding.says,
        frozenset(finding.because),
    )


@settings(max_examples=60, deadline=None)
@given(lines=socket_lines(), seed=st.integers(0, 1000))
def test_rules_are_deaf_to_row_order(lines: list[str], seed: int) -> None:
    """Shuffling the rows of a dump changes no finding."""
    look = snapshot("\n".join(lines))
    order = list(range(look.sockets.height))
    random.Random(seed).shuffle(order)
    shuffled = Snapshot(sockets=look.sockets[order], sight=look.sight, format=look.format)

    assert Counter(map(essence, examined(shuffled).findings)) == Counter(map(essence, examined(look).findings))


@settings(max_examples=60, deadline=None)
@given(lines=socket_lines())
def test_no_socket_is_counted_twice_or_lost(lines: list[str]) -> None:
    """The groups part the sockets: their counts add up to the table, and so do the kinds of CLOSE_WAIT."""
    look = snapshot("\n".join(lines))
    groups = Case(Timeline((look,))).groups

    assert sum(group.sockets for group in groups) == look.sockets.height
    assert sum(group.close_wait for group in groups) == look.states.get("CLOSE_WAIT", 0)
    for group in groups:
        assert group.standing == group.read + group.unread + group.queue_not_told


@settings(max_examples=60, deadline=None)
@given(lines=socket_lines(states=("LISTEN", "ESTABLISHED", "LAST_ACK"), min_size=0))
def test_without_close_wait_or_scarcity_nobody_is_accused(lines: list[str]) -> None:
    """Open and orderly closing connections, few of them to one place, are healthy."""
    lines = [line for line in lines if "inode=0" not in line]

    assert examined(snapshot("\n".join(lines))).severity is Severity.BENIGN


@settings(max_examples=60, deadline=None)
@given(lines=socket_lines())
def test_every_accusation_shows_evidence_doubt_and_a_check(lines: list[str]) -> None:
    """A finding above benign says why, what would refute it or that a second look settles it, and how to check."""
    for finding in examined(snapshot("\n".join(lines))).findings:
        if finding.severity is not Severity.BENIGN:
            assert finding.because
            assert finding.next
            assert finding.doubt or finding.second_look
            assert finding.check_with or finding.rule == "insufficient-evidence"


@settings(max_examples=40, deadline=None)
@given(lines=socket_lines())
def test_the_same_look_twice_accuses_no_more_groups(lines: list[str]) -> None:
    """A second look at unchanged passing traffic is proof of persistence, never of something new."""
    look = snapshot("\n".join(lines), taken_at_unix_s=1000.0)
    later = snapshot("\n".join(lines), taken_at_unix_s=1030.0)
    twice = doctor.examine(lambda: later, earlier=Timeline((look,)))

    assert all(finding.certainty == "certain" for finding in twice.findings if finding.rule == "leaked-close-wait")
