"""The numbers of one look that are worth remembering, each with its labels and, where there is one, its wall.

History keeps them, a forecast reads one of them over time, Prometheus prints them: `MEASURES` says once what each is.
What was found, and what the watch costs, are numbers as well.
What a look does not tell has no gauge; a state without sockets has one, of zero. Of a measure with labels that a host
has without bound (processes, listeners, destinations) the largest MOST_OF_A_MEASURE are told.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import prod

import polars as pl

from closewait.diagnosis.case import Case
from closewait.diagnosis.destination import destinations
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.listener import Listener, fullest
from closewait.diagnosis.report import Report
from closewait.diagnosis.rules import RULES
from closewait.records import record
from closewait.tcp.states import STATE_NAMES

MOST_OF_A_MEASURE = 50

#: Parts of the ages that are told: the median, the oldest tenth's youngest, the oldest.
QUANTILES = (0.5, 0.9, 1.0)

#: Where the other end is, the first that fits: RFC 1122 and 4291 (loopback), 3927 and 4291 (link-local), 1918, 6598 and
#: 4193 (private); the rest is public.
DESTINATION_CLASSES = {
    "loopback": r"^(?:127\.|::1$|localhost$)",
    "link-local": r"^(?:169\.254\.|fe[89ab])",
    "private": r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
    r"|f[cd]..:)",
}


@record
class Measure:
    """What one number of a look means. The unit is in the name; `wall` says what the limit is, None: it has none.

    `subject` is what a sentence calls it, a plural with its labels. `grows`: it only ever grows while a watch runs, and
    begins at 0 with the next.
    """

    name: str
    labels: tuple[str, ...]
    meaning: str
    wall: str | None = None
    subject: str | None = None
    grows: bool = False


@record
class Gauge:
    """One number of one look: the values of the measure's labels in their order, the value, and the wall if any."""

    measure: str
    labels: tuple[str, ...]
    value: float
    limit: float | None = None

    @property
    def subject(self) -> str:
        """What a sentence calls it: `descriptors of java[4121]`."""
        measure = next(one for one in MEASURES if one.name == self.measure)
        return (measure.subject or measure.name).format(**dict(zip(measure.labels, self.labels, strict=True)))


#: What a look tells, where its source does.
MEASURES_OF_A_LOOK = (
    Measure("sockets", ("state",), "TCP sockets in each state."),
    Measure(
        "process_sockets",
        ("pid", "process", "state"),
        "TCP sockets of each process by state; `(kernel)` has those that no program holds any more, `(hidden)` those "
        "whose holder may not be seen, `(other)` those of the processes with the fewest.",
    ),
    Measure("destination_sockets", ("class", "state"), "Connections by where their other end is."),
    Measure("listener_sockets", ("listener", "state"), "Connections of each listening end."),
    Measure(
        "persisting_close_wait",
        ("pid", "process"),
        "CLOSE_WAIT that were the same sockets in the look before, or older.",
    ),
    Measure("close_wait_age_seconds", ("quantile",), "How long sockets have been in CLOSE_WAIT at least."),
    Measure(
        "accept_queue_connections",
        ("listener",),
        "Connections that wait to be accepted.",
        "the listener's backlog and one more: then it is full",
        "connections that wait at {listener}",
    ),
    Measure(
        "destination_ports",
        ("source", "destination"),
        "Local ports taken towards one destination that connect() may not take again.",
        "the ephemeral ports of the host",
        "local ports from {source} to {destination}",
    ),
    Measure(
        "descriptors",
        ("pid", "process"),
        "Open descriptors.",
        "the soft limit RLIMIT_NOFILE",
        "descriptors of {process}[{pid}]",
    ),
    Measure("dead_descriptors", ("pid", "process"), "Descriptors of sockets that are in no table any more."),
    Measure("orphans", (), "Sockets closed by their programs and not yet gone.", "net.ipv4.tcp_max_orphans", "orphans"),
    Measure(
        "tcp_memory_pages",
        (),
        "Pages held by the buffers of TCP.",
        "the third number of net.ipv4.tcp_mem",
        "pages held by TCP",
    ),
    Measure("conntrack_flows", (), "Tracked connections.", "net.netfilter.nf_conntrack_max", "tracked connections"),
    Measure("findings", ("rule", "severity"), "What was found, by rule; every rule is told, zero as zero."),
    Measure("finding_sockets", ("rule",), "Sockets in what a rule found to be a warning or critical."),
    Measure("look_timestamp_seconds", (), "When the look was taken, in seconds since 1970."),
)

#: What looking costs, which only a watch knows.
MEASURES_OF_A_WATCH = (
    Measure("look_seconds", (), "How long the look and its judgement took."),
    Measure("looks", (), "Looks that were taken.", grows=True),
    Measure("failed_looks", (), "Looks that could not be taken.", grows=True),
    Measure("processor_seconds", (), "Processor time that closewait itself has used.", grows=True),
    Measure("memory_bytes", (), "Memory that closewait itself holds."),
    Measure("notifications", ("outcome",), "Notifications, by what became of them.", grows=True),
)

MEASURES = (*MEASURES_OF_A_LOOK, *MEASURES_OF_A_WATCH)

#: Labels that cannot have more values than these; a state that a dump does not tell is empty.
VALUES_OF = {
    "state": len(STATE_NAMES) + 1,
    "class": len(DESTINATION_CLASSES) + 1,
    "quantile": len(QUANTILES),
    "rule": len(RULES),
    "severity": len(Severity),
    "outcome": 3,
}


def most_series(measure: Measure) -> int:
    """How many gauges of a measure one look can have; processes, listeners and destinations are bounded together."""
    told = prod(VALUES_OF.get(label, 1) for label in measure.labels)
    hosts_own = [label for label in measure.labels if label not in VALUES_OF]
    return (MOST_OF_A_MEASURE + 1) * told if hosts_own else told


def gauges(case: Case) -> tuple[Gauge, ...]:
    """The gauges of the latest look, measure by measure."""
    counts = case.timeline.latest.states
    told = [Gauge("sockets", (state,), counts.get(state, 0)) for state in STATE_NAMES]
    if case.timeline.latest.kind == "sockets":
        told += [*_of_owners(case), *_of_close_wait(case), *_of_listeners(case), *_of_destinations(case)]
    return (*told, *_of_processes(case), *_of_the_host(case))


def gauges_of(report: Report) -> tuple[Gauge, ...]:
    """The gauges of the look that a report is about, and of what was found in it."""
    found = {(rule.name, severity): 0 for rule in RULES for severity in Severity}
    sockets = {rule.name: 0 for rule in RULES}
    for finding in report.findings:
        found[finding.rule, finding.severity] = found.get((finding.rule, finding.severity), 0) + 1
        if finding.severity is not Severity.BENIGN:
            sockets[finding.rule] = sockets.get(finding.rule, 0) + finding.sockets
    taken_at_s = report.snapshot.taken_at_unix_s
    return (
        *gauges(report.case),
        *(Gauge("findings", (rule, severity.value), count) for (rule, severity), count in found.items()),
        *(Gauge("finding_sockets", (rule,), count) for rule, count in sockets.items()),
        *(() if taken_at_s is None else [Gauge("look_timestamp_seconds", (), taken_at_s)]),
    )


def gauges_of_cost(
    *,
    look_s: float | None,
    looks: int,
    failed_looks: int,
    processor_s: float | None,
    memory_bytes: int | None,
    notifications: Mapping[str, int],
) -> tuple[Gauge, ...]:
    """What a watch costs the host so far, as far as it is told; `notifications` by what became of them."""
    told = {
        "look_seconds": look_s,
        "looks": looks,
        "failed_looks": failed_looks,
        "processor_seconds": processor_s,
        "memory_bytes": memory_bytes,
    }
    return (
        *(Gauge(name, (), value) for name, value in told.items() if value is not None),
        *(Gauge("notifications", (outcome,), count) for outcome, count in notifications.items()),
    )


def _of_owners(case: Case) -> Iterator[Gauge]:
    """Sockets by whom they are charged to and by state, and by the class of the other end."""
    pid, kind = pl.col("owner_pid"), pl.col("owner_kind")
    owner = pl.when(pid.is_null() & pl.col("owner_process").is_null()).then("(" + kind + ")").otherwise("owner_process")
    counted = case.rows.group_by(pid.alias("pid"), owner.alias("process"), "state").len()
    largest = (
        counted.group_by("pid", "process").agg(pl.col("len").sum()).sort("len", "pid", descending=[True, False])
    ).head(MOST_OF_A_MEASURE)
    kept = counted.join(largest, on=["pid", "process"], how="semi", nulls_equal=True)
    rest = counted.join(largest, on=["pid", "process"], how="anti", nulls_equal=True)
    rest = (
        rest.group_by("state")
        .agg(pl.col("len").sum())
        .select(pid=None, process=pl.lit("(other)"), state="state", len="len")
    )
    for frame in (kept, rest):
        for number, process, state, sockets in frame.iter_rows():
            yield Gauge("process_sockets", (_text(number), process or "", state or ""), sockets)
    remote = case.rows.filter(pl.col("remote_address").is_not_null(), pl.col("state") != "LISTEN")
    place = pl.lit("public")
    for name, pattern in reversed(DESTINATION_CLASSES.items()):
        place = (
            pl.when(pl.col("remote_address").str.to_lowercase().str.contains(pattern))
            .then(pl.lit(name))
            .otherwise(place)
        )
    for name, state, sockets in remote.group_by(place.alias("class"), "state").len().iter_rows():
        yield Gauge("destination_sockets", (name, state or ""), sockets)


def _of_close_wait(case: Case) -> Iterator[Gauge]:
    """Those that stay, by their holder, and the ages of all."""
    staying: dict[tuple[str, str], float] = {}
    for group in case.with_close_wait:
        stayed = group.patience_exceeded if group.persisting is None else max(group.persisting, group.patience_exceeded)
        holder = _text(group.owner_pid), group.owner_process or ""
        staying[holder] = staying.get(holder, 0) + stayed
    yield from _largest("persisting_close_wait", ((holder, value, None) for holder, value in staying.items()))
    ages_s = case.rows.filter(state="CLOSE_WAIT")["age_low_s"].drop_nulls()
    for part in QUANTILES:
        age_s = ages_s.quantile(part)
        if age_s is not None:
            yield Gauge("close_wait_age_seconds", (str(part),), age_s)


def _of_listeners(case: Case) -> Iterator[Gauge]:
    """Each listening end: its queue, and the connections at its port."""
    ends = [Listener(**row) for row in fullest(case.rows.filter(state="LISTEN")).iter_rows(named=True)]
    queues = (
        ((end.where,), end.queue_conns, None if end.queue_limit is None else end.queue_limit + 1)
        for end in ends
        if end.queue_conns is not None
    )
    yield from _largest("accept_queue_connections", queues)
    by_port = {end.port: end.where for end in reversed(ends) if end.port is not None}
    served = case.rows.filter(pl.col("role") == "server", pl.col("state") != "LISTEN")
    counted = served.group_by("local_port", "state").len().sort("len", descending=True)
    named = (((by_port[port], state or ""), sockets) for port, state, sockets in counted.iter_rows() if port in by_port)
    for _, (labels, sockets) in zip(range(MOST_OF_A_MEASURE * len(STATE_NAMES)), named, strict=False):
        yield Gauge("listener_sockets", labels, sockets)


def _of_destinations(case: Case) -> Iterator[Gauge]:
    """The busiest destinations, whatever part of the range they take."""
    busiest = destinations(case.timeline.latest, case.rows, least_share=0.0)[:MOST_OF_A_MEASURE]
    for one in busiest:
        yield Gauge("destination_ports", (one.source_address or "*", one.where), one.blocked_ports, one.range_ports)


def _of_processes(case: Case) -> Iterator[Gauge]:
    """Descriptors of the processes that hold sockets."""
    told = [((str(one.pid), one.process or ""), one) for one in case.processes.values()]
    yield from _largest(
        "descriptors",
        ((who, one.descriptors, one.descriptor_limit) for who, one in told if one.descriptors is not None),
    )
    yield from _largest(
        "dead_descriptors", ((who, one.dead_descriptors, None) for who, one in told if one.dead_descriptors)
    )


def _of_the_host(case: Case) -> Iterator[Gauge]:
    """The walls that all programs of the host share."""
    host = case.timeline.latest.host
    for name, value, limit in (
        ("orphans", host.orphans, host.max_orphans),
        ("tcp_memory_pages", host.tcp_memory_pages, host.tcp_mem_pages and host.tcp_mem_pages[2]),
        ("conntrack_flows", host.conntrack_flows, host.conntrack_limit or None),  # 0: no wall (nf_conntrack_core.c)
    ):
        if value is not None:
            yield Gauge(name, (), value, limit)


def _largest(measure: str, told: Iterable[tuple[tuple[str, ...], float, float | None]]) -> list[Gauge]:
    """The largest by share of their limit, then by value."""
    every = [Gauge(measure, labels, value, limit) for labels, value, limit in told]
    every.sort(key=lambda one: (-(one.value / one.limit if one.limit else 0), -one.value, one.labels))
    return every[:MOST_OF_A_MEASURE]


def _text(pid: int | None) -> str:
    return "" if pid is None else str(pid)
