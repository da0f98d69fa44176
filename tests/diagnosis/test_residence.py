"""A finding tells where its owner runs and as whom, in text and in JSON, and filters find it there."""

import json
from dataclasses import replace

import pytest

from closewait import doctor
from closewait.diagnosis.selection import selected
from closewait.formats.service_names import SERVICE_PORTS
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot
from closewait.views.as_json import report_as_json
from closewait.views.as_text import as_text

ID = "3f2a6c1b9d0e" + "0123456789abcdef" * 3 + "0123"
SOCKETS = """
    LISTEN          0.0.0.0:80   -                 pid=7 process=java queue=1/128
    40 x CLOSE_WAIT 10.0.0.1:80  203.0.113.9:40001 pid=7 process=java recvq=0 age=90s
    CLOSE_WAIT      10.0.0.1:80  203.0.113.9:51001 inode=0 recvq=1
    LISTEN          0.0.0.0:81   -                 pid=8 process=node
    ESTABLISHED     10.0.0.1:81  203.0.113.9:52001 holders=8,9 process=node
"""
PROCESSES = f"""
    pid=7 process=java unit=tomcat9.service user=tomcat cgroup=/system.slice/tomcat9.service
    pid=8 process=node container={ID} container_runtime=docker cgroup=/docker/{ID}
    pid=9 process=node unit=cron.service cgroup=/system.slice/cron.service
"""
LOOK = snapshot(SOCKETS, processes=PROCESSES)


def leak(processes: str) -> Snapshot:
    """Forty sockets that process 7 has not closed."""
    return snapshot(SOCKETS, processes=processes)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("unit=tomcat9.service user=tomcat", "java[7], unit tomcat9.service, user tomcat"),
        (f"container={ID} container_runtime=docker", "java[7], container 3f2a6c1b9d0e (docker)"),
        (f"container={ID} pod_uid=8f3c", "java[7], container 3f2a6c1b9d0e, pod 8f3c"),
        ("user='a\x1b[2Jb' unit='\u202ex.service'", r"java[7], unit \u202ex.service, user a\x1b[2Jb"),
        ("", "java[7]"),
    ],
)
def test_the_owner_is_said_with_where_it_runs(told: str, said: str) -> None:
    """What is not known is not mentioned; what could steer the terminal is written out."""
    report = doctor.examine(lambda: leak(f"pid=7 process=java {told}"))

    assert f"the local program's, {said}\n" in as_text(report, width=200)


def test_json_has_every_fact() -> None:
    """The whole id, and null for what is in none."""
    (finding, *_) = json.loads(report_as_json(doctor.examine(lambda: LOOK)))["findings"]

    assert finding["owner"] == {
        "pid": 7, "process": "java", "user": "tomcat", "unit": "tomcat9.service",
        "container": None, "container_runtime": None, "pod_uid": None,
    }  # fmt: skip
    assert finding["owners"][0]["unit"] == "tomcat9.service"


def test_a_dump_may_tell_it_beside_the_socket() -> None:
    """As `ss -e` tells the control group."""
    look = leak("")
    columns = {name: look.sockets[name].to_list() for name in look.sockets.columns}
    columns["cgroup"] = ["/system.slice/tomcat9.service"] * look.sockets.height
    told = replace(look, sockets=Snapshot.of_columns(columns).sockets)

    (finding, *_) = doctor.examine(lambda: told).findings

    assert finding.owner is not None
    assert finding.owner.unit == "tomcat9.service"


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("unit=tomcat9", 42),  # with the connection that waits to be accepted
        ("unit=tomcat9.service state=listen", 1),
        ("unit=cron", 1),  # a second holder
        ("unit!=tomcat9", 2),
        (f"container={ID}", 2),
        ("container=3f2a6c1b9d0e", 2),
        ("container=tomcat9", 42),
        ("unit=nginx", 0),
    ],
)
def test_filters_ask_the_processes(words: str, rows: int) -> None:
    """Where no socket tells its control group, whoever holds it or answers for it does."""
    kept = selected(LOOK, understood(words.split(), SERVICE_PORTS).condition)

    assert kept.sockets.height == rows
    assert kept.sight.caveats == ()
