"""What is told of one change: the JSON for a program, short facts for a script, and why it may not arrive."""

import json
from collections.abc import Mapping
from typing import Protocol

from closewait.diagnosis.changes import Change
from closewait.records import record
from closewait.views.changes import change_as_dict
from closewait.views.visible import visible

#: What becomes worse, and what is over. One that grows or eases is known already.
TOLD_KINDS = ("opened", "worsened", "resolved")

LONGEST_FACT = 4000  # letters; execve(2) takes no string of more than 128 KiB


@record
class Note:
    """One change as it is sent. `facts` are environment variables: escaped, so that no name can steer a script."""

    body: bytes
    facts: Mapping[str, str]


class Undelivered(Exception):
    """It did not arrive. `again`: it may, later; `after_s`: the other end says when to come back."""

    def __init__(self, why: str, *, again: bool = True, after_s: float | None = None) -> None:
        super().__init__(why)
        self.again, self.after_s = again, after_s


class Way(Protocol):
    """How a note gets to somebody."""

    @property
    def name(self) -> str:
        """What to call it in a message; no secret of it."""

    def send(self, note: Note) -> None:
        """Deliver, within the way's own time limit. Raises Undelivered."""

    def stop(self) -> None:
        """Give up what is being sent; called from another thread."""


def note_of(change: Change, host: str, *, missed: int) -> Note:
    """The note of a change on a host; `missed` are the notes before it that never arrived."""
    told = {**change_as_dict(change), "host": host, "missed": missed}
    finding = change.finding
    owner = finding.owner
    facts = {
        "EVENT": change.kind,
        "KEY": change.key,
        "HOST": host,
        "RULE": finding.rule,
        "SEVERITY": finding.severity.value,
        "SOCKETS": str(finding.sockets),
        "PID": "" if owner is None or owner.pid is None else str(owner.pid),
        "PROCESS": "" if owner is None or owner.process is None else owner.process,
        "WHERE": finding.where,
        "SAYS": finding.says,
    }
    return Note(
        json.dumps(told).encode(),
        {f"CLOSEWAIT_{name}": visible(fact)[:LONGEST_FACT] for name, fact in facts.items()},
    )
