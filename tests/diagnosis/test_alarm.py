"""Ranges as monitoring plugins know them, and the gauges they are held against."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.diagnosis.alarm import Status, alarms_of, outcome, range_of
from closewait.diagnosis.gauges import Gauge
from closewait.errors import BadUsage

GAUGES = (
    Gauge("sockets", ("CLOSE_WAIT",), 300),
    Gauge("sockets", ("TIME_WAIT",), 9000),
    Gauge("descriptors", ("7", "java"), 90, 100),
    Gauge("descriptors", ("8", "nginx"), 400, 1000),
    Gauge("finding_sockets", ("leaked-close-wait",), 300),
    Gauge("tcp_memory_pages", (), 5),
)


@pytest.mark.parametrize(
    ("text", "calm", "alarming"),
    [
        ("10", (0, 3.5, 10), (-1, 10.5, 11)),
        ("10:", (10, 1e9), (9, -1)),
        ("~:10", (-1e9, 10), (11,)),
        ("10:20", (10, 20), (9, 21)),
        ("@10:20", (9, 21), (10, 15, 20)),
        ("-5:-2.5", (-5, -2.5), (-6, 0)),
        ("0", (0,), (1,)),
        ("~:", (-1e9, 0, 1e9), ()),
    ],
)
def test_ranges_of_the_guidelines(text: str, calm: tuple[float, ...], alarming: tuple[float, ...]) -> None:
    """The table of the Monitoring Plugins Development Guidelines, with its ends."""
    limits = range_of(text)

    assert [value for value in (*calm, *alarming) if limits.alarms(value)] == list(alarming)


@pytest.mark.parametrize("text", ["", "@", "%", ":", "20:10", "ten", "10:20:30", "1e5", "10 ", "nan", "9" * 40])
def test_no_range(text: str) -> None:
    """What is none is told, with how to write one."""
    with pytest.raises(BadUsage, match="range"):
        range_of(text)


@given(st.text(alphabet="@~:-.%0123456789x ", max_size=12), st.floats(allow_nan=False))
def test_any_text_is_a_range_or_bad_usage(text: str, value: float) -> None:
    """And inside is what is not outside."""
    try:
        limits = range_of(text)
    except BadUsage:
        return
    if not text.startswith("@"):
        assert range_of("@" + text).alarms(value) is not limits.alarms(value)
    assert limits.low <= limits.high


def judged(*, warn: str = "", crit: str = "", all_told: bool = True) -> tuple[Status, Gauge | None]:
    """The status of one alarm, and the gauge that decided."""
    (alarm,) = alarms_of([warn] if warn else [], [crit] if crit else [])
    found = outcome(alarm, GAUGES, all_told=all_told)
    return found.status, found.worst


@pytest.mark.parametrize("name", ["close_wait", "CLOSE-WAIT", "CloseWait"])
def test_a_state_has_any_spelling(name: str) -> None:
    """People write it as their tools do."""
    assert judged(warn=f"{name}=100", crit=f"{name}=1000") == (Status.WARNING, GAUGES[0])
    assert judged(crit=f"{name}=299") == (Status.CRITICAL, GAUGES[0])
    assert judged(warn=f"{name}=300") == (Status.OK, GAUGES[0])


@pytest.mark.parametrize(
    ("warn", "crit", "name"),
    [
        ("close_wait=1", "CLOSE-WAIT=5", "CLOSE_WAIT"),
        ("leaked_close_wait=1", "leaked-close-wait=5", "leaked-close-wait"),
        ("closewait_descriptors=1", "descriptors=5", "descriptors"),
    ],
)
def test_two_spellings_are_one_alarm(warn: str, crit: str, name: str) -> None:
    """With both its ranges: two of one name would be two series of one graph."""
    (alarm,) = alarms_of([warn], [crit])

    assert (alarm.name, alarm.warn, alarm.crit) == (name, range_of("1"), range_of("5"))


@pytest.mark.parametrize("words", [["close_wait=1", "close_wait=2"], ["close_wait=1", "CLOSE-WAIT=1"]])
def test_two_ranges_of_one_kind(words: list[str]) -> None:
    """Neither is left out silently."""
    for warn, crit in ((words, []), ([], words)):
        with pytest.raises(BadUsage, match="has two ranges"):
            alarms_of(warn, crit)


def test_the_worst_of_many_counts() -> None:
    """nginx has more descriptors, java is closer to its limit."""
    assert judged(warn="descriptors=100") == (Status.WARNING, GAUGES[3])
    assert judged(warn="descriptors=80%", crit="descriptors=95%") == (Status.WARNING, GAUGES[2])


def test_a_rule_means_its_sockets() -> None:
    """With hyphens or underscores."""
    assert judged(crit="leaked_close_wait=0") == judged(crit="leaked-close-wait=0") == (Status.CRITICAL, GAUGES[4])


def test_what_is_not_told_is_not_known() -> None:
    """Unless the look tells everything there is; and a share needs its wall."""
    assert judged(warn="orphans=5", all_told=False) == (Status.UNKNOWN, None)
    assert judged(warn="orphans=5") == (Status.OK, None)
    assert judged(warn="tcp_memory_pages=50%") == (Status.UNKNOWN, GAUGES[5])


def test_a_certain_alarm_outweighs_what_is_not_known() -> None:
    """A daemon that reads UNKNOWN does not wake anybody."""
    assert sorted(Status, key=lambda status: status.badness)[-1] is Status.CRITICAL
    assert Status.OK.badness < Status.UNKNOWN.badness < Status.WARNING.badness


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("100", "does not say of what"),
        ("closed_sometimes=1", "nothing called 'closed_sometimes'"),
        ("sockets=80%", "has no wall"),
        ("looks=1", "nothing called"),
    ],
)
def test_what_cannot_be_watched(word: str, says: str) -> None:
    """The message says what can."""
    with pytest.raises(BadUsage, match=says):
        alarms_of([word], [])


def test_shares_and_numbers_do_not_mix() -> None:
    """One line cannot show both."""
    with pytest.raises(BadUsage, match="both with %, or neither"):
        alarms_of(["descriptors=100"], ["descriptors=95%"])
