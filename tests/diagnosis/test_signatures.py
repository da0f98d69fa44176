"""A time limit told by a program's configuration explains a silence before any well-known one does."""

from dataclasses import replace

from closewait import doctor
from closewait.snapshot.evidence import Evidence, Timeout
from closewait.testing import snapshot

CLOSED_AFTER_A_MINUTE = """
    4 x CLOSE_WAIT 10.0.0.1:40001  10.0.0.9:443  pid=5 process=app recvq=1 age=5min  sent_ms=360000 received_ms=360000
"""
CLOSED_AT_OTHER_TIMES = """
    CLOSE_WAIT 10.0.0.1:40001  10.0.0.9:443  pid=5 process=app recvq=1 age=5min  sent_ms=360000 received_ms=360000
    CLOSE_WAIT 10.0.0.1:40002  10.0.0.9:443  pid=5 process=app recvq=1 age=5min  sent_ms=390000 received_ms=390000
"""
AGES_IN_BOUNDS = """
    4 x CLOSE_WAIT 10.0.0.1:40001  10.0.0.9:443  pid=5 process=app recvq=1 age=1min..6min  sent_ms=360000 ack_ms=60000
"""


def silence(lines: str, *timeouts: Timeout) -> str:
    """What the finding about these sockets says of the silence before they were closed."""
    look = replace(snapshot(lines), evidence=Evidence(timeouts=timeouts))
    (finding,) = doctor.examine(lambda: look).findings
    return "\n".join(fact for fact in finding.because if "silence" in fact)


def test_a_configured_limit_is_named_with_its_file() -> None:
    """The one that is as long as the silence, and no other."""
    told = silence(
        CLOSED_AFTER_A_MINUTE,
        Timeout("haproxy.cfg", "timeout server", 60),
        Timeout("haproxy.cfg", "timeout tunnel", 99),
    )

    assert told == "the other end closed each after 1 min of silence, the limit of timeout server (haproxy.cfg)"


def test_without_one_the_well_known_are_named() -> None:
    """As a comparison: many programs have the same limit."""
    assert silence(CLOSED_AFTER_A_MINUTE).startswith("the other end closed each after 1 min of silence, as an AWS")


def test_no_limit_is_read_into_different_silences() -> None:
    """Connections closed after different silences were closed by somebody who had done with them."""
    assert silence(CLOSED_AT_OTHER_TIMES) == ""


def test_no_limit_is_read_into_ages_that_are_bounds() -> None:
    """Where the time of the FIN is not known, neither is the silence before it."""
    assert silence(AGES_IN_BOUNDS) == ""
