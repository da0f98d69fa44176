"""The arrows between the states: what happens, where it leads, who causes it. The only place an arrow is written.

`Origin` tells the arrows drawn in RFC 9293 from those its text adds and those that operating systems add. The
sequences show both ends of a connection at once, step by step; every step is an arrow, and a test walks them.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from closewait.records import record
from closewait.tcp.states import Move

PROGRAM, PEER, TIMER, ADMIN = Move.LOCAL_APPLICATION, Move.PEER, Move.KERNEL_TIMER, Move.ADMIN


class Event(Enum):
    """What can happen to a socket, seen from this end, and who causes it."""

    caused_by: Move

    def __new__(cls, words: str, caused_by: Move) -> "Event":
        """An event whose value is its words."""
        event = object.__new__(cls)
        event._value_ = words
        event.caused_by = caused_by
        return event

    MAKES_SOCKET = "the program makes a socket", PROGRAM
    BINDS = "the program takes a port", PROGRAM
    LISTENS = "the program listens", PROGRAM
    CONNECTS = "the program connects", PROGRAM
    SENDS = "the program sends", PROGRAM
    CLOSES = "the program closes", PROGRAM
    CLOSES_UNREAD = "the program closes with data unread", PROGRAM
    ABORTS = "the program aborts", PROGRAM
    SYN = "a SYN arrives", PEER
    SYN_ACK = "a SYN with the ACK of our SYN arrives", PEER
    ACK_OF_SYN = "the ACK of our SYN arrives", PEER
    DATA = "data arrives", PEER
    DATA_FOR_NOBODY = "data arrives for a socket that no program holds", PEER
    FIN = "a FIN arrives", PEER
    ACK_OF_FIN = "the ACK of our FIN arrives", PEER
    FIN_AND_ACK = "a FIN with the ACK of our FIN arrives", PEER
    RST = "a reset arrives", PEER
    RST_TO_CONNECTING = "a reset arrives at the end that connected", PEER
    RETRIES_RUN_OUT = "the retries run out", TIMER
    KEEPALIVE_FAILS = "keepalive gets no answer", TIMER
    ORPHAN_TIMER = "the timer for sockets that no program holds ends", TIMER
    TWO_MSL = "twice the maximum segment lifetime has passed", TIMER
    KILLED = "an administrator kills the connection", ADMIN


class Origin(Enum):
    """Where an arrow is written down."""

    FIGURE = "RFC 9293, figure 5"
    TEXT = "RFC 9293, text"
    SYSTEM = "operating systems"


@record
class Arrow:
    """In state `before`, `event` leads to `after`; `sends` is what the kernel sends then (None: nothing)."""

    before: str
    event: Event
    after: str
    sends: str | None
    note: str
    source: str
    origin: Origin

    @property
    def caused_by(self) -> Move:
        """Who causes it: the program of this end, its peer, a clock, or an administrator."""
        return self.event.caused_by


def _drawn(before: str, event: Event, after: str, sends: str | None = None, note: str = "") -> Arrow:
    """An arrow of the RFC's state diagram."""
    return Arrow(before, event, after, sends, note, "RFC 9293 section 3.3.2, figure 5", Origin.FIGURE)


def _written(section: str, before: str, event: Event, after: str, sends: str | None = None, note: str = "") -> Arrow:
    """An arrow that only the RFC's text has."""
    return Arrow(before, event, after, sends, note, f"RFC 9293 section {section}", Origin.TEXT)


def _added(source: str, before: str, event: Event, after: str, sends: str | None = None, note: str = "") -> Arrow:
    """An arrow that operating systems have beyond the RFC."""
    return Arrow(before, event, after, sends, note, source, Origin.SYSTEM)


SYNCHRONIZED = ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT")
AWAITING_AN_ACK = ("SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "CLOSING", "LAST_ACK")
ABORTED_WITH_A_RESET = ("SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT")
ABORTED_IN_SILENCE = ("LISTEN", "SYN_SENT", "CLOSING", "LAST_ACK", "TIME_WAIT")
LINUX = "measured on Linux 6.18"
HP_UX = "HP-UX pstat headers: PS_TCPS_IDLE is opened but not bound, PS_TCPS_BOUND ready to connect or accept"

ARROWS = (
    _drawn("CLOSED", Event.LISTENS, "LISTEN"),
    _drawn("CLOSED", Event.CONNECTS, "SYN_SENT", "SYN"),
    _drawn("LISTEN", Event.CLOSES, "CLOSED", None, "Linux resets the clients that wait unaccepted."),
    _drawn("LISTEN", Event.SYN, "SYN_RECEIVED", "SYN,ACK", "The new socket; a real listener also stays in LISTEN."),
    _drawn("LISTEN", Event.SENDS, "SYN_SENT", "SYN", "Socket interfaces do not offer it."),
    _drawn("SYN_SENT", Event.SYN, "SYN_RECEIVED", "SYN,ACK", "Both ends connected at the same moment."),
    _drawn("SYN_SENT", Event.SYN_ACK, "ESTABLISHED", "ACK"),
    _drawn("SYN_SENT", Event.CLOSES, "CLOSED"),
    _drawn("SYN_RECEIVED", Event.RST, "LISTEN", None, "Where a listener got the SYN (note 1)."),
    _drawn("SYN_RECEIVED", Event.ACK_OF_SYN, "ESTABLISHED"),
    _drawn("SYN_RECEIVED", Event.CLOSES, "FIN_WAIT_1", "FIN"),
    _drawn("ESTABLISHED", Event.CLOSES, "FIN_WAIT_1", "FIN", "This end closes first: TIME_WAIT will be here."),
    _drawn("ESTABLISHED", Event.FIN, "CLOSE_WAIT", "ACK", "The peer closes first."),
    _drawn("FIN_WAIT_1", Event.ACK_OF_FIN, "FIN_WAIT_2"),
    _drawn("FIN_WAIT_1", Event.FIN, "CLOSING", "ACK", "Both ends closed at the same moment."),
    _drawn("FIN_WAIT_2", Event.FIN, "TIME_WAIT", "ACK"),
    _drawn("CLOSE_WAIT", Event.CLOSES, "LAST_ACK", "FIN", "The only normal way out of CLOSE_WAIT."),
    _drawn("CLOSING", Event.ACK_OF_FIN, "TIME_WAIT"),
    _drawn("LAST_ACK", Event.ACK_OF_FIN, "CLOSED"),
    _drawn("TIME_WAIT", Event.TWO_MSL, "CLOSED"),
    _written("3.10.1", "LISTEN", Event.CONNECTS, "SYN_SENT", "SYN"),
    _written("3.10.7.3", "SYN_SENT", Event.RST, "CLOSED", None, "The program is told `connection refused`."),
    _written("3.10.7.4", "SYN_RECEIVED", Event.RST_TO_CONNECTING, "CLOSED"),
    _written("3.10.7.4", "SYN_RECEIVED", Event.FIN, "CLOSE_WAIT", "ACK", "The client left before it was accepted."),
    _written("3.10.2", "ESTABLISHED", Event.SENDS, "ESTABLISHED", "data"),
    _written("3.10.7.4", "ESTABLISHED", Event.DATA, "ESTABLISHED", "ACK"),
    _written("3.6.1", "CLOSE_WAIT", Event.SENDS, "CLOSE_WAIT", "data", "Legal: a peer that half-closed still reads."),
    _written("3.10.7.4", "FIN_WAIT_1", Event.DATA, "FIN_WAIT_1", "ACK", "While a program of this end still reads."),
    _written("3.10.7.4", "FIN_WAIT_2", Event.DATA, "FIN_WAIT_2", "ACK", "While a program of this end still reads."),
    _written("3.3.2", "FIN_WAIT_1", Event.FIN_AND_ACK, "TIME_WAIT", "ACK", "Note 2: the peer closed at once."),
    _written("3.6.1", "TIME_WAIT", Event.SYN, "SYN_RECEIVED", "SYN,ACK", "Where the new SYN cannot be an old one."),
    *(_written("3.10.7.4", state, Event.RST, "CLOSED") for state in SYNCHRONIZED),
    *(_written("3.10.8", state, Event.RETRIES_RUN_OUT, "CLOSED") for state in AWAITING_AN_ACK),
    *(_written("3.10.5", state, Event.ABORTS, "CLOSED", "RST", "SO_LINGER 0, then close().")
      for state in ABORTED_WITH_A_RESET),
    *(_written("3.10.5", state, Event.ABORTS, "CLOSED") for state in ABORTED_IN_SILENCE),
    _added(HP_UX, "CLOSED", Event.MAKES_SOCKET, "IDLE", None, "Most systems tell no state before a port is taken."),
    _added(HP_UX, "IDLE", Event.BINDS, "BOUND"),
    _added(HP_UX, "IDLE", Event.CLOSES, "CLOSED"),
    _added(LINUX, "CLOSED", Event.BINDS, "BOUND"),
    _added(LINUX, "BOUND", Event.LISTENS, "LISTEN"),
    _added(LINUX, "BOUND", Event.CONNECTS, "SYN_SENT", "SYN"),
    _added(LINUX, "BOUND", Event.CLOSES, "CLOSED"),
    _added(LINUX, "ESTABLISHED", Event.CLOSES_UNREAD, "CLOSED", "RST", "The peer sees an error instead of an end."),
    _added(LINUX, "CLOSE_WAIT", Event.CLOSES_UNREAD, "CLOSED", "RST", "An unread FIN alone is closed normally."),
    _added(LINUX, "FIN_WAIT_2", Event.ORPHAN_TIMER, "CLOSED", None, "The peer is not told; its CLOSE_WAIT stays."),
    _added(LINUX, "FIN_WAIT_2", Event.DATA_FOR_NOBODY, "CLOSED", "RST", "It ends the peer's CLOSE_WAIT as well."),
    _added("RFC 9293 section 3.8.4", "ESTABLISHED", Event.KEEPALIVE_FAILS, "CLOSED", None, "Only with SO_KEEPALIVE."),
    _added(LINUX, "CLOSE_WAIT", Event.KEEPALIVE_FAILS, "CLOSED", None, "Only with SO_KEEPALIVE; the descriptor stays."),
    _added(LINUX, "TIME_WAIT", Event.CONNECTS, "SYN_SENT", "SYN", "Linux: net.ipv4.tcp_tw_reuse."),
    _added(LINUX, "ESTABLISHED", Event.KILLED, "CLOSED", "RST", "Linux: ss -K. The descriptor stays."),
    _added(LINUX, "CLOSE_WAIT", Event.KILLED, "CLOSED", "RST", "Linux: ss -K. The descriptor stays."),
    _added(LINUX, "FIN_WAIT_2", Event.KILLED, "CLOSED", "RST", "Linux: ss -K. Nothing is sent if no program holds it."),
    _added(LINUX, "TIME_WAIT", Event.KILLED, "CLOSED", None, "Linux: ss -K state time-wait."),
)  # fmt: skip

_AFTER = {(arrow.before, arrow.event): arrow.after for arrow in ARROWS}


def arrows_from(state: str) -> tuple[Arrow, ...]:
    """Every way out of `state`, the drawn ones first."""
    return tuple(arrow for arrow in ARROWS if arrow.before == state)


def after(state: str, event: Event) -> str:
    """The state that follows `event` in `state`; LookupError tells what can happen there instead."""
    try:
        return _AFTER[state, event]
    except KeyError:
        possible = "; ".join(arrow.event.value for arrow in arrows_from(state)) or "nothing that is known"
        raise LookupError(f"no arrow from {state} when {event.value}; there can happen: {possible}") from None


#: A segment's arrow as the other end draws it.
TURNED_ROUND = {"-->": "<--", "<--": "-->", "<->": "<->"}


@record
class Step:
    """One step of a connection's life: what happens, at which end, and both states after it.

    `segment` is on its way after the step, `-->` from here to there; None where nothing is sent. In `words`, `{here}`
    and `{there}` stand for whose it is, so that the same step can be told from either end.
    """

    words: str
    segment: str | None
    here_event: Event | None
    there_event: Event | None
    here: str
    there: str

    @property
    def happens(self) -> str:
        """What happens, in the words of somebody at this end."""
        said = self.words.format(here="this end's", there="the peer's")
        return said[0].upper() + said[1:]

    def mirrored(self) -> "Step":
        """The same step as the other end sees it."""
        return Step(
            words=self.words.format(here="{there}", there="{here}"),
            segment=self.segment and TURNED_ROUND[self.segment[:3]] + self.segment[3:],
            here_event=self.there_event,
            there_event=self.here_event,
            here=self.there,
            there=self.here,
        )


CONNECTED = Step("both programs may send.", None, None, None, "ESTABLISHED", "ESTABLISHED")
FIN_IS_TAKEN = (
    Step("the FIN arrives; {there} kernel confirms it.", "<-- ACK", None, Event.FIN, "FIN_WAIT_1", "CLOSE_WAIT"),
    Step("the confirmation reaches {here} kernel.", None, Event.ACK_OF_FIN, None, "FIN_WAIT_2", "CLOSE_WAIT"),
)
PEER_FOLLOWS = (
    Step("{there} program closes.", "<-- FIN", None, Event.CLOSES, "FIN_WAIT_2", "LAST_ACK"),
    Step("that FIN arrives; {here} kernel confirms it.", "--> ACK", Event.FIN, None, "TIME_WAIT", "LAST_ACK"),
    Step("the confirmation reaches {there} kernel, which is done.", None, None, Event.ACK_OF_FIN,
         "TIME_WAIT", "CLOSED"),
    Step("{here} clock runs out.", None, Event.TWO_MSL, None, "CLOSED", "CLOSED"),
)  # fmt: skip

#: How a connection ends, seen from the end that acts first. RFC 9293 sections 3.6 and 3.6.1, figures 12 and 13.
SEQUENCES: Mapping[str, tuple[Step, ...]] = MappingProxyType({
    "close": (
        CONNECTED,
        Step("{here} program closes.", "--> FIN", Event.CLOSES, None, "FIN_WAIT_1", "ESTABLISHED"),
        *FIN_IS_TAKEN,
        *PEER_FOLLOWS,
    ),
    "half-close": (
        CONNECTED,
        Step("{here} program ends its sending only.", "--> FIN", Event.CLOSES, None, "FIN_WAIT_1", "ESTABLISHED"),
        *FIN_IS_TAKEN,
        Step("{there} program goes on sending.", "<-- data", None, Event.SENDS, "FIN_WAIT_2", "CLOSE_WAIT"),
        Step("the data arrives, and {here} program reads it.", "--> ACK", Event.DATA, None, "FIN_WAIT_2", "CLOSE_WAIT"),
        *PEER_FOLLOWS,
    ),
    "simultaneous": (
        CONNECTED,
        Step("both programs close.", "<-> FIN", Event.CLOSES, Event.CLOSES, "FIN_WAIT_1", "FIN_WAIT_1"),
        Step("the FINs cross and arrive.", "<-> ACK", Event.FIN, Event.FIN, "CLOSING", "CLOSING"),
        Step("both are confirmed.", None, Event.ACK_OF_FIN, Event.ACK_OF_FIN, "TIME_WAIT", "TIME_WAIT"),
        Step("both clocks run out.", None, Event.TWO_MSL, Event.TWO_MSL, "CLOSED", "CLOSED"),
    ),
    "reset": (
        CONNECTED,
        Step("{here} program aborts.", "--> RST", Event.ABORTS, None, "CLOSED", "ESTABLISHED"),
        Step("the reset arrives; {there} program is told.", None, None, Event.RST, "CLOSED", "CLOSED"),
    ),
})  # fmt: skip

#: How a connection begins, seen from the end that connects. RFC 9293 section 3.5, figure 6.
OPENING = (
    Step("{there} program listens.", None, None, None, "CLOSED", "LISTEN"),
    Step("{here} program connects.", "--> SYN", Event.CONNECTS, None, "SYN_SENT", "LISTEN"),
    Step("the SYN arrives; {there} kernel answers it.", "<-- SYN,ACK", None, Event.SYN, "SYN_SENT", "SYN_RECEIVED"),
    Step("the answer arrives; {here} kernel confirms it.", "--> ACK", Event.SYN_ACK, None,
         "ESTABLISHED", "SYN_RECEIVED"),
    Step("the confirmation reaches {there} kernel.", None, None, Event.ACK_OF_SYN, "ESTABLISHED", "ESTABLISHED"),
)  # fmt: skip
