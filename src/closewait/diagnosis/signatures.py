"""Known signatures: numbers in a finding that point at one library, protocol or setting.

Each is a hint and said as one. A number that means nothing known is left alone.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from closewait.diagnosis.group import Group
from closewait.diagnosis.runtimes import Runtime, runtime_of
from closewait.diagnosis.thresholds import SAME_SILENCE_S, SAME_SILENCE_SHARE
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.tcp.pools import idle_limit, pools_of
from closewait.tcp.receive_queue import goodbye

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.destination import Destination

#: What Go's http.Transport keeps idle to one host (net/http/transport.go, DefaultMaxIdleConnsPerHost).
KEPT_BY_GO = 2

#: A smaller number is a coincidence too often, where the program's runtime does not narrow down whose pool it is.
LEAST_TELLING_CONNECTIONS = 5


def runtime_in(case: "Case", pid: int | None, process: str | None) -> Runtime | None:
    """The runtime of a process of this case."""
    known = case.processes.get(pid) if pid is not None else None
    return runtime_of(process, known.command_line if known else None)


def unread_goodbyes(group: Group) -> str | None:
    """`8 with only a goodbye unread (25 bytes: a TLS 1.3 close_notify (24 bytes) and the FIN)`."""
    if not group.unread_goodbye:
        return None
    named = [(size, known.what) for size in group.goodbyes if (known := goodbye(size))]
    told = "; ".join(f"{count_of(size, 'byte')}: {what}" for size, what in named)
    return f"{group.unread_goodbye:,} with only a goodbye unread ({told})"


def pool_bound(case: "Case", group: Group) -> str | None:
    """The pools that keep exactly as many connections to one place as the group has."""
    if group.destinations > 1 or not group.owner_known:
        return None
    runtime = runtime_in(case, group.owner_pid, group.owner_process)
    least = 1 if runtime else LEAST_TELLING_CONNECTIONS
    for connections, which in ((group.close_wait + group.established, "in all"), (group.close_wait, "in CLOSE_WAIT")):
        pools = pools_of(connections, runtime) if connections >= least else ()
        if pools:
            return f"{connections} {which}: as many as {_or(pool.what for pool in pools)} keeps unless it is set"
    return None


def closed_after_silence(case: "Case", group: Group) -> str | None:
    """What limit the silence equals after which the other end closed, where it was the same for every socket."""
    low_s, high_s = group.silence_low_s, group.silence_high_s
    if low_s is None or high_s is None:
        return None
    within_s = max(SAME_SILENCE_S, SAME_SILENCE_SHARE * low_s)
    if low_s < SAME_SILENCE_S or high_s - low_s > within_s:
        return None
    silence_s = (low_s + high_s) / 2
    configured = [
        f"{timeout.name} ({timeout.origin})"
        for timeout in case.timeline.latest.evidence.timeouts
        if abs(timeout.seconds - silence_s) <= within_s
    ]
    known = idle_limit(silence_s, within_s=within_s)
    names = _or(configured) if configured else known.who if known else ""
    meaning = f", the limit of {names}" if configured else f", as {names} does" if names else ": an idle time-out there"
    return f"the other end closed each after {age_in_words(silence_s)} of silence{meaning}"


def two_kept(case: "Case", destination: "Destination") -> str | None:
    """Exactly two connections kept beside a pile of TIME_WAIT: a pool that is too small, by default of Go."""
    if destination.established != KEPT_BY_GO or destination.time_wait < destination.ports / 2:
        return None
    if runtime_in(case, destination.pid, destination.process) not in (Runtime.GO, None):
        return None
    return (
        "exactly 2 are kept and all others closed: as Go's http.Transport does, whose MaxIdleConnsPerHost is 2 unless "
        "it was set"
    )


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)
