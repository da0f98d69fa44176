"""The drawn arrows against a second source: figure 5 of RFC 9293, written down apart from the product.

Each line is one arrow of the drawing: from, what causes it, what is sent (`x`: nothing is), to. The words are the
figure's own, with the names of states as the RFC's text spells them.
"""

from closewait.tcp.states import state
from closewait.tcp.transitions import ARROWS, Event, Origin

FIGURE_5 = """
CLOSED        passive OPEN    x        LISTEN
CLOSED        active OPEN     SYN      SYN-SENT
LISTEN        CLOSE           x        CLOSED
LISTEN        rcv SYN         SYN,ACK  SYN-RECEIVED
LISTEN        SEND            SYN      SYN-SENT
SYN-SENT      CLOSE           x        CLOSED
SYN-SENT      rcv SYN         SYN,ACK  SYN-RECEIVED
SYN-SENT      rcv SYN,ACK     ACK      ESTABLISHED
SYN-RECEIVED  rcv RST         x        LISTEN
SYN-RECEIVED  rcv ACK of SYN  x        ESTABLISHED
SYN-RECEIVED  CLOSE           FIN      FIN-WAIT-1
ESTABLISHED   CLOSE           FIN      FIN-WAIT-1
ESTABLISHED   rcv FIN         ACK      CLOSE-WAIT
FIN-WAIT-1    rcv FIN         ACK      CLOSING
FIN-WAIT-1    rcv ACK of FIN  x        FIN-WAIT-2
CLOSE-WAIT    CLOSE           FIN      LAST-ACK
FIN-WAIT-2    rcv FIN         ACK      TIME-WAIT
CLOSING       rcv ACK of FIN  x        TIME-WAIT
LAST-ACK      rcv ACK of FIN  x        CLOSED
TIME-WAIT     Timeout=2MSL    x        CLOSED
"""

AS_THE_FIGURE_SAYS = {
    Event.LISTENS: "passive OPEN",
    Event.CONNECTS: "active OPEN",
    Event.SENDS: "SEND",
    Event.CLOSES: "CLOSE",
    Event.SYN: "rcv SYN",
    Event.SYN_ACK: "rcv SYN,ACK",
    Event.ACK_OF_SYN: "rcv ACK of SYN",
    Event.RST: "rcv RST",
    Event.FIN: "rcv FIN",
    Event.ACK_OF_FIN: "rcv ACK of FIN",
    Event.TWO_MSL: "Timeout=2MSL",
}


def test_the_drawn_arrows_are_those_of_figure_5() -> None:
    """No arrow of the drawing is missing, none is invented, and each sends what the drawing says."""
    ours = {
        (
            state(arrow.before).rfc_name,
            AS_THE_FIGURE_SAYS[arrow.event],
            arrow.sends or "x",
            state(arrow.after).rfc_name,
        )
        for arrow in ARROWS
        if arrow.origin is Origin.FIGURE
    }
    drawn = set()
    for line in FIGURE_5.strip().splitlines():
        before, *cause, sends, to = line.split()
        drawn.add((before, " ".join(cause), sends, to))

    assert ours == drawn


def test_the_notes_below_the_figure_are_arrows_too() -> None:
    """Note 2 adds a way from FIN-WAIT-1 to TIME-WAIT, note 3 a reset out of every synchronized state."""
    written = {(arrow.before, arrow.event): arrow.after for arrow in ARROWS if arrow.origin is Origin.TEXT}

    assert written["FIN_WAIT_1", Event.FIN_AND_ACK] == "TIME_WAIT"
    for before in ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"):
        assert written[before, Event.RST] == "CLOSED"
