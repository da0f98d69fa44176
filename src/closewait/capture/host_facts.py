"""The limits and settings of this host that a verdict is measured against, read from /proc."""

import platform
from collections.abc import Iterator
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.snapshot.host import Host
from closewait.tcp.clocks import time_wait_s

#: The counters a verdict reads, as nstat(8) names them: those of full queues and tables, and of orphans without room.
COUNTERS = frozenset({
    "TcpExtListenOverflows", "TcpExtListenDrops", "TcpExtTCPReqQFullDoCookies", "TcpExtTCPReqQFullDrop",
    "TcpExtTCPAbortOnMemory", "TcpExtTCPTimeWaitOverflow",
})  # fmt: skip


def host(proc: Path = PROC) -> Host:
    """What this system, and this thread's network namespace, say of themselves; what they do not say is None."""
    system, net = platform.system(), proc / "sys" / "net"
    ports = _numbers(net / "ipv4" / "ip_local_port_range")
    tcp = _sockstat(_text(proc / "thread-self" / "net" / "sockstat"))
    return Host(
        system=system or None,
        kernel=platform.release() or None,
        port_range=(ports[0], ports[1]) if len(ports) == 2 else None,
        reserved_ports=_ports(_text(net / "ipv4" / "ip_local_reserved_ports")),
        time_wait_s=time_wait_s(system),
        fin_timeout_s=_number(net / "ipv4" / "tcp_fin_timeout"),
        tw_reuse=_number(net / "ipv4" / "tcp_tw_reuse"),
        somaxconn=_number(net / "core" / "somaxconn"),
        max_syn_backlog=_number(net / "ipv4" / "tcp_max_syn_backlog"),
        orphans=tcp.get("orphan"),
        tcp_memory_pages=tcp.get("mem"),
        conntrack_flows=_number(net / "netfilter" / "nf_conntrack_count"),
        conntrack_limit=_number(net / "netfilter" / "nf_conntrack_max"),
        counters=dict(_counters(_text(proc / "thread-self" / "net" / "netstat"))),
    )


def whole_host(proc: Path = PROC) -> Host:
    """What the kernel allows all network namespaces together: told in the first one alone, so asked there."""
    ipv4, uptime = proc / "sys" / "net" / "ipv4", _text(proc / "uptime").split()
    memory = _numbers(ipv4 / "tcp_mem")
    return Host(
        max_orphans=_number(ipv4 / "tcp_max_orphans"),
        tcp_mem_pages=(memory[0], memory[1], memory[2]) if len(memory) == 3 else None,
        uptime_s=float(uptime[0]) if uptime else None,
    )


def _sockstat(text: str) -> dict[str, int]:
    """`TCP: inuse 5 orphan 0 tw 2 alloc 9 mem 1` by name; `orphan` and `mem` are of the whole host (proc_net(5))."""
    for line in text.splitlines():
        family, *words = line.split()
        if family == "TCP:":
            return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=False)}
    return {}


def _counters(netstat: str) -> Iterator[tuple[str, int]]:
    """Of /proc/net/netstat the `COUNTERS`: a line of names and a line of numbers for each family (`TcpExt:`)."""
    lines = netstat.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=False):
        family, *told = names.split()
        for name, number in zip(told, numbers.split()[1:], strict=False):
            counter = family.removesuffix(":") + name
            if counter in COUNTERS:
                yield counter, int(number)


def _ports(ranges: str) -> tuple[int, ...]:
    """`8080,9148-9150` as single ports (ip-sysctl.rst, ip_local_reserved_ports)."""
    ends = [part.partition("-") for part in ranges.strip().split(",") if part]
    return tuple(port for first, _, last in ends for port in range(int(first), int(last or first) + 1))


def _number(setting: Path) -> int | None:
    numbers = _numbers(setting)
    return numbers[0] if numbers else None


def _numbers(setting: Path) -> list[int]:
    return [int(word) for word in _text(setting).split()]


def _text(setting: Path) -> str:
    """The setting; empty where this kernel, container or user has none."""
    try:
        return setting.read_text()
    except OSError:
        return ""
