"""port-exhaustion (H302): nearly every local port towards one destination is taken.

What it sees
    80 % or more of the ephemeral ports in use towards one (local address, remote address, remote port), in any state.
    Ports in TIME_WAIT do not count where connect() may take them again (tcp_tw_reuse). Where a log beside the dump says
    that connect() found no port (EADDRNOTAVAIL, 10048, 10055, event 4227), the busiest destination with 10 % and more.

Why it matters
    At the end connect() to that one destination fails (EADDRNOTAVAIL, on Windows 10048 or 10055), while every other
    destination still works.

When it is wrong
    Where a dump does not tell the port range, the system's default is assumed and said so.

What to do
    Reuse connections. More destination addresses or ports, or a wider range, move the wall; nothing else does.
"""

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.signatures import two_kept
from closewait.diagnosis.thresholds import PORTS_CRITICAL, PORTS_WARNING
from closewait.diagnosis.wording import count_of, name_of
from closewait.snapshot.evidence import Sign
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.destination import Destination


def port_use(destination: "Destination") -> tuple[str, ...]:
    """The arithmetic, for a reader to follow."""
    assumed = "" if destination.range_told else " (assumed: the range is not told, this is the system's default)"
    ports = count_of(destination.range_ports, "port")
    return (
        f"{destination.blocked_ports:,} of {ports} taken, {destination.share:.0%}{assumed}",
        f"of the connections {destination.time_wait:,} are in TIME_WAIT, {destination.established:,} ESTABLISHED, "
        f"{destination.close_wait:,} CLOSE_WAIT",
    )


def made_by(destination: "Destination") -> str | None:
    """A guess, marked as one: TIME_WAIT belongs to nobody, its makers are those who still talk to the same place."""
    if destination.pid is None and destination.process is None:
        return None
    return (
        f"probably made by {name_of(destination.pid, destination.process)}: it holds open connections to the same place"
    )


def sentence(destination: "Destination") -> str:
    """How many are left, or that a log says that there was none although some seem to be."""
    left = max(0, destination.range_ports - destination.blocked_ports)
    ends = f"from {destination.source_address} to {destination.where}"
    if destination.share < PORTS_CRITICAL:
        return f"connect() has found no local port, a log says; {destination.share:.0%} of the ports are taken {ends}."
    return f"Only {count_of(left, 'local port')} left {ends}; then connect() fails."


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each destination towards which hardly any port is left."""
    said = case.timeline.latest.evidence.messages_of(Sign.NO_LOCAL_PORT)
    for place, destination in enumerate(case.destinations):
        refused = said[:1] if place == 0 and destination.share >= PORTS_WARNING else ()
        if destination.share < PORTS_CRITICAL and not refused:
            continue
        yield RULE.about_destination(
            case,
            destination,
            severity=Severity.CRITICAL,
            sockets=destination.ports,
            says=sentence(destination),
            because=(
                *port_use(destination),
                made_by(destination),
                two_kept(case, destination),
                *(f"{message.origin} says: {message.text}" for message in refused),
            ),
            check_with=case.there(f"ss -tan dst {quote(destination.where)} | wc -l")
            if case.system == "Linux"
            else "netsh int ipv4 show dynamicport tcp",
        )


RULE = Rule(
    code="H302",
    name="port-exhaustion",
    summary="nearly every local port towards one destination is taken; connect() is about to fail",
    whose_move=Move.LOCAL_APPLICATION,
    check=check,
    doubt=("other programs of this host share the same range",),
    next=(
        "reuse connections: keep-alive, a pool, one client object",
        "spread over more destination addresses or ports; widen net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_tw_reuse=1 is safe for clients and lets connect() take TIME_WAIT ports after a second",
    ),
    will_not_help=(
        "tcp_fin_timeout: TIME_WAIT lasts 60 s on Linux whatever it says",
        "tcp_tw_recycle: it broke clients behind NAT and was removed in Linux 4.12",
        "more file descriptors: a port is not a descriptor",
    ),
)
