"""Everything that is known of a look can be told as JSON."""

import json
from dataclasses import replace

from closewait.snapshot.evidence import Evidence, Message, Remark, Sign, Thread, Timeout, Told, WaitsFor, Watch
from closewait.testing import snapshot
from closewait.views.as_json import look_head


def test_evidence_of_every_kind_is_json() -> None:
    """Inodes become a list, signs and reasons for waiting become their words."""
    evidence = Evidence(
        told=(Told("dmesg.txt", "a log"),),
        threads=(Thread("jstack.txt", waits_for=WaitsFor.LOCK, frames=("park",)),),
        messages=(Message("dmesg.txt", Sign.SYN_FLOODING, "possible SYN flooding", 80),),
        timeouts=(Timeout("haproxy.cfg", "timeout server", 60),),
        remarks=(Remark("note.txt", "it hangs"),),
        watches=(Watch(7, 4, (2, 11, 30)),),
    )

    told = json.loads(json.dumps(look_head(replace(snapshot(""), evidence=evidence))["evidence"]))

    assert told["watches"] == [{"pid": 7, "descriptor": 4, "inodes": [2, 11, 30]}]
    assert (told["messages"][0]["sign"], told["threads"][0]["waits_for"]) == ("possible SYN flooding", "a lock")
