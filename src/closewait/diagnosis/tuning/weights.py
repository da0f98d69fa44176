"""Whether a setting matters on a host now: its value beside what is counted there.

WEIGHERS says which count speaks for which setting. A setting without one is judged by the states it has a say in.
"""

from collections.abc import Callable, Mapping

import polars as pl

from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.thresholds import (
    ACCEPT_QUEUE_WARNING,
    CONNTRACK_CRITICAL,
    CONNTRACK_WARNING,
    DESCRIPTORS_CRITICAL,
    DESCRIPTORS_WARNING,
    HALF_OPEN_PILE_CONNS,
    KERNEL_LIMIT_CRITICAL,
    KERNEL_LIMIT_WARNING,
    MANY_UNHELD,
    PORTS_CRITICAL,
    PORTS_HALF_TAKEN,
)
from closewait.diagnosis.tuning.presence import Presence, Standing
from closewait.diagnosis.wording import count_of, name_of
from closewait.records import record

#: What was read besides, by name: fs.file-nr and the other settings.
Told = Mapping[str, str]


@record
class Weight:
    """How much a setting matters now, in a sentence with the numbers; None: nothing was counted to judge it by.

    `in_force` is the value for whom it matters to, of a setting that has one for each process.
    """

    severity: Severity | None
    says: str
    in_force: int | None = None


Weigher = Callable[[Standing, Case, Told], Weight | None]

NOTHING_COUNTED = Weight(None, "Not judged: no sockets were given to judge it by.")


def weigh(standing: Standing, case: Case | None, told: Told) -> Weight:
    """Whether this setting matters now; `case` None: only settings are known."""
    if standing.presence is Presence.IGNORED:
        return Weight(Severity.WARNING, "It is set and has no effect here: whoever set it relies on nothing.")
    if not standing.presence.is_here:
        return Weight(Severity.BENIGN, "It has no say here.")
    if harm := HARMFUL.get((standing.setting.name, standing.value)):
        return harm
    if case is None:
        return NOTHING_COUNTED
    weigher = WEIGHERS.get(standing.setting.name)
    return (weigher(standing, case, told) if weigher else None) or by_states(standing, case)


def by_states(standing: Standing, case: Case) -> Weight:
    """No count says that it matters; how many sockets are in the states it has a say in."""
    states = case.timeline.latest.states
    inside = {state: states[state] for state in standing.setting.states if states.get(state)}
    if not inside:
        return Weight(Severity.BENIGN, f"Not now: no socket here is in {' or '.join(standing.setting.states)}.")
    counted = ", ".join(f"{count:,} in {state}" for state, count in inside.items())
    return Weight(Severity.BENIGN, f"Nothing here says that it matters; it has a say in {counted}.")


def share(used: int | None, limit: int | None, warning: float, critical: float, what: str) -> Weight | None:
    """A count beside its limit, `what` in words; None where either is not told."""
    if used is None or not limit:
        return None
    severity = (
        Severity.CRITICAL
        if used >= critical * limit
        else Severity.WARNING
        if used >= warning * limit
        else Severity.BENIGN
    )
    return Weight(severity, f"{used:,} of {limit:,} {what} ({used / limit:.0%}).")


def ports(_: Standing, case: Case, __: Told) -> Weight:
    """The range of local ports beside the destination that takes most of it."""
    if not case.destinations:
        return Weight(Severity.BENIGN, "Not now: no destination takes a tenth of the range.")
    busiest = max(case.destinations, key=lambda one: one.share)
    blocked = share(
        busiest.blocked_ports, busiest.range_ports, PORTS_HALF_TAKEN, PORTS_CRITICAL,
        f"ports towards {busiest.where} are taken",
    )  # fmt: skip
    assert blocked is not None
    assumed = "" if busiest.range_told else " The range is not told: the system's default is assumed."
    states = (
        f"{busiest.time_wait:,} in TIME_WAIT, {busiest.established:,} ESTABLISHED, {busiest.close_wait:,} CLOSE_WAIT"
    )
    return Weight(blocked.severity, f"{blocked.says[:-1]}: {states}.{assumed}")


def time_wait_ports(standing: Standing, case: Case, told: Told) -> Weight:
    """What frees ports of TIME_WAIT matters where most of the taken ports are in it."""
    weight = ports(standing, case, told)
    if not case.destinations or weight.severity is Severity.BENIGN:
        return Weight(Severity.BENIGN, "Not now: TIME_WAIT takes less than half of the ports towards any destination.")
    busiest = max(case.destinations, key=lambda one: one.share)
    if busiest.time_wait * 2 < busiest.ports:
        return Weight(Severity.BENIGN, f"It would not help: {weight.says} Most of them are in use.")
    return weight


def time_waits(standing: Standing, case: Case, _: Told) -> Weight | None:
    """TIME_WAIT beside the most that there may be, and what was dropped already."""
    count = case.timeline.latest.states.get("TIME_WAIT", 0)
    weight = share(count, standing.number, KERNEL_LIMIT_WARNING, KERNEL_LIMIT_CRITICAL, "TIME_WAIT are there")
    return _with_counter(weight, case, "TcpExtTCPTimeWaitOverflow", "TIME_WAIT were dropped beyond the limit")


def accept_queues(standing: Standing, case: Case, _: Told) -> Weight | None:
    """The fullest accept queue, and whether this setting is what limits it."""
    queued = [one for one in case.listeners if one.queue_conns is not None and one.queue_limit]
    overflows = ("TcpExtListenOverflows", "connections found an accept queue full")
    if not queued:
        return _with_counter(Weight(Severity.BENIGN, "Not now: nothing waits in an accept queue."), case, *overflows)
    fullest = max(queued, key=lambda one: (one.queue_conns or 0) / (one.queue_limit or 1))
    waiting, limit = fullest.queue_conns or 0, fullest.queue_limit or 1
    says = f"{waiting:,} of {limit:,} wait for {name_of(fullest.pid, fullest.process)} at {fullest.where}."
    if fullest.pid is None and fullest.process is None:
        says = f"{waiting:,} of {limit:,} wait to be accepted at {fullest.where}."
    if waiting < ACCEPT_QUEUE_WARNING * limit:
        return _with_counter(Weight(Severity.BENIGN, f"Not now: {says}"), case, *overflows)
    if standing.number is not None and limit < standing.number:
        says += f" The program asked listen() for {limit:,} itself: this setting does not limit it."
        return Weight(Severity.BENIGN, says)
    return Weight(Severity.CRITICAL if fullest.is_full else Severity.WARNING, says)


def half_open(_: Standing, case: Case, told: Told) -> Weight | None:
    """Handshakes that are not finished, at the listener that has most of them; only without SYN cookies is there a say.

    net/ipv4/tcp_input.c, tcp_conn_request().
    """
    if told.get("net.ipv4.tcp_syncookies", "1") != "0":
        on = "is on" if "net.ipv4.tcp_syncookies" in told else "is on, as it is by default"
        return Weight(
            Severity.BENIGN,
            f"It has no say while net.ipv4.tcp_syncookies {on}: the listener's own backlog bounds half-open requests.",
        )
    most = max(case.listeners, key=lambda one: one.half_open, default=None)
    full = ("TcpExtTCPReqQFullDrop", "requests were dropped because the queue was full")
    if most is None or most.half_open < HALF_OPEN_PILE_CONNS:
        count = most.half_open if most else 0
        says = f"Not now: no listener has more than {count_of(count, 'request')} half open."
        return _with_counter(Weight(Severity.BENIGN, says), case, *full)
    return Weight(Severity.WARNING, f"{most.half_open:,} requests are half open at {most.where}.")


def orphaned_fin_wait_2(_: Standing, case: Case, __: Told) -> Weight:
    """FIN_WAIT_2 that no process holds: the only ones this clock ends."""
    unheld, held = _unheld(case, "FIN_WAIT_2")
    severity = Severity.WARNING if unheld >= MANY_UNHELD else Severity.BENIGN
    others = f" {held:,} more are held by a program, and it does not end those." if held else ""
    said = f"{unheld:,} FIN_WAIT_2 are held by no process, which this clock ends.{others}"
    return Weight(severity, said if unheld or held else "Not now: no socket here is in FIN_WAIT_2.")


def orphaned_last_words(_: Standing, case: Case, __: Told) -> Weight:
    """FIN_WAIT_1, LAST_ACK and CLOSING that no process holds: their FIN is sent again so often."""
    unheld = sum(_unheld(case, state)[0] for state in ("FIN_WAIT_1", "LAST_ACK", "CLOSING"))
    severity = Severity.WARNING if unheld >= MANY_UNHELD else Severity.BENIGN
    return Weight(severity, f"{count_of(unheld, 'socket')} held by no process wait for the answer to their FIN.")


def orphans(standing: Standing, case: Case, _: Told) -> Weight | None:
    """Closed sockets that are not yet gone, as the kernel counts them."""
    what = "sockets without a process are there"
    return share(case.timeline.latest.host.orphans, standing.number, KERNEL_LIMIT_WARNING, KERNEL_LIMIT_CRITICAL, what)


def flows(standing: Standing, case: Case, told: Told) -> Weight | None:
    """The flows a firewall remembers."""
    host = case.timeline.latest.host
    used = host.conntrack_flows
    return share(used, standing.number, CONNTRACK_WARNING, CONNTRACK_CRITICAL, "flows are remembered")


def descriptors(_: Standing, case: Case, __: Told) -> Weight | None:
    """The process that is nearest to its own limit."""
    known = [one for one in case.processes.values() if one.descriptor_share is not None]
    if not known:
        return None
    nearest = max(known, key=lambda one: one.descriptor_share or 0.0)
    what = f"descriptors of {name_of(nearest.pid, nearest.process)} are open, the process nearest to its soft limit"
    weight = share(nearest.descriptors, nearest.descriptor_limit, DESCRIPTORS_WARNING, DESCRIPTORS_CRITICAL, what)
    return weight and Weight(weight.severity, weight.says, nearest.descriptor_limit)


def highest_limit(standing: Standing, case: Case, told: Told) -> Weight | None:
    """The ceiling of all limits matters to a process that is at it."""
    at_it = [one for one in case.processes.values() if one.descriptor_limit and one.descriptor_limit == standing.number]
    near = [one for one in at_it if (one.descriptor_share or 0.0) >= DESCRIPTORS_WARNING]
    if not near:
        return Weight(Severity.BENIGN, "Not now: no process that was given so many has nearly used them up.")
    return descriptors(standing, case, told)


def open_files(standing: Standing, _: Case, told: Told) -> Weight | None:
    """The open files of the whole host: the first number of fs.file-nr."""
    used = told.get("fs.file-nr", "").split()[:1]
    number = int(used[0]) if used and used[0].isdecimal() and len(used[0]) < 19 else None
    return share(number, standing.number, DESCRIPTORS_WARNING, DESCRIPTORS_CRITICAL, "files are open on this host")


def _unheld(case: Case, state: str) -> tuple[int, int]:
    """How many sockets in `state` no process holds, and how many others there are."""
    inside = case.rows.filter(pl.col("state") == state)
    unheld = int((inside["owner_kind"] == OwnerKind.KERNEL).sum())
    return unheld, inside.height - unheld


def _with_counter(weight: Weight | None, case: Case, counter: str, what: str) -> Weight | None:
    """What happened before now, as the kernel counts since this namespace was made."""
    count = case.counter(counter)
    if weight is None or not count:
        return weight
    return Weight(weight.severity, f"{weight.says} Since the host was started {count:,} {what} ({counter}).")


#: Values that do harm by themselves, whatever is counted.
HARMFUL: Mapping[tuple[str, str | None], Weight] = {
    ("net.ipv4.tcp_tw_recycle", "1"): Weight(
        Severity.CRITICAL, "It is on: clients behind one NAT are refused at random. sysctl -w net.ipv4.tcp_tw_recycle=0"
    ),
    ("net.ipv4.tcp_abort_on_overflow", "1"): Weight(
        Severity.WARNING, "It is on: each client that meets a full accept queue gets a reset and no second chance."
    ),
    ("net.ipv4.tcp_timestamps", "0"): Weight(
        Severity.WARNING, "It is off: tcp_tw_reuse has no effect, and old packets are less well told from new ones."
    ),
}

#: Which count speaks for which setting.
WEIGHERS: Mapping[str, Weigher] = {
    "net.ipv4.ip_local_port_range": ports,
    "dynamicport tcp": ports,
    "MaxUserPort": ports,
    "net.inet.ip.portrange.first": ports,
    "net.inet.ip.porthifirst": ports,
    "net.ipv4.tcp_tw_reuse": time_wait_ports,
    "net.ipv4.tcp_tw_reuse_delay": time_wait_ports,
    "TcpTimedWaitDelay": time_wait_ports,
    "net.inet.tcp.msl": time_wait_ports,
    "net.ipv4.tcp_max_tw_buckets": time_waits,
    "net.inet.tcp.maxtcptw": time_waits,
    "net.core.somaxconn": accept_queues,
    "kern.ipc.somaxconn": accept_queues,
    "kern.ipc.soacceptqueue": accept_queues,
    "net.ipv4.tcp_max_syn_backlog": half_open,
    "net.ipv4.tcp_fin_timeout": orphaned_fin_wait_2,
    "net.ipv4.tcp_orphan_retries": orphaned_last_words,
    "net.ipv4.tcp_max_orphans": orphans,
    "net.netfilter.nf_conntrack_max": flows,
    "RLIMIT_NOFILE": descriptors,
    "fs.nr_open": highest_limit,
    "fs.file-max": open_files,
}
