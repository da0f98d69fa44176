"""What is known about the host itself: limits and settings that a verdict is measured against."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
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

    @property
    def ephemeral_ports(self) -> int | None:
        """How many local ports connect() may choose from, reserved ones taken off."""
        if self.port_range is None:
            return None
        low, high = self.port_range
        return high - low + 1 - sum(low <= port <= high for port in self.reserved_ports)
