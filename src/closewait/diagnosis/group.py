"""Sockets judged together: same holder or listener, same role, same service or destination.

Rules read these records, and single sockets only as evidence. A group's place is a listening port (server) or a remote
end (client).
"""

from enum import StrEnum

from closewait.diagnosis.stall import NO_STALL, Stall
from closewait.diagnosis.thresholds import PASSING_SHARE
from closewait.records import record


class OwnerKind(StrEnum):
    """Whom a socket is charged to."""

    HOLDER = "holder"  # a process holds it
    LISTENER = "listener"  # it is a listener, or waits in that listener's accept queue: nobody has accepted it
    KERNEL = "kernel"  # closed by its program and finished by the kernel alone: TIME_WAIT, orphans, half-open requests
    HIDDEN = "hidden"  # somebody holds it whom this look may not see
    UNTOLD = "untold"  # the source never names owners


@record
class Group:
    """One group, counted. Counts are sockets; None is "the source does not tell"."""

    owner_kind: OwnerKind
    owner_pid: int | None
    owner_process: str | None
    owner_uid: int | None
    role: str
    place_address: str | None
    place_port: int | None
    place_service: str | None
    role_guessed: bool
    sockets: int
    established: int
    close_wait: int
    fin_wait_2: int
    time_wait: int
    destinations: int  # different remote addresses
    queue_conns: int | None  # the listener's accept queue, and its limit
    queue_limit: int | None
    unaccepted: int  # no process has them yet: ESTABLISHED and CLOSE_WAIT of owner_kind `listener`
    unaccepted_waiting_s: float | None  # the longest any of them has certainly waited
    unaccepted_stayed: int | None = None  # of them, in the same state a look ago; None with one look
    passing: int = 0  # CLOSE_WAIT certainly younger than a program may need to close: accuse nobody
    still_written: int = 0  # CLOSE_WAIT the program still writes to (half-close in use): accuse nobody
    vague: int = 0  # CLOSE_WAIT whose age may be a moment or long, in this look: accuse nobody
    read: int = 0  # the others: FIN taken from the queue (Recv-Q 0)
    unread_goodbye: int = 0  # the others: only a FIN, or a TLS alert and a FIN, unread
    goodbyes: tuple[int, ...] = ()  # how many bytes are unread in those, each number once, the smallest first
    unread_data: int = 0  # the others: more than that unread
    queue_not_told: int = 0  # the others: the source does not tell whether the FIN was read
    shared: int = 0  # the others: held by two processes or more
    patience_exceeded: int = 0  # the others: certainly older than the patience for this role
    served: int = 0  # the others: data was sent on them, so that they were accepted once
    read_overdue: int = 0  # of `read`: certainly older than that
    highest_fd: int | None = None  # the largest descriptor number of the others
    youngest_s: float | None = None  # of the lower bounds of the ages
    median_s: float | None = None
    oldest_s: float | None = None
    silence_low_s: float | None = None  # between the last data and the FIN, where the age is known exactly
    silence_high_s: float | None = None
    persisting: int | None = None  # the others: the same socket was in CLOSE_WAIT a look ago; None with one look
    before: int | None = None  # CLOSE_WAIT in the earlier look
    established_before: int | None = None
    seconds_between: float | None = None
    rows: tuple[int, ...] = ()  # the CLOSE_WAIT rows kept as evidence, oldest first
    half_closed: Stall = NO_STALL  # FIN_WAIT_2 that a process holds, on which nothing comes any more
    dying: Stall = NO_STALL  # FIN_WAIT_1, CLOSING, LAST_ACK: closed by their program, not acknowledged by the peer
    idle: Stall = NO_STALL  # ESTABLISHED, client side, on which nothing is sent or comes
    silent: Stall = NO_STALL  # ESTABLISHED, no timer, and not a segment from the peer for hours
    half_open: Stall = NO_STALL  # ESTABLISHED, and the other end is seen not to have it
    blocked: Stall = NO_STALL  # ESTABLISHED and CLOSE_WAIT with something to send that the peer does not take

    @property
    def unread(self) -> int:
        """Standing CLOSE_WAIT whose FIN, at least, nobody has read."""
        return self.unread_goodbye + self.unread_data

    @property
    def standing(self) -> int:
        """CLOSE_WAIT that are neither passing, nor still in use, nor of an age that says nothing."""
        return self.close_wait - self.passing - self.still_written - self.vague

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it this group and no other."""
        return (self.owner_kind, self.owner_pid, self.owner_process, self.owner_uid, self.role,
                self.place_address, self.place_port, self.place_service)  # fmt: skip

    @property
    def where(self) -> str:
        """The listening end, or the remote end: `10.0.0.1:443`, `*:443`."""
        port = self.place_port if self.place_port is not None else self.place_service
        address = self.place_address or "*"
        return f"[{address}]:{port or '*'}" if ":" in address else f"{address}:{port or '*'}"

    @property
    def age_s(self) -> tuple[float, float] | None:
        """Lower bounds of the ages in CLOSE_WAIT: the youngest's and the oldest's; None where none is known."""
        return None if self.youngest_s is None or self.oldest_s is None else (self.youngest_s, self.oldest_s)

    @property
    def certainly_held(self) -> bool:
        """Some process holds the sockets: it is named, or hidden behind a socket file that the source shows."""
        return self.owner_known or self.owner_uid is not None

    @property
    def owner_known(self) -> bool:
        """A process is named."""
        return self.owner_pid is not None or self.owner_process is not None

    @property
    def passes_through(self) -> bool:
        """So few CLOSE_WAIT beside ESTABLISHED that a busy healthy server shows as many at any moment."""
        return self.close_wait <= PASSING_SHARE * self.established

    @property
    def growth(self) -> int | None:
        """CLOSE_WAIT gained between the looks; None with one look."""
        return None if self.before is None else self.close_wait - self.before
