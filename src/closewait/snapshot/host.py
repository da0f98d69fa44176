"""What is known about the host itself: limits and settings that a verdict is measured against."""

from collections.abc import Mapping
from dataclasses import field, fields, replace

from closewait.records import record

#: The system on which a dump of this format was made, where the format is one system's alone.
SYSTEM_OF_FORMAT = {
    "sock_diag": "Linux",
    "proc_net_tcp": "Linux",
    "ss_text": "Linux",
    "ss_summary": "Linux",
    "proc_net_sockstat": "Linux",
    "conntrack": "Linux",
    "netstat_linux": "Linux",
    "netstat_windows": "Windows",
    "get_nettcpconnection": "Windows",
    "tcpvcon": "Windows",
    "volatility_netscan": "Windows",
    "procstat": "FreeBSD",
}


#: What a clock without a zone may be wrong by as UTC, towards a longer uptime: the westernmost zone is UTC-12.
WESTERNMOST_S = 12 * 3600


@record
class Host:
    """Facts of one host at one moment; None is "not told"."""

    system: str | None = None  # `Linux`, `Windows`, …
    kernel: str | None = None  # release, as `uname -r` prints it
    port_range: tuple[int, int] | None = None  # net.ipv4.ip_local_port_range, first and last
    reserved_ports: tuple[int, ...] = ()  # net.ipv4.ip_local_reserved_ports
    time_wait_s: float | None = None  # how long TIME_WAIT lasts here
    fin_timeout_s: float | None = None  # net.ipv4.tcp_fin_timeout: orphaned FIN_WAIT_2 only
    tw_reuse: int | None = None  # net.ipv4.tcp_tw_reuse: 0 no, 1 yes, 2 loopback only
    somaxconn: int | None = None  # net.core.somaxconn
    max_syn_backlog: int | None = None  # net.ipv4.tcp_max_syn_backlog
    orphans: int | None = None  # closed by their programs and not yet gone, TIME_WAIT not counted (sockstat)
    max_orphans: int | None = None  # net.ipv4.tcp_max_orphans
    tcp_memory_pages: int | None = None  # held by TCP's buffers (sockstat `mem`)
    tcp_mem_pages: tuple[int, int, int] | None = None  # net.ipv4.tcp_mem: low, pressure, high
    conntrack_flows: int | None = None  # net.netfilter.nf_conntrack_count
    conntrack_limit: int | None = None  # net.netfilter.nf_conntrack_max
    uptime_s: float | None = None
    booted_at_unix_s: float | None = None  # by a clock that does not tell its zone, read as UTC
    counters: Mapping[str, int] = field(default_factory=dict)  # as nstat names them: `TcpExtListenOverflows`

    def joined(self, other: "Host") -> "Host":
        """What either tells; where both tell a fact, this one's holds."""
        mine = {fact.name: getattr(self, fact.name) for fact in fields(self)}
        told = {name: fact for name, fact in mine.items() if fact not in (None, (), {})}
        return replace(other, **{**told, "counters": {**other.counters, **self.counters}})

    def at(self, unix_s: float | None) -> "Host":
        """These facts at a moment: where only its start is told, how long the host runs then at least."""
        if self.uptime_s is not None or self.booted_at_unix_s is None or unix_s is None:
            return self
        uptime_s = unix_s - self.booted_at_unix_s - WESTERNMOST_S
        return replace(self, uptime_s=uptime_s) if uptime_s > 0 else self

    @property
    def ephemeral_ports(self) -> int | None:
        """How many local ports connect() may choose from, reserved ones taken off."""
        if self.port_range is None:
            return None
        low, high = self.port_range
        return high - low + 1 - sum(low <= port <= high for port in self.reserved_ports)
