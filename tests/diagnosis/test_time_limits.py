"""A relay's own time limits say whether the ages of its half-closed sessions are as configured."""

from closewait import doctor
from closewait.diagnosis.finding import Finding
from closewait.snapshot.evidence import Evidence, Timeout
from closewait.testing import snapshot

HALF_CLOSED = """
    LISTEN          0.0.0.0:443     -                  pid=3 process=haproxy queue=0/128
    20 x CLOSE_WAIT 10.0.0.1:443    203.0.113.9:50001  pid=3 process=haproxy recvq=0 age=2h
    20 x FIN_WAIT_2 10.0.0.1:40001  10.0.0.9:80        pid=3 process=haproxy recvq=0 age=2h
"""


def found(*timeouts: Timeout) -> Finding:
    """The first finding about sessions that are half closed for two hours."""
    look = snapshot(HALF_CLOSED).with_evidence(Evidence(timeouts=timeouts))
    return doctor.examine(lambda: look).findings[0]


def test_below_the_configured_limit_it_works_as_configured() -> None:
    """Two hours of twelve: nobody is at fault."""
    finding = found(Timeout("haproxy.cfg", "timeout tunnel", 43200.0), Timeout("haproxy.cfg", "timeout client", 60.0))

    assert (finding.rule, finding.severity.value) == ("proxy-half-close", "benign")
    assert any("works as configured" in fact and "12 h" in fact for fact in finding.because)


def test_beyond_the_configured_limit_it_is_a_fault() -> None:
    """Two hours where one is the most that was configured."""
    finding = found(Timeout("haproxy.cfg", "timeout tunnel", 3600.0))

    assert (finding.rule, finding.severity.value) == ("proxy-half-close", "warning")
    assert any("timeout tunnel 1 h" in fact for fact in finding.because)


def test_where_no_limit_is_told_age_alone_decides() -> None:
    """Without a configuration two hours are too long."""
    assert found().severity.value == "warning"
