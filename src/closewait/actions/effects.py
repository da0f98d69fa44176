"""What each way of closing does to a socket in each situation: what its program sees, what its peer sees, what is left.

Measured on Linux 6.18 on real sockets by tests/actions/test_effects.py, which holds this table to it. In FIN_WAIT_1,
CLOSING, LAST_ACK and SYN_SENT the packets of this end were lost, as they are where such a state lasts: there the peer
learns nothing.
"""

from closewait.records import record

DESTROYED = "IN OUT ERR HUP RDHUP"  # poll(2): the descriptor is ready at once, with an error
ABORTED = "ECONNABORTED, then EPIPE"


@record
class Effect:
    """One way, one situation: what poll, recv and send give the program, what recv and send give the peer's.

    Empty where there is no program; `gone` where there is no socket any more.
    """

    how: str
    situation: str
    poll: str
    recv: str
    send: str
    peer_recv: str
    peer_send: str
    here_after: str
    there_after: str


EFFECTS = (
    Effect("shutdown", "CLOSE_WAIT", "IN OUT HUP RDHUP", "the end", "EPIPE", "the end", "EPIPE", "gone", "TIME_WAIT"),
    Effect("shutdown", "CLOSE_WAIT, data unread", "IN OUT HUP RDHUP", "the data", "EPIPE",
           "the end", "EPIPE", "gone", "TIME_WAIT"),
    Effect("shutdown", "ESTABLISHED", "OUT", "nothing yet", "EPIPE", "the end", "sent", "FIN_WAIT_2", "CLOSE_WAIT"),
    Effect("destroy", "CLOSE_WAIT", DESTROYED, "the end", ABORTED, "ECONNRESET", "EPIPE", "gone", "gone"),
    Effect("destroy", "CLOSE_WAIT, data unread", DESTROYED, "the data", ABORTED, "ECONNRESET", "EPIPE", "gone", "gone"),
    Effect("destroy", "CLOSE_WAIT, not accepted", DESTROYED, "the end", ABORTED, "ECONNRESET", "EPIPE",
           "gone", "gone"),
    Effect("destroy", "ESTABLISHED", DESTROYED, "ECONNABORTED", "EPIPE", "ECONNRESET", "EPIPE", "gone", "gone"),
    Effect("destroy", "FIN_WAIT_1", DESTROYED, "ECONNABORTED", "EPIPE", "nothing yet", "sent", "gone", "ESTABLISHED"),
    Effect("destroy", "FIN_WAIT_2", DESTROYED, "ECONNABORTED", "EPIPE", "the end", "EPIPE", "gone", "gone"),
    Effect("destroy", "FIN_WAIT_2, no process", "", "", "", "the end", "sent", "gone", "CLOSE_WAIT"),
    Effect("destroy", "CLOSING", DESTROYED, "the end", ABORTED, "nothing yet", "EPIPE", "gone", "FIN_WAIT_1"),
    Effect("destroy", "LAST_ACK", DESTROYED, "the end", ABORTED, "nothing yet", "EPIPE", "gone", "FIN_WAIT_1"),
    Effect("destroy", "TIME_WAIT", "IN OUT HUP RDHUP", "the end", "EPIPE", "the end", "EPIPE", "gone", "gone"),
    Effect("destroy", "SYN_SENT", DESTROYED, "ECONNABORTED", "EPIPE", "", "", "gone", "gone"),
    Effect("destroy", "SYN_RECEIVED", "", "", "", "", "", "gone", "SYN_SENT"),
    Effect("signal", "CLOSE_WAIT", "", "", "", "the end", "EPIPE", "gone", "TIME_WAIT"),
    Effect("signal", "CLOSE_WAIT, data unread", "", "", "", "ECONNRESET", "EPIPE", "gone", "gone"),
    Effect("signal", "ESTABLISHED", "", "", "", "the end", "sent", "FIN_WAIT_2", "CLOSE_WAIT"),
)  # fmt: skip

#: Said of every way that leaves the program as it is.
DESCRIPTOR_STAYS = (
    "The descriptor stays open in the process: only the program itself frees it, by close() or by ending. "
    "A leak goes on towards the limit of descriptors."
)
_BY_SITUATION = {(effect.how, effect.situation): effect for effect in EFFECTS}


def effect_on(how: str, situation: str) -> Effect | None:
    """What was measured of that way in that situation, else in its state alone; None where nothing was."""
    return _BY_SITUATION.get((how, situation)) or _BY_SITUATION.get((how, situation.partition(", ")[0]))
