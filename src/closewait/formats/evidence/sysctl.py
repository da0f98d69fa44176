"""Settings of a kernel: `sysctl -a`, a sysctl.conf, values of /proc/sys with the path beside or above them.

    net.ipv4.ip_local_port_range = 32768	60999         sysctl (Linux), /etc/sysctl.d
    net.inet.ip.portrange.first: 49152                  sysctl (FreeBSD, macOS)
    /proc/sys/net/ipv4/tcp_fin_timeout:60               grep . /proc/sys/net/ipv4/*
    ==> /proc/sys/net/ipv4/tcp_fin_timeout <==          head, tail; also a prompt with `cat` and the path
    60

The table says which settings are facts of a host; what each means is in the kernel's ip-sysctl.rst, tcp(4) of the BSDs.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, Listing, SettingFact
from closewait.snapshot.host import Host
from closewait.tcp.settings import BESIDE_SETTINGS, SETTING_NAMES

WHAT = "settings of the kernel"
LINUX, BSD = "Linux", None  # which of the BSDs it is the names do not tell
SYSTEM_NAMES = {"Darwin": "macOS"}

NAMED = re.compile(
    r"^ *(?:/[\w./-]{1,80}: *)?(?P<setting>(?:net|kernel|kern|fs|vm|hw|dev)[./][\w./-]{1,80}) *[:=] *(?P<value>[^\n]*)",
    re.MULTILINE,
)
BY_PATH = re.compile(
    r"(?P<command>(?<![\w|])(?:cat|head|tail|more|less)\b[^\n|/]{0,20} |==> |^ *)/proc/sys/(?P<path>[\w./-]{1,80})"
    r"(?: <==)?(?: *[:=] *| *\n| +)(?P<value>[0-9][^\n]*)",
    re.MULTILINE,
)
PORTS = 65536

#: More settings below one name than anybody types: all of them were listed.
WHOLE_LIST = 40
FAMILIES = ("net.ipv4.tcp_", "net.inet.tcp.", "fs.")


def settings_told(origin: str, told: Mapping[str, str]) -> tuple[SettingFact, ...]:
    """Those of the settings that somebody may want to change, or must know to judge one."""
    known = (setting for setting in told if setting in SETTING_NAMES or setting in BESIDE_SETTINGS)
    return tuple(SettingFact(origin, setting, " ".join(told[setting].split())) for setting in known)


def system_named(value: str) -> str:
    """The system as it is called elsewhere: `Darwin` is macOS."""
    return SYSTEM_NAMES.get(value.strip(), value.strip())


def integer(value: str) -> int | None:
    """The one number of a setting; None where there is no, or no one, number."""
    word = value.split("#", 1)[0].strip()
    return int(word) if word.isdecimal() and len(word) < 19 else None


def integers(count: int) -> Callable[[str], tuple[int, ...] | None]:
    """So many numbers with blanks between them."""

    def several(value: str) -> tuple[int, ...] | None:
        words = value.split("#", 1)[0].split()
        numbers = [number for word in words if (number := integer(word)) is not None]
        return tuple(numbers) if len(words) == len(numbers) == count else None

    return several


def ports(value: str) -> tuple[int, ...]:
    """`8080,9148-9150` as single ports (ip-sysctl.rst, ip_local_reserved_ports)."""
    spans = []
    for part in value.split(",")[:PORTS]:
        first, _, last = part.partition("-")
        low, high = integer(first), integer(last or first)
        if low is not None and high is not None:
            spans.append((low, min(high + 1, PORTS)))
    found: list[int] = []
    for low, end in sorted(spans):
        found.extend(range(max(low, found[-1] + 1 if found else 0), end))
    return tuple(found)


def twice_in_s(value: str) -> float | None:
    """TIME_WAIT lasts two maximum segment lifetimes; the setting is one, in milliseconds (tcp(4))."""
    msl_ms = integer(value)
    return None if msl_ms is None else 2 * msl_ms / 1000


Fact = tuple[str, Callable[[str], Any], str | None]

#: A setting, the host's fact that it tells, how its value is read, and the one system that has it.
SETTINGS: Mapping[str, Fact] = {
    "net.ipv4.ip_local_port_range": ("port_range", integers(2), LINUX),
    "net.ipv4.ip_local_reserved_ports": ("reserved_ports", ports, LINUX),
    "net.ipv4.tcp_fin_timeout": ("fin_timeout_s", integer, LINUX),
    "net.ipv4.tcp_tw_reuse": ("tw_reuse", integer, LINUX),
    "net.ipv4.tcp_max_syn_backlog": ("max_syn_backlog", integer, LINUX),
    "net.ipv4.tcp_max_orphans": ("max_orphans", integer, LINUX),
    "net.ipv4.tcp_mem": ("tcp_mem_pages", integers(3), LINUX),
    "net.core.somaxconn": ("somaxconn", integer, LINUX),
    "net.netfilter.nf_conntrack_max": ("conntrack_limit", integer, LINUX),
    "net.nf_conntrack_max": ("conntrack_limit", integer, LINUX),
    "net.netfilter.nf_conntrack_count": ("conntrack_flows", integer, LINUX),
    "kernel.osrelease": ("kernel", str.strip, LINUX),
    "kernel.ostype": ("system", str.strip, LINUX),
    "kern.osrelease": ("kernel", str.strip, BSD),
    "kern.ostype": ("system", system_named, BSD),
    "kern.ipc.somaxconn": ("somaxconn", integer, BSD),
    "kern.ipc.soacceptqueue": ("somaxconn", integer, BSD),
    "net.inet.tcp.msl": ("time_wait_s", twice_in_s, BSD),
}

#: The BSDs tell their range of ports in two settings.
RANGE_ENDS = ("net.inet.ip.portrange.first", "net.inet.ip.portrange.last")


def read(text: str, origin: str) -> Evidence | None:
    """The host's facts among the settings; other settings are understood and tell nothing."""
    told = {match["setting"].replace("/", "."): match["value"] for match in NAMED.finditer(text)}
    told |= {match["path"].replace("/", "."): match["value"] for match in BY_PATH.finditer(text)}
    if not told:
        return None
    facts: dict[str, Any] = {}
    for setting, value in told.items():
        name, understood, system = SETTINGS.get(setting, (None, str, None))
        fact = understood(value) if name else None
        if name and fact not in (None, ""):
            facts[name] = fact
            if system:
                facts.setdefault("system", system)
    ends = [integer(told.get(end, "")) for end in RANGE_ENDS]
    if None not in ends:
        facts["port_range"] = tuple(ends)
    if set(told) <= set(SETTINGS) | set(RANGE_ENDS) and not facts:
        return None
    families = Counter(family for setting in told for family in FAMILIES if setting.startswith(family))
    return evidence(
        origin,
        WHAT,
        host=Host(**facts),
        settings=settings_told(origin, told),
        listings=tuple(Listing(origin, family) for family, many in families.items() if many >= WHOLE_LIST),
    )


KIND = Kind(
    name="sysctl",
    told_by="`sysctl -a`, `sysctl.conf`, values of `/proc/sys` with their paths",
    read=read,
)
