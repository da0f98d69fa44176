"""What a finding is: one sentence, its evidence, its doubt, whose move it is, and how to check."""

from dataclasses import field
from enum import Enum
from typing import Literal

from closewait.diagnosis.pair import Pairs
from closewait.records import record
from closewait.tcp.states import Move

Certainty = Literal["certain", "likely", "possible"]


class Severity(Enum):
    """How bad it is, in the words of the JSON contract."""

    BENIGN = "benign"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 benign, 1 warning, 2 critical: also the exit status."""
        return list(Severity).index(self)


@record
class Owner:
    """Whom a finding is charged to, and with how many sockets."""

    pid: int | None
    process: str | None
    sockets: int
    user: str | None = None
    unit: str | None = None  # of systemd
    container: str | None = None
    container_runtime: str | None = None
    pod_uid: str | None = None


@record
class Finding:
    """One verdict about one program, service or destination."""

    rule: str
    code: str
    severity: Severity
    certainty: Certainty
    whose_move: Move
    owners: tuple[Owner, ...]  # largest first; empty where nobody can be named
    role: str | None  # server, client
    places: tuple[tuple[str, int], ...]  # where, and how many sockets there; largest first
    sockets: int
    says: str  # one sentence, present tense
    because: tuple[str, ...]  # the evidence
    doubt: tuple[str, ...] = ()  # what would refute it
    next: tuple[str, ...] = ()  # what to do, first things first
    will_not_help: tuple[str, ...] = ()
    check_with: str | None = None  # a command that lets the reader verify
    second_look: str | None = None  # what a second look would settle; None if nothing
    age_s: tuple[float, float] | None = None  # at least, of the youngest and the oldest
    also_seen: tuple[str, ...] = ()  # other rules that spoke about the same sockets
    rows: tuple[int, ...] = field(default=())  # a few rows of the look, as evidence
    pairs: Pairs | None = None  # of a finding above benign: its sockets whose other end is on this host, too
    found_in: str | None = None  # the look's source, where several places were looked at together

    @property
    def owner(self) -> Owner | None:
        """The one with the most sockets, or None."""
        return self.owners[0] if self.owners else None

    @property
    def subject(self) -> tuple[str, ...]:
        """What makes it this finding and no other, in one look as in the next: the rule, the program, and its role.

        Where no program is named, the place: forty workers with the same fault are one fault.
        """
        program = self.owner.process if self.owner else None
        return (self.rule, program or "", self.role or "", "" if program else self.where, self.found_in or "")

    @property
    def where(self) -> str:
        """The place with the most sockets."""
        return self.places[0][0] if self.places else ""
