"""time-wait-churn (H301): a client on this host opens and closes connections to one place so fast that ports pile up.

What it sees
    More than 10 % of the ephemeral ports in TIME_WAIT towards one (local address, remote address, remote port).

Why it matters
    Each short connection takes one port out of the range for a minute. At the range's end connect() fails.

When it is wrong
    TIME_WAIT on a server's port costs no ephemeral port and is normal at any number. Where tcp_tw_reuse lets connect()
    take the ports again, the pile is harmless and said to be so.

What to do
    Reuse connections. The states themselves end by the kernel's timer; nobody needs to close them.
"""

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.rule import Rule, Suspicion
from closewait.diagnosis.rules.port_exhaustion import made_by, port_use
from closewait.diagnosis.signatures import two_kept
from closewait.diagnosis.thresholds import PORTS_WARNING
from closewait.diagnosis.wording import count_of
from closewait.tcp.states import Move

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.destination import Destination


def closes_per_s(case: "Case", destination: "Destination") -> str | None:
    """Arithmetic of a steady state: as many end each second as are closed."""
    time_wait_s = case.timeline.latest.host.time_wait_s
    if not time_wait_s:
        return None
    return f"about {destination.time_wait / time_wait_s:.0f} closed each second, each kept for {time_wait_s:.0f} s"


def check(case: "Case") -> Iterator[Suspicion]:
    """Suspect each destination whose TIME_WAIT take a noticeable part of the range."""
    for destination in case.destinations:
        if destination.time_wait < PORTS_WARNING * destination.range_ports:
            continue
        harmless = destination.time_wait_reusable
        facts = (
            *port_use(destination),
            closes_per_s(case, destination),
            "connect() may take these ports again after a second (tcp_tw_reuse)" if harmless else made_by(destination),
            two_kept(case, destination),
        )
        yield RULE.about_destination(
            case,
            destination,
            severity=Severity.BENIGN if harmless else Severity.WARNING,
            sockets=destination.time_wait,
            says=f"{count_of(destination.time_wait, 'local port')} to {destination.where} "
            f"{'is' if destination.time_wait == 1 else 'are'} in TIME_WAIT: short connections, closed by this side.",
            because=facts,
            check_with=case.there(f"ss -tan state time-wait dst {quote(destination.where)} | wc -l")
            if case.system == "Linux"
            else "Get-NetTCPConnection -State TimeWait | Group-Object RemoteAddress,RemotePort",
            second_look=None if harmless else "whether the number still climbs",
        )


RULE = Rule(
    code="H301",
    name="time-wait-churn",
    summary="short connections from this host to one place fill the port range with TIME_WAIT",
    whose_move=Move.KERNEL_TIMER,
    check=check,
    doubt=("a burst leaves the same trace for a minute and is over",),
    next=(
        "reuse connections: keep-alive, a pool, one client object",
        "let the server close first where the protocol allows it: then TIME_WAIT costs no port here",
    ),
    will_not_help=(
        "tcp_fin_timeout: TIME_WAIT lasts 60 s on Linux whatever it says",
        "tcp_tw_recycle: it broke clients behind NAT and was removed in Linux 4.12",
        "killing TIME_WAIT sockets: they protect the next connection from stray segments",
    ),
)
