"""What a watch tells of its findings: what is new, what has changed, what is gone."""

from dataclasses import replace

from closewait import doctor
from closewait.diagnosis.changes import NOTHING_STANDS, Change, Standing
from closewait.diagnosis.finding import Finding, Severity
from closewait.testing import snapshot


def leak(sockets: int = 20) -> Finding:
    """A finding about java."""
    look = snapshot(f"""
        LISTEN                0.0.0.0:443  -                  pid=7 process=java queue=0/128
        {sockets} x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001  pid=7 process=java recvq=0 age=10min
    """)
    (found,) = doctor.examine(lambda: look).findings
    return found


def watched(*looks: list[Finding]) -> tuple[list[Change], Standing]:
    """What is told over looks a second apart, the first at 100 s, and what stands in the end."""
    standing, told = NOTHING_STANDS, []
    for at_s, findings in enumerate(looks, start=100):
        standing, changes = standing.after(findings, at_s)
        told += changes
    return told, standing


def kinds(*looks: list[Finding]) -> list[str]:
    """Only which changes."""
    return [change.kind for change in watched(*looks)[0]]


def test_a_finding_is_told_once() -> None:
    """Not at every look that shows it."""
    assert kinds([leak()], [leak()], [leak(21)]) == ["opened"]


def test_it_is_told_again_when_it_has_grown() -> None:
    """By half and by a pile; measured against what was told, so that a slow leak is told too."""
    assert kinds(*([leak(sockets)] for sockets in range(20, 61))) == ["opened", "grew", "grew"]
    assert kinds([leak(2)], [leak(4)]) == ["opened"]


def test_severity_counts_more_than_size() -> None:
    """Worse and better are changes of their own."""
    worse = replace(leak(), severity=Severity.CRITICAL)
    better = replace(leak(), severity=Severity.WARNING)

    assert kinds([better], [worse], [better]) == ["opened", "worsened", "eased"]


def test_it_is_resolved_when_it_was_missing_twice() -> None:
    """The time is of the first look without it."""
    (_, gone), standing = watched([leak()], [leak()], [], [])

    assert (gone.kind, gone.since_unix_s, gone.at_unix_s, gone.lasted_s) == ("resolved", 100, 102, 2)
    assert standing == NOTHING_STANDS


def test_one_look_that_misses_it_changes_nothing() -> None:
    """It may be seen in the next again."""
    assert kinds([leak()], [], [leak()], []) == ["opened"]


def test_benign_is_none() -> None:
    """What needs nobody opens nothing, and a finding that has become benign is resolved."""
    benign = replace(leak(), severity=Severity.BENIGN)

    assert kinds([benign]) == []
    assert kinds([leak()], [benign], [benign]) == ["opened", "resolved"]


def test_what_a_look_cannot_tell_is_not_resolved() -> None:
    """It stands as it was, until a look can tell."""
    undecided = replace(leak(), rule="insufficient-evidence", severity=Severity.BENIGN)

    assert kinds([leak()], [undecided], [undecided], [undecided], [leak()]) == ["opened"]
    assert kinds([leak()], [undecided], [], []) == ["opened", "resolved"]
    assert kinds([leak()], *[[replace(undecided, role="client")]] * 2) == ["opened", "resolved"]


def test_a_key_is_the_same_for_all_changes_of_a_finding() -> None:
    """And another for another place."""
    told, _ = watched([leak(20)], [leak(200)], [], [])
    elsewhere, _ = watched([replace(leak(), found_in="netns:b")])

    assert len({change.key for change in told}) == 1
    assert told[0].key == "leaked-close-wait java server - -"
    assert elsewhere[0].key != told[0].key
