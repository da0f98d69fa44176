"""What a monitoring daemon reads."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from closewait import doctor
from closewait.diagnosis.alarm import alarms_of, outcome
from closewait.diagnosis.gauges import gauges_of
from closewait.snapshot.host import Host
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot
from closewait.views.as_plugin import Check, as_plugin, check_as_json
from closewait.views.plugin_line import plain
from closewait.views.visible import visible

#: Monitoring Plugins Development Guidelines, "Performance data".
PERFDATA = re.compile(r"'?[^'=|]+'?=(U|-?[\d.]+(s|%|B|c)?)(;[@~:\d.-]*(;[@~:\d.-]*(;-?[\d.]*(;-?[\d.]*)?)?)?)?")

LEAK = """
    LISTEN         0.0.0.0:443  -                  pid=7 process=java queue=0/128
    200 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001  pid=7 process=java recvq=0 age=2h
"""
HEALTH = "3 x ESTABLISHED 10.0.0.1:443 203.0.113.9:50001 pid=7 process=java"


def check(look: Snapshot, *, warn: str = "", crit: str = "") -> Check:
    """A look held against alarms."""
    report = doctor.examine(lambda: look)
    gauges = gauges_of(report)
    alarms = alarms_of(warn.split(), crit.split())
    return Check(report, gauges, tuple(outcome(alarm, gauges, all_told=True) for alarm in alarms))


def parts(text: str) -> tuple[str, list[str], list[str]]:
    """The first line's text, its numbers, and the further lines."""
    first, *further = text.split("\n")
    said, numbers = first.split(" | ")
    return said, numbers.split(" "), further


def test_without_alarms_the_worst_finding_decides() -> None:
    """Its sentence is what a pager shows."""
    said, numbers, further = parts(as_plugin(check(snapshot(LEAK))))

    assert said.startswith("CLOSEWAIT WARNING - leaked-close-wait: java[7] ")
    assert {"CLOSE_WAIT=200;;;0", "TIME_WAIT=0;;;0", "warning_findings=1;;;0"} <= set(numbers)
    assert further[0].startswith("WARNING leaked-close-wait (P101): java[7] ")


def test_health() -> None:
    """One line, and the numbers."""
    said, numbers, further = parts(as_plugin(check(snapshot(HEALTH))))

    assert said == "CLOSEWAIT OK - 3 sockets, nothing that somebody has to see to"
    assert "ESTABLISHED=3;;;0" in numbers
    assert further == []


def test_alarms_decide_where_there_are_any() -> None:
    """The worst stands first; each that rings is told with its limits, each finding below."""
    look = snapshot(LEAK, processes="pid=7 process=java descriptors=970/1000")
    told = check(look, warn="close_wait=100 descriptors=80% time_wait=10", crit="descriptors=95%")
    said, numbers, further = parts(as_plugin(told))

    assert said == (
        "CLOSEWAIT CRITICAL - descriptors 970 of 1,000, 97 % for java[7] (may be 95%), CLOSE_WAIT 200 (may be 100)"
    )
    assert numbers[:3] == ["CLOSE_WAIT=200;100;;0", "descriptors=97%;80;95;0;100", "TIME_WAIT=0;10;;0"]
    assert "CRITICAL descriptors 970 of 1,000, 97 % for java[7]" in further


def test_every_digit_is_told() -> None:
    """Of large numbers, too: what is cut here is a step in a graph."""
    look = Snapshot.of_columns({}, kind="counts", told_states={"TIME_WAIT": 12_345_678, "CLOSE_WAIT": 1_234_567})
    host = Host(conntrack_flows=10_485_769, conntrack_limit=2**63)
    _, numbers, _ = parts(as_plugin(check(look, warn="close_wait=5")))
    said, of_the_host, _ = parts(as_plugin(check(snapshot(HEALTH, host=host), warn="conntrack_flows=1")))
    _, share, _ = parts(as_plugin(check(snapshot(HEALTH, host=Host(orphans=1, max_orphans=3)), warn="orphans=90%")))

    assert {"CLOSE_WAIT=1234567;5;;0", "TIME_WAIT=12345678;;;0"} <= set(numbers)
    assert "conntrack_flows 10,485,769 of 9,223,372,036,854,775,808 " in said
    assert of_the_host[0] == "conntrack_flows=10485769;1;;0;9223372036854775808"
    assert share[0] == "orphans=33.333333%;90;;0;100"


def test_alarms_that_are_silent() -> None:
    """All are named, so that one sees that they were looked at; a finding does not change the answer."""
    said, _, further = parts(as_plugin(check(snapshot(LEAK), warn="close_wait=1000 descriptors=80%")))

    assert said == "CLOSEWAIT OK - CLOSE_WAIT 200, descriptors none"
    assert "leaked-close-wait" in "".join(further)


@pytest.mark.parametrize("alarms", ["", "close_wait=1 process_sockets=1"])
@settings(max_examples=25)
@given(name=st.text(min_size=1, max_size=30))
@example(name="|=1;2\n\x1b[2J\u202e")
def test_no_name_breaks_the_lines(alarms: str, name: str) -> None:
    """Whatever a process calls itself: one bar, as many lines as without it, numbers that are numbers."""
    look = snapshot(LEAK.replace("200 x", "3 x"))
    hostile = Snapshot.of_columns(
        {**look.sockets.to_dict(as_series=False), "process": [name] * look.sockets.height}, sight=look.sight
    )
    told = as_plugin(check(hostile, warn=alarms))
    _, numbers, _ = parts(told)

    assert told.count("|") == 1
    assert told.count("\n") == as_plugin(check(look, warn=alarms)).count("\n")
    assert [line for line in told.split("\n") if visible(line) != line] == []
    assert [number for number in numbers if not PERFDATA.fullmatch(number)] == []


def test_a_line_has_an_end() -> None:
    """Daemons cut what is too long, and with it the numbers."""
    assert len(plain("x" * 10_000)) == 500


def test_json() -> None:
    """The same for programs."""
    told = json.loads(check_as_json(check(snapshot(LEAK), warn="close_wait=100", crit="persisting_close_wait=10")))

    assert (told["status"], told["exit_status"]) == ("CRITICAL", 2)
    assert told["alarms"][0] == {
        "name": "CLOSE_WAIT", "status": "WARNING", "value": 200, "limit": None, "share_percent": None,
        "labels": {"state": "CLOSE_WAIT"}, "warn": "100", "crit": None,
        "out_of_range": [{"labels": {"state": "CLOSE_WAIT"}, "value": 200}],
    }  # fmt: skip
    assert told["alarms"][1]["labels"] == {"pid": "7", "process": "java"}
    assert [finding["rule"] for finding in told["findings"]] == ["leaked-close-wait"]
