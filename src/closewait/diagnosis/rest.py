"""A small look at rest: one in which no rule finds anything, known without summing the sockets.

Most network namespaces of a host hold a service that waits and a few connections in use. To ask all rules costs tens of
milliseconds for each, and this a tenth of one. It is a promise about the rules (tests/diagnosis/test_rest.py): whatever
is at rest has no findings.
"""

from collections.abc import Mapping
from typing import Any

from closewait.diagnosis.thresholds import (
    CONNTRACK_WARNING,
    DESCRIPTORS_WARNING,
    FEWEST_EPHEMERAL_PORTS,
    HALF_OPEN_SILENCE_S,
    ORPHANS_WARNING,
    PORTS_WARNING,
)
from closewait.snapshot.evidence import NO_EVIDENCE
from closewait.snapshot.host import Host
from closewait.snapshot.table import Snapshot

#: Fewer than any crowd or pool that a rule knows.
MOST_SOCKETS = 30
CLOCKS = ("last_sent_ms", "last_received_ms", "last_ack_ms")
READ = ("state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "inode", "timer_retransmits",
        "local_address", "local_port", "remote_address", "remote_port", *CLOCKS)  # fmt: skip


def at_rest(look: Snapshot) -> bool:
    """Whether this look, alone, shows listeners without a queue and connections in use, and room in all limits."""
    if look.kind != "sockets" or look.sockets.height > MOST_SOCKETS or look.evidence != NO_EVIDENCE:
        return False
    if not _has_room(look.host, look.sockets.height) or not _have_room(look):
        return False
    rows = look.sockets.select(READ).to_dicts()
    ours = {_end(row, "local") for row in rows if row["state"] != "LISTEN"}
    addresses = {address for address, _ in ours}
    return all(_waits(row) or _is_in_use(row, ours, addresses) for row in rows)


def _has_room(host: Host, sockets: int) -> bool:
    """The host's tables are not near their limits, and this many sockets take no noticeable part of its ports."""
    ports = FEWEST_EPHEMERAL_PORTS if host.ephemeral_ports is None else host.ephemeral_ports
    return bool(
        sockets < PORTS_WARNING * ports
        and (host.conntrack_flows or 0) < CONNTRACK_WARNING * (host.conntrack_limit or float("inf"))
        and (host.orphans or 0) < ORPHANS_WARNING * (host.max_orphans or float("inf"))
    )


def _have_room(look: Snapshot) -> bool:
    """No process is near its limit of descriptors, and none has any without a connection."""
    told = look.processes.select("descriptors", "descriptor_limit", "dead_descriptors").iter_rows()
    return not any(dead or (used and limit and used >= DESCRIPTORS_WARNING * limit) for used, limit, dead in told)


def _waits(row: Mapping[str, Any]) -> bool:
    """A listener at which nobody waits."""
    return bool(row["state"] == "LISTEN" and row["accept_queue_conns"] == 0)


def _is_in_use(row: Mapping[str, Any], ours: set[tuple[str, int]], addresses: set[str]) -> bool:
    """A connection that somebody holds, with nothing under way, whose peer showed itself; if it is here, it is seen."""
    clocks_ms = [row[clock] for clock in CLOCKS if row[clock] is not None]
    there = _end(row, "remote")
    return bool(
        row["state"] == "ESTABLISHED"
        and row["inode"]
        and row["recv_queue_bytes"] == 0
        and row["send_queue_bytes"] == 0
        and not row["timer_retransmits"]
        and clocks_ms
        and min(clocks_ms) < HALF_OPEN_SILENCE_S * 1000
        and (there in ours or there[0] not in addresses)
    )


def _end(row: Mapping[str, Any], side: str) -> tuple[str, int]:
    return (row[f"{side}_address"] or "").removeprefix("::ffff:"), row[f"{side}_port"] or 0
