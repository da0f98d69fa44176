"""How many connections per second the ports of a host allow towards one destination, and what would change it.

A port that this host closed first stays in TIME_WAIT, and connect() cannot take it again towards the same remote
address and port before that ends: so many ports divided by so many seconds. tcp_tw_reuse lets connect() take it after a
second (tcp_tw_reuse_delay). Each record holds its own arithmetic, so that a reader can follow it.
"""

from collections.abc import Iterator

from closewait.diagnosis.destination import REUSE_ALWAYS, REUSE_ON_LOOPBACK, Destination
from closewait.diagnosis.thresholds import DEFAULT_EPHEMERAL_PORTS, FEWEST_EPHEMERAL_PORTS
from closewait.records import record
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host
from closewait.tcp.clocks import time_wait_s

#: How old a TIME_WAIT must be for tcp_tw_reuse, where tcp_tw_reuse_delay does not say (net/ipv4/tcp_ipv4.c: 1 s).
REUSE_DELAY_MS = 1000

#: From the first port that a user's program may bind to the last (ip_unprivileged_port_start).
WIDEST_RANGE = (1024, 65535)

#: Of Windows only contradicting sources tell how long TIME_WAIT lasts; all their numbers are shown.
TIME_WAITS_TOLD_OF_WINDOWS_S = (30.0, 60.0, 120.0, 240.0)

#: A range that grows by less is left as it is.
WORTH_WIDENING = 1.1

DESTINATIONS_SHOWN = 3


@record
class Rate:
    """`ports` that each are taken for `hold_s`: connections per second, for as long as the load lasts."""

    what: str
    ports: int
    hold_s: float
    why: str = ""
    addresses: int = 1

    @property
    def per_s(self) -> float:
        """Connections per second."""
        return self.addresses * self.ports / self.hold_s

    @property
    def arithmetic(self) -> str:
        """`28,232 ports / 60 s = 470.5 per second`."""
        many = f"{self.addresses} x " if self.addresses > 1 else ""
        return f"{many}{self.ports:,} ports / {self.hold_s:g} s = {self.per_s:,.1f} per second"

    def within(self, seconds: float) -> int:
        """How many connections succeed in a time that begins with every port free: all at once, then each again."""
        return self.addresses * self.ports * (1 + int(seconds / self.hold_s))


@record
class Capacity:
    """What holds now, what each change would give, and the destinations that take most."""

    ports: int
    port_arithmetic: str
    ports_told: bool
    now: tuple[Rate, ...]
    changes: tuple[Rate, ...]
    busiest: tuple[tuple[Destination, Rate], ...]


def capacity(host: Host, evidence: Evidence, destinations: list[Destination]) -> Capacity:
    """The capacity of a host towards each destination; where its range is not told, the system's default is taken."""
    ports, arithmetic = ports_of(host)
    delay_s = reuse_delay_ms(evidence) / 1000
    holds = dict(time_waits(host, evidence))
    now = tuple(
        Rate(f"one destination{', ' + why if len(holds) > 1 else ''}", ports, hold_s, why)
        for why, hold_s in holds.items()
    )
    tw_reuse = host.tw_reuse if host.system == "Linux" and timestamps(evidence) else None
    if tw_reuse == REUSE_ALWAYS:
        now = (Rate("one destination", ports, delay_s, "tcp_tw_reuse is 1"),)
    elif tw_reuse == REUSE_ON_LOOPBACK:
        now += (Rate("a destination on loopback", ports, delay_s, "tcp_tw_reuse is 2"),)
    return Capacity(
        ports=ports,
        port_arithmetic=arithmetic,
        ports_told=host.port_range is not None,
        now=now,
        changes=tuple(_changes(host, now[0], delay_s)),
        busiest=tuple((one, _left(one, now[0], delay_s)) for one in destinations[:DESTINATIONS_SHOWN]),
    )


def ports_of(host: Host) -> tuple[int, str]:
    """How many local ports connect() chooses from, and how that number comes about."""
    if host.port_range is None or host.ephemeral_ports is None or host.ephemeral_ports < 1:
        ports = DEFAULT_EPHEMERAL_PORTS.get(host.system or "", FEWEST_EPHEMERAL_PORTS)
        return ports, f"{ports:,} by default (the range of this host is not told)"
    low, high = host.port_range
    reserved = high - low + 1 - host.ephemeral_ports
    taken_off = f" - {reserved:,} reserved" if reserved else ""
    return host.ephemeral_ports, f"{high} - {low} + 1{taken_off} = {host.ephemeral_ports:,}"


def time_waits(host: Host, evidence: Evidence) -> Iterator[tuple[str, float]]:
    """How long TIME_WAIT may last here, each with who says so: one of them, where that is known."""
    told = {fact.name: fact.value for fact in reversed(evidence.settings)}
    set_to = told.get("TcpTimedWaitDelay", "")
    known_s = host.time_wait_s or time_wait_s(host.system or "")
    if host.system == "Windows" and set_to.isdecimal() and 0 < len(set_to) < 6 and int(set_to):
        yield f"TcpTimedWaitDelay is {set_to}, if this version reads it", float(set_to)
    elif known_s:
        yield f"TIME_WAIT lasts {known_s:g} s", known_s
    else:
        for seconds in TIME_WAITS_TOLD_OF_WINDOWS_S:
            yield f"if TIME_WAIT lasts {seconds:g} s", seconds


def reuse_delay_ms(evidence: Evidence) -> int:
    """How old a TIME_WAIT must be before its port may be used again, in milliseconds."""
    told = (fact.value for fact in evidence.settings if fact.name == "net.ipv4.tcp_tw_reuse_delay")
    value = next(told, "")
    return int(value) if value.isdecimal() and len(value) < 10 and int(value) else REUSE_DELAY_MS


def timestamps(evidence: Evidence) -> bool:
    """Whether TCP timestamps are on, as they are by default: tcp_tw_reuse does nothing without them."""
    return not any(fact.name == "net.ipv4.tcp_timestamps" and fact.value == "0" for fact in evidence.settings)


def _changes(host: Host, now: Rate, delay_s: float) -> Iterator[Rate]:
    low, high = WIDEST_RANGE
    widest = high - low + 1
    if now.ports * WORTH_WIDENING < widest:
        yield Rate(f"the widest range, {low} to {high}", widest, now.hold_s, "services keep ports of it for themselves")
    if host.system == "Linux" and host.tw_reuse != REUSE_ALWAYS:
        yield Rate("tcp_tw_reuse=1", now.ports, delay_s, "both ends need TCP timestamps")
    yield Rate("a second local or remote address, or remote port", now.ports, now.hold_s, "each has its own ports", 2)


def _left(destination: Destination, now: Rate, delay_s: float) -> Rate:
    """What is left towards a destination: ports that stay taken, by use or by a leak, come back to nobody."""
    staying = destination.ports - destination.time_wait
    hold_s = delay_s if destination.time_wait_reusable else now.hold_s
    left = max(0, destination.range_ports - staying)
    return Rate(destination.where, left, hold_s, f"{staying:,} of {destination.range_ports:,} ports stay in use")
