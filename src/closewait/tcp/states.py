"""The TCP states: what each one means, how a socket got there, whose move it is, and what ends it.

Eleven are the states of RFC 9293. Three more are told by operating systems for sockets that have no connection.
How long a timer lets a socket stay is in `clocks.py`; which event leads where is in `transitions.py`.
"""

from enum import Enum
from typing import Literal

from closewait.records import record

Closer = Literal["this end", "the peer", "both"]


class Move(Enum):
    """Who can bring a socket out of its state, in the words of the JSON contract."""

    LOCAL_APPLICATION = "local application"
    PEER = "peer"
    KERNEL_TIMER = "kernel timer"
    ADMIN = "admin"
    NOBODY = "nobody"


@record
class State:
    """One state. `rfc_name` is None where RFC 9293 has no such state; `closed_first` is None before any close."""

    name: str
    rfc_name: str | None
    whose_move: Move
    meaning: str
    entered_because: str
    closed_first: Closer | None
    ends_when: str
    bounded_by: str
    source: str

    @property
    def is_rfc(self) -> bool:
        """Whether RFC 9293 defines this state."""
        return self.rfc_name is not None


STATES = (
    State(
        name="LISTEN",
        rfc_name="LISTEN",
        whose_move=Move.NOBODY,
        meaning="A server's open door: a program waits for clients on this port. It has no peer and carries no data.",
        entered_because="The local program called listen().",
        closed_first=None,
        ends_when="The program closes it. Connections that wait in its queue unaccepted are reset then.",
        bounded_by="No timer: a server waits for as long as it likes.",
        source="RFC 9293 section 3.3.2; the reset of queued clients measured on Linux 6.18",
    ),
    State(
        name="SYN_SENT",
        rfc_name="SYN-SENT",
        whose_move=Move.PEER,
        meaning="We knocked and nobody has answered yet: a host that is down, or a firewall that drops our packets.",
        entered_because="The local program called connect(); the first packet (SYN) is out.",
        closed_first=None,
        ends_when="The peer answers (ESTABLISHED) or refuses (gone), the program gives up, or the retries run out.",
        bounded_by="Linux: net.ipv4.tcp_syn_retries. Elsewhere also a count of retries.",
        source="RFC 9293 sections 3.3.2 and 3.10.7.3; Linux Documentation/networking/ip-sysctl.rst",
    ),
    State(
        name="SYN_RECEIVED",
        rfc_name="SYN-RECEIVED",
        whose_move=Move.PEER,
        meaning="A client knocked and we answered; its confirmation has not come. The program knows nothing of it yet.",
        entered_because="A SYN arrived for a listening port and our kernel answered it.",
        closed_first=None,
        ends_when="The client confirms (ESTABLISHED), resets, or the retries run out and the kernel forgets it.",
        bounded_by="Linux: net.ipv4.tcp_synack_retries. Elsewhere also a count of retries.",
        source="RFC 9293 sections 3.3.2 and 3.10.7.4; Linux Documentation/networking/ip-sysctl.rst",
    ),
    State(
        name="ESTABLISHED",
        rfc_name="ESTABLISHED",
        whose_move=Move.NOBODY,
        meaning="An open connection: both sides may send. It may also be one that the program has not accepted yet.",
        entered_because="The three packets of the handshake have passed.",
        closed_first=None,
        ends_when="Either program closes, or resets. A peer that vanishes without a word ends nothing by itself.",
        bounded_by=(
            "No timer while it is idle, unless the program asked for keepalive (FreeBSD asks for all connections). "
            "While data stays unacknowledged, Linux: net.ipv4.tcp_retries2, or TCP_USER_TIMEOUT."
        ),
        source="RFC 9293 sections 3.3.2 and 3.5.1; Linux Documentation/networking/ip-sysctl.rst; FreeBSD tcp_timer.c",
    ),
    State(
        name="FIN_WAIT_1",
        rfc_name="FIN-WAIT-1",
        whose_move=Move.PEER,
        meaning=(
            "We hung up, and the other machine has not confirmed it. Many of them mean peers that vanished, "
            "a firewall that drops packets, or data that the peer does not take."
        ),
        entered_because="The local program closed first; our goodbye (FIN) is sent, or queued behind data.",
        closed_first="this end",
        ends_when="The peer's kernel acknowledges our FIN (FIN_WAIT_2), or the retries run out.",
        bounded_by=(
            "Linux: net.ipv4.tcp_orphan_retries once no process holds the socket, net.ipv4.tcp_retries2 (or "
            "TCP_USER_TIMEOUT) while one does."
        ),
        source="RFC 9293 sections 3.3.2 and 3.6; Linux Documentation/networking/ip-sysctl.rst",
    ),
    State(
        name="FIN_WAIT_2",
        rfc_name="FIN-WAIT-2",
        whose_move=Move.PEER,
        meaning=(
            "We hung up, the other machine knows it, and its program has not hung up yet. "
            "On the other machine this connection is in CLOSE_WAIT."
        ),
        entered_because="The local program closed first, and the peer's kernel acknowledged that.",
        closed_first="this end",
        ends_when="The peer's program closes (TIME_WAIT), or a timer of this system takes the socket away.",
        bounded_by=(
            "Linux: net.ipv4.tcp_fin_timeout (or TCP_LINGER2), and only once no process holds the socket; one that is "
            "still held after shutdown() waits without limit. Other systems differ; HP-UX has no limit by default."
        ),
        source="RFC 9293 sections 3.3.2 and 3.6; tcp(7); both kinds measured on Linux 6.18",
    ),
    State(
        name="CLOSE_WAIT",
        rfc_name="CLOSE-WAIT",
        whose_move=Move.LOCAL_APPLICATION,
        meaning=(
            "The other side has hung up; the program on this machine has not closed its end. "
            "The kernel has done its part and waits for the program, for as long as the program lives."
        ),
        entered_because="The peer closed (or half-closed) first: its FIN arrived and our kernel acknowledged it.",
        closed_first="the peer",
        ends_when=(
            "The local program closes the socket or exits; that is the only normal end, and no timer brings it. "
            "A reset from the peer, or an administrator's kill, ends the connection but leaves the descriptor open."
        ),
        bounded_by=(
            "No timer on any system, and no setting. Keepalive or unacknowledged data can only discover that the peer "
            "is gone altogether; a peer that is still there keeps the socket here for ever."
        ),
        source="RFC 9293 sections 3.3.2, 3.6 and 3.10.4; the kill and the keepalive measured on Linux 6.18",
    ),
    State(
        name="CLOSING",
        rfc_name="CLOSING",
        whose_move=Move.PEER,
        meaning="Both sides hung up at the same moment, and the peer has not confirmed ours. Rare, and short.",
        entered_because="The peer's FIN arrived while our own was still unacknowledged.",
        closed_first="both",
        ends_when="The peer's kernel acknowledges our FIN (TIME_WAIT), or the retries run out.",
        bounded_by="As FIN_WAIT_1. Linux: net.ipv4.tcp_orphan_retries, net.ipv4.tcp_retries2 while a process holds it.",
        source="RFC 9293 sections 3.3.2 and 3.6 (figure 13)",
    ),
    State(
        name="LAST_ACK",
        rfc_name="LAST-ACK",
        whose_move=Move.PEER,
        meaning=(
            "Both sides have hung up, the peer first; only its last confirmation is missing. A long stay means that "
            "the peer is unreachable or that a firewall has forgotten the connection."
        ),
        entered_because="A socket in CLOSE_WAIT was closed by the local program at last.",
        closed_first="the peer",
        ends_when="The peer's kernel acknowledges our FIN, or resets, or the retries run out.",
        bounded_by="As FIN_WAIT_1. Linux: net.ipv4.tcp_orphan_retries, net.ipv4.tcp_retries2 while a process holds it.",
        source="RFC 9293 sections 3.3.2 and 3.6",
    ),
    State(
        name="TIME_WAIT",
        rfc_name="TIME-WAIT",
        whose_move=Move.KERNEL_TIMER,
        meaning=(
            "The connection is over; the kernel keeps its address pair for a while, so that stray packets cannot reach "
            "a new connection. Normal; no process owns it, and it costs a client one local port towards that server."
        ),
        entered_because="The local program closed first (or both at the same moment), and the peer has closed too.",
        closed_first="this end",
        ends_when="The kernel's clock runs out. Nobody needs to do anything.",
        bounded_by=(
            "Linux: TCP_TIMEWAIT_LEN, compiled in; no setting changes it, least of all tcp_fin_timeout. "
            "Elsewhere twice the maximum segment lifetime, or a setting; Windows: TcpTimedWaitDelay."
        ),
        source="RFC 9293 sections 3.3.2 and 3.6.1 (MUST-13); Linux include/net/tcp.h",
    ),
    State(
        name="CLOSED",
        rfc_name="CLOSED",
        whose_move=Move.LOCAL_APPLICATION,
        meaning=(
            "No connection. The RFC means that nothing is left; a system that lists it means a descriptor that a "
            "program still holds. Linux lists such a socket in no table."
        ),
        entered_because="The connection is over, was reset or was killed, or the socket was never connected.",
        closed_first=None,
        ends_when="The program closes the descriptor, or uses the socket again.",
        bounded_by="No timer: a descriptor stays until its program closes it.",
        source="RFC 9293 section 3.3.2; that Linux lists none measured on Linux 6.18 (/proc/net/tcp, sock_diag)",
    ),
    State(
        name="BOUND",
        rfc_name=None,
        whose_move=Move.LOCAL_APPLICATION,
        meaning="A program has taken a local port, and neither listens on it nor has connected from it.",
        entered_because="The program called bind(), and then neither listen() nor a connect() that succeeded.",
        closed_first=None,
        ends_when="The program listens, connects, or closes the descriptor.",
        bounded_by="No timer.",
        source=(
            "Windows netstat -q and Get-NetTCPConnection; Solaris netstat; Linux since 6.8 on request only "
            "(TCP_BOUND_INACTIVE, commit 91051f003948), told there as state 7; measured on Linux 6.18"
        ),
    ),
    State(
        name="IDLE",
        rfc_name=None,
        whose_move=Move.LOCAL_APPLICATION,
        meaning="A program has made a socket and done nothing with it: no port, no connection.",
        entered_because="The program called socket() and no more. Solaris and HP-UX tell it.",
        closed_first=None,
        ends_when="The program binds, connects, or closes the descriptor.",
        bounded_by="No timer.",
        source="Solaris netstat; HP-UX pstat headers, PS_TCPS_IDLE (opened, but not bound)",
    ),
    State(
        name="DELETE_TCB",
        rfc_name=None,
        whose_move=Move.NOBODY,
        meaning="Not a state but a command: written into a connection's state, it makes the system delete it.",
        entered_because="An administrator's tool called SetTcpEntry on Windows, or wrote the value over SNMP.",
        closed_first=None,
        ends_when="At once: the connection is gone.",
        bounded_by="Nothing to bound.",
        source="RFC 4022 tcpConnectionState; Microsoft SetTcpEntry, MIB_TCP_STATE_DELETE_TCB",
    ),
)

STATE_NAMES = tuple(state.name for state in STATES)
_BY_NAME = {state.name: state for state in STATES}


def state(name: str) -> State:
    """The state called `name`, as this package spells it; LookupError names what comes nearest.

    `spellings.canonical` turns any other spelling into such a name first.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        from difflib import get_close_matches  # only a mistake pays for this import

        near = get_close_matches(name[:40].upper(), STATE_NAMES, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(STATE_NAMES)}"
        raise LookupError(f"no TCP state is called {name[:40]!r}; {hint}") from None
