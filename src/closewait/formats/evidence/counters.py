"""What a kernel has counted since it began: nstat, /proc/net/netstat and snmp, `netstat -s`.

    TcpExtListenOverflows           88123              0.0            nstat
    {"kernel":{"TcpExtListenOverflows":88123}}                        nstat --json
    TcpExt: SyncookiesSent ListenOverflows                            /proc/net/netstat: names, then numbers
    TcpExt: 0 88123
        88123 times the listen queue of a socket overflowed           netstat -s (net-tools 2.10, statistics.c)
        TCPTimeWaitOverflow: 7                                        the same, for a counter it has no words for

All are told by nstat's names. `nstat` without -a prints what was added since it ran last.
"""

import re
from collections.abc import Mapping

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host

WHAT = "counters of the kernel"
NUMBER = r"(?P<count>[0-9]{1,20})"
FAMILY = r"(?:MPTcp|Tcp|UdpLite|Udp|Icmp|Ip|Sctp)"
NSTAT = re.compile(rf"^ *(?P<name>{FAMILY}\w{{1,60}}) +{NUMBER} +[0-9]+\.[0-9]+ *$", re.MULTILINE)
NSTAT_JSON = re.compile(rf"[\"'](?P<name>{FAMILY}\w{{1,60}})[\"'] *: *{NUMBER}\b")
PAIR = re.compile(
    r"^ *(?P<family>TcpExt|IpExt|MPTcpExt|Tcp|Ip|Udp|UdpLite|Icmp): (?P<names>[A-Za-z][^\n]*)\n"
    r" *(?P=family): (?P<numbers>[0-9-][0-9 -]*)$",
    re.MULTILINE,
)

#: `netstat -s` in words (Linux, FreeBSD, macOS) and the counter meant.
PHRASES: Mapping[str, str] = {
    "times the listen queue of a socket overflowed": "TcpExtListenOverflows",
    "listen queue overflows": "TcpExtListenOverflows",
    "listen queue overflow": "TcpExtListenOverflows",
    "SYNs to LISTEN sockets dropped": "TcpExtListenDrops",
    "SYNs to LISTEN sockets ignored": "TcpExtListenDrops",
    "SYN cookies sent": "TcpExtSyncookiesSent",
    "SYN cookies received": "TcpExtSyncookiesRecv",
    "invalid SYN cookies received": "TcpExtSyncookiesFailed",
    "connections aborted due to memory pressure": "TcpExtTCPAbortOnMemory",
    "connections aborted due to timeout": "TcpExtTCPAbortOnTimeout",
    "connections reset due to unexpected data": "TcpExtTCPAbortOnData",
    "connections reset due to early user close": "TcpExtTCPAbortOnClose",
    "connections aborted after user close in linger timeout": "TcpExtTCPAbortOnLinger",
    "times unable to send RST": "TcpExtTCPAbortFailed",
    "resets received for embryonic SYN_RECV sockets": "TcpExtEmbryonicRsts",
    "active connection openings": "TcpActiveOpens",
    "active connections openings": "TcpActiveOpens",
    "passive connection openings": "TcpPassiveOpens",
    "failed connection attempts": "TcpAttemptFails",
    "segments retransmitted": "TcpRetransSegs",
    "segments retransmited": "TcpRetransSegs",
    "connections established": "TcpCurrEstab",
}
PHRASE = re.compile(rf"^ +{NUMBER} (?P<words>{'|'.join(map(re.escape, PHRASES))})$", re.MULTILINE)
RAN_LOW = re.compile(rf"^ +TCP ran low on memory {NUMBER} times$", re.MULTILINE)
WITHOUT_WORDS = re.compile(rf"^ +(?P<name>T[Cc][Pp][A-Z]\w{{1,60}}): {NUMBER}$", re.MULTILINE)


def read(text: str, origin: str) -> Evidence | None:
    """Every counter that is told; those of one name that come twice are of two moments, and the later holds."""
    plain = {match["name"]: int(match["count"]) for kind in (NSTAT, NSTAT_JSON) for match in kind.finditer(text)}
    counters = {**plain, **in_pairs(text), **in_words(text)}
    if not counters:
        return None
    system = "Linux" if any(name.startswith("TcpExt") for name in counters) and "queue overflow" not in text else None
    return evidence(origin, WHAT, host=Host(system=system, counters=counters))


def in_pairs(text: str) -> dict[str, int]:
    """The kernel's own files: a line of names above a line of as many numbers."""
    return {
        pair["family"] + name: int(number)
        for pair in PAIR.finditer(text)
        for name, number in zip(pair["names"].split(), pair["numbers"].split(), strict=False)
        if number.isdecimal() and len(number) <= 20
    }


def in_words(text: str) -> dict[str, int]:
    """What `netstat -s` says in words, or by a name of its own."""
    counters = {"TcpExt" + match["name"]: int(match["count"]) for match in WITHOUT_WORDS.finditer(text)}
    counters |= {PHRASES[match["words"]]: int(match["count"]) for match in PHRASE.finditer(text)}
    if ran_low := RAN_LOW.search(text):
        counters["TcpExtTCPMemoryPressures"] = int(ran_low["count"])
    return counters


KIND = Kind(name="counters", told_by="`nstat`, `netstat -s`, `/proc/net/netstat`, `/proc/net/snmp`", read=read)
