"""A look at rest is one in which no rule finds anything: the short way and the long way give the same answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait import doctor
from closewait.diagnosis.rest import at_rest
from closewait.snapshot.evidence import Evidence, Remark
from closewait.snapshot.host import Host
from closewait.testing import snapshot
from tests.diagnosis.test_literate import PAGES, examples

LISTENER = "LISTEN 0.0.0.0:80 - pid=7 process=app queue=0/128 inode=70"
IN_USE = "pid=7 process=app inode=71 recvq=0 sendq=0 sent_ms=20 received_ms=30 ack_ms=20"
SERVED = f"ESTABLISHED 10.0.0.1:80 203.0.113.9:40001 {IN_USE}"
CALLING = f"ESTABLISHED 10.0.0.1:50001 198.51.100.7:5432 {IN_USE}"
ROOM = Host(system="Linux", port_range=(32768, 60999), conntrack_flows=10, conntrack_limit=1000, max_orphans=4096)

fields = st.sampled_from([
    "pid=7 process=app", "pid=8 process=nginx", "", "inode=71", "inode=0", "recvq=0 sendq=0", "recvq=9 sendq=0",
    "recvq=0 sendq=7", "sent_ms=20 received_ms=30 ack_ms=20", "sent_ms=9999999 received_ms=9999999 ack_ms=9999999",
    "sent_ms=9000 received_ms=9000 ack_ms=9000", "timer=off", "timer=retransmit retransmits=9",
    "queue=0/1", "queue=5/4",
])  # fmt: skip
ends = st.sampled_from([
    "10.0.0.1:80 203.0.113.9:40001", "10.0.0.1:50001 198.51.100.7:5432", "127.0.0.1:80 127.0.0.1:50001",
    "127.0.0.1:50001 127.0.0.1:80", "0.0.0.0:80 -", "[::1]:443 -",
])  # fmt: skip
states = st.sampled_from(["LISTEN", "ESTABLISHED", "ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT"])
rows = st.builds(
    lambda times, state, end, told: f"{times} x {state} {end} {' '.join(told)}",
    st.integers(1, 20), states, ends, st.lists(fields, max_size=4, unique=True),
)  # fmt: skip
nearly_at_rest = st.lists(rows, max_size=2).map(lambda more: [LISTENER, SERVED, CALLING, *more])


def test_a_service_in_use_is_at_rest() -> None:
    """It listens, it serves, it asks another."""
    assert at_rest(snapshot("\n".join((LISTENER, SERVED, CALLING)), host=ROOM, format_name="sock_diag"))


@settings(max_examples=150, deadline=None)
@given(lines=nearly_at_rest, format_name=st.sampled_from(["sock_diag", "ss_text"]))
def test_no_rule_speaks_of_what_is_at_rest(lines: list[str], format_name: str) -> None:
    """The law that the short way rests on."""
    look = snapshot("\n".join(lines), host=ROOM, format_name=format_name)

    assert not at_rest(look) or doctor.examine(lambda: look).findings == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_nothing_that_a_page_finds_is_at_rest(page: Path) -> None:
    """In no rule's examples, of one look, is anything found that the short way would pass over."""
    for example in examples(page):
        if example.expected and len(example.looks) == 1 and example.elsewhere is None:
            assert not at_rest(example.timeline().latest), example.heading


@pytest.mark.parametrize(
    "line",
    [
        f"LISTEN 0.0.0.0:81 - {IN_USE} queue=1/128",
        SERVED.replace("ESTABLISHED", "CLOSE_WAIT"),
        SERVED.replace("recvq=0", "recvq=1"),
        SERVED.replace("sendq=0", "sendq=1"),
        SERVED.replace("inode=71", "inode=0"),
        SERVED.replace("sent_ms=20 received_ms=30 ack_ms=20", ""),
        "ESTABLISHED 10.0.0.1:80 203.0.113.9:40001",
        f"ESTABLISHED 10.0.0.1:80 10.0.0.1:40001 {IN_USE}",
        f"40 x {SERVED}",
    ],
)
def test_not_at_rest(line: str) -> None:
    """What waits, is unread, unknown, silent, closed on one end, or too much to be judged by eye."""
    assert not at_rest(snapshot(f"{LISTENER}\n{line}", host=ROOM, format_name="sock_diag"))


@pytest.mark.parametrize(
    "host",
    [
        replace(ROOM, conntrack_flows=900),
        replace(ROOM, orphans=4000),
        replace(ROOM, port_range=(40000, 40009)),
    ],
)
def test_a_host_without_room_is_not_at_rest(host: Host) -> None:
    """A wall is near for every place of it."""
    assert not at_rest(snapshot(f"{LISTENER}\n{SERVED}", host=host, format_name="sock_diag"))


def test_evidence_is_heard() -> None:
    """Whatever else is known is for the rules; a process near its limit, too."""
    look = snapshot(LISTENER, host=ROOM)
    full = snapshot(LISTENER, host=ROOM, processes="pid=7 process=app descriptors=1020/1024")

    assert not at_rest(look.with_evidence(Evidence(remarks=(Remark("note.txt", "it hangs"),))))
    assert not at_rest(full)
