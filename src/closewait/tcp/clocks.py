"""The clocks that end a state, per system: how long, which setting, and under which condition.

No system has a clock for CLOSE_WAIT. What is listed under it here only finds out that the peer is gone altogether.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from closewait.records import record


class Runs(Enum):
    """For which sockets in the state a clock runs."""

    ALWAYS = "always"
    UNHELD = "no process holds the socket"
    HELD = "a process holds the socket"
    UNACKNOWLEDGED = "data is unacknowledged"
    KEEPALIVE = "the program asked for keepalive"


@record
class Clock:
    """One clock. `seconds` is its default, or None where it is no single number; unverified means: no source opened."""

    name: str
    state: str
    system: str
    seconds: float | None
    setting: str | None
    condition: str
    source: str
    verified: bool = True
    runs: Runs = Runs.ALWAYS

    @property
    def settings(self) -> tuple[str, ...]:
        """The full names of its settings: `net.ipv4.tcp_keepalive_time, _intvl` are two."""
        first, *others = (self.setting or "").split(", ")
        stem, (folder, dot, _) = first.rpartition("_")[0], first.rpartition(".")
        rest = (stem + other if other.startswith("_") else folder + dot + other for other in others)
        return (first, *rest) if first else ()


IP_SYSCTL = "Linux Documentation/networking/ip-sysctl.rst"
MEASURED = "measured on Linux 6.18"
NO_OWNER = "only once no process holds the socket"
ASKED = "only with SO_KEEPALIVE, and only if the peer answers no probe"

CLOCKS = (
    Clock("TIME_WAIT", "TIME_WAIT", "RFC 9293", 240, None,
          "twice the maximum segment lifetime, taken to be 2 minutes", "RFC 9293 sections 3.4.2 and 3.6.1 (MUST-13)"),
    Clock("TIME_WAIT", "TIME_WAIT", "Linux", 60, None,
          "always; compiled in, whatever tcp_fin_timeout says", f"include/net/tcp.h, TCP_TIMEWAIT_LEN; {MEASURED}"),
    Clock("orphan", "FIN_WAIT_2", "Linux", 60, "net.ipv4.tcp_fin_timeout",
          f"{NO_OWNER}; after shutdown() alone it waits without limit", f"tcp(7); {MEASURED}", runs=Runs.UNHELD),
    Clock("orphan retries", "FIN_WAIT_1", "Linux", None, "net.ipv4.tcp_orphan_retries",
          f"{NO_OWNER}; 0 means 8 retries, about 100 s on a fast network", f"{IP_SYSCTL}; {MEASURED}: 108 s",
          runs=Runs.UNHELD),
    Clock("orphan retries", "CLOSING", "Linux", None, "net.ipv4.tcp_orphan_retries",
          f"{NO_OWNER}; 0 means 8 retries, about 100 s on a fast network", f"{IP_SYSCTL}; {MEASURED}: 108 s",
          runs=Runs.UNHELD),
    Clock("orphan retries", "LAST_ACK", "Linux", None, "net.ipv4.tcp_orphan_retries",
          f"{NO_OWNER}; 0 means 8 retries, about 100 s on a fast network", f"{IP_SYSCTL}; {MEASURED}: 108 s",
          runs=Runs.UNHELD),
    Clock("retransmission", "FIN_WAIT_1", "Linux", None, "net.ipv4.tcp_retries2",
          "while a process holds it; 15 retries, at least 924.6 s", IP_SYSCTL, runs=Runs.HELD),
    Clock("retransmission", "CLOSING", "Linux", None, "net.ipv4.tcp_retries2",
          "while a process holds it; 15 retries, at least 924.6 s", IP_SYSCTL, runs=Runs.HELD),
    Clock("retransmission", "LAST_ACK", "Linux", None, "net.ipv4.tcp_retries2",
          "while a process holds it; 15 retries, at least 924.6 s", IP_SYSCTL, runs=Runs.HELD),
    Clock("retransmission", "ESTABLISHED", "Linux", None, "net.ipv4.tcp_retries2",
          "only while data is unacknowledged; 15 retries, at least 924.6 s", IP_SYSCTL, runs=Runs.UNACKNOWLEDGED),
    Clock("retransmission", "CLOSE_WAIT", "Linux", None, "net.ipv4.tcp_retries2",
          "only while data is unacknowledged; 15 retries, at least 924.6 s", IP_SYSCTL, runs=Runs.UNACKNOWLEDGED),
    Clock("connect retries", "SYN_SENT", "Linux", 131, "net.ipv4.tcp_syn_retries",
          "6 retries, and net.ipv4.tcp_syn_linear_timeouts (4) more since kernel 6.5; 127 s before",
          f"{IP_SYSCTL}; {MEASURED}: 135 s"),
    Clock("answer retries", "SYN_RECEIVED", "Linux", 63, "net.ipv4.tcp_synack_retries",
          "5 retries; a client that goes on asking begins it anew", f"{IP_SYSCTL}; {MEASURED}: 64 s"),
    Clock("keepalive", "CLOSE_WAIT", "Linux", 7875, "net.ipv4.tcp_keepalive_time, _intvl, _probes",
          ASKED, f"{IP_SYSCTL}: 7200 s and 9 probes, 75 s apart; the effect {MEASURED}", runs=Runs.KEEPALIVE),
    Clock("keepalive", "ESTABLISHED", "Linux", 7875, "net.ipv4.tcp_keepalive_time, _intvl, _probes",
          ASKED, f"{IP_SYSCTL}: 7200 s and 9 probes, 75 s apart", runs=Runs.KEEPALIVE),
    Clock("TIME_WAIT", "TIME_WAIT", "macOS", 30, "net.inet.tcp.msl",
          "twice the setting, 15000 ms", "xnu bsd/netinet/tcp_timer.h, TCPTV_MSL"),
    Clock("FIN_WAIT_2", "FIN_WAIT_2", "macOS", 60, None, "compiled in", "xnu bsd/netinet/tcp_timer.h, TCPTV_FINWAIT2"),
    Clock("TIME_WAIT", "TIME_WAIT", "FreeBSD", 60, "net.inet.tcp.msl",
          "twice the setting, 30000 ms", "FreeBSD sys/netinet/tcp_timer.h, tcp(4)"),
    Clock("FIN_WAIT_2", "FIN_WAIT_2", "FreeBSD", None, "net.inet.tcp.finwait2_timeout",
          "60 s with net.inet.tcp.fast_finwait2_recycle=1; by default the limits of keepalive hold",
          "FreeBSD sys/netinet/tcp_usrreq.c, tcp_timer.c"),
    Clock("keepalive", "CLOSE_WAIT", "FreeBSD", 7800, "net.inet.tcp.keepidle, keepintvl, keepcnt",
          "for every connection (net.inet.tcp.always_keepalive=1), if the peer answers no probe",
          "FreeBSD tcp_timer.c, tcp(4): 7200 s and 8 probes, 75 s apart"),
    Clock("TIME_WAIT", "TIME_WAIT", "OpenBSD", 60, None, "compiled in", "not opened", verified=False),
    Clock("TIME_WAIT", "TIME_WAIT", "Solaris", 60, "tcp_time_wait_interval (11: _time_wait_interval)",
          "240 s on Solaris 8 and before", "Oracle Solaris Tunable Parameters"),
    Clock("FIN_WAIT_2", "FIN_WAIT_2", "Solaris", 675, "tcp_fin_wait_2_flush_interval",
          f"{NO_OWNER}; newer releases may differ", "OpenSolaris TCP parameters, illumos tcp_timers.c",
          runs=Runs.UNHELD),
    Clock("TIME_WAIT", "TIME_WAIT", "AIX", 15, "tcp_timewait",
          "the setting counts units of 15 s", "IBM, tuning AIX systems"),
    Clock("FIN_WAIT_2", "FIN_WAIT_2", "HP-UX", None, "tcp_fin_wait_2_timeout",
          "0, the default: for ever", "HP-UX TCP/IP Performance White Paper, 2008"),
    Clock("TIME_WAIT", "TIME_WAIT", "HP-UX", 60, "tcp_time_wait_interval", "always", "not opened", verified=False),
    Clock("TIME_WAIT", "TIME_WAIT", "Windows", None, "TcpTimedWaitDelay",
          "Microsoft's own pages say 240, 120 and 30 s for different versions: measure it",
          "Microsoft, TCP/IP registry reference and port exhaustion pages"),
    Clock("keepalive", "CLOSE_WAIT", "Windows", 7210, "KeepAliveTime, KeepAliveInterval",
          ASKED, "Microsoft, SO_KEEPALIVE: 2 hours and 10 probes, 1 s apart (Vista and later)", runs=Runs.KEEPALIVE),
)  # fmt: skip

#: States in which a healthy socket may stay for ever on any system, and why.
WITHOUT_CLOCK: Mapping[str, str] = MappingProxyType({
    "CLOSE_WAIT": "The kernel has nothing left to wait for but its own program, and that may take as long as it likes.",
    "ESTABLISHED": "An idle connection is a healthy connection; only keepalive, if asked for, looks after the peer.",
    "LISTEN": "A server waits for clients for as long as it runs.",
    "CLOSED": "A descriptor stays until its program closes it.",
    "BOUND": "A port stays taken until its program lets it go.",
    "IDLE": "A descriptor stays until its program closes it.",
})  # fmt: skip

#: How Python's platform.system() and sys.platform call the systems of the table.
SYSTEMS = {"darwin": "macos", "sunos": "solaris", "win32": "windows"}


def clocks_for(state: str, system: str | None = None) -> tuple[Clock, ...]:
    """The clocks that can end `state`, on one system or on all."""
    return tuple(clock for clock in CLOCKS if clock.state == state and (system is None or _is(clock, system)))


def time_wait_s(system: str) -> float | None:
    """How long TIME_WAIT lasts by default on `system`, in seconds; None where that is not one verified number."""
    durations_s = {clock.seconds for clock in clocks_for("TIME_WAIT", system) if clock.verified}
    return durations_s.pop() if len(durations_s) == 1 else None


def _is(clock: Clock, system: str) -> bool:
    """Whether the clock is `system`'s, by any of its names."""
    name = system.lower()
    return clock.system.lower() == SYSTEMS.get(name, name)
