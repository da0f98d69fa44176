"""`conntrack -L` and `-E`, and /proc/net/nf_conntrack: the flows that a Linux firewall or NAT keeps track of.

A row, and an event of a flow (libnetfilter_conntrack src/conntrack/snprintf_default.c; kernel
net/netfilter/nf_conntrack_standalone.c, ct_seq_show()):

    [ipv4 2]  tcp 6  timer_s STATE  src= dst= sport= dport=  [UNREPLIED] src= dst= sport= dport=  [ASSURED] mark= use=
    [UPDATE]  tcp 6  timer_s STATE  src= dst= sport= dport=  …

- A flow is no socket: its ends may both be elsewhere, and its state is what the packets passing by looked like. The
  first source is taken as the local end, the first destination as the remote one; behind them stand the addresses that
  answers come from, which NAT makes different.
- The timer is what is left until the entry is forgotten. An offloaded flow has none; what ended has none either.
- Events are the history of flows, not so many flows: told is each flow that has not ended, as its last event left it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from closewait.formats.addresses import port
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

TUPLE = r"src=(?P<src>\S+) +dst=(?P<dst>\S+) +sport=(?P<sport>\S+) +dport=(?P<dport>\S+)"
ROW = re.compile(
    r"(?:\[(?P<time>[0-9]{1,11}\.[0-9]+)\] *)?"
    r"(?:\[(?P<event>NEW|UPDATE|DESTROY)\] +)?"
    r"(?:ipv[46] +[0-9]+ +)?"
    r"\b(?P<protocol>[a-z]\w*) +[0-9]+ +"
    r"(?:(?P<timer>[0-9]{1,10})(?:\([^)]{0,80}\))? +)?"  # `54(expire seconds)`: somebody's remark
    r"(?:(?P<state>[A-Z][A-Z_0-9]*) +)?"
    rf"(?:\[\w+\] +)*{TUPLE}"
)
ROW_OF_ANY_PROTOCOL = re.compile(r"\b[a-z]\w* +[0-9]+ +[^=]{0,120}\bsrc=\S+ +dst=\S")
CUT_ROW = re.compile(r"(?:^|[ \]])tcp +6 +(?:[0-9]+ +)?[A-Z_0-9]{4,}(?: |$)")
CUT_ON_THE_LEFT = re.compile(r" *(?:\S+ +){0,3}sport=\S+ +dport=\S")
FOOTING = re.compile(r"conntrack v\S+ \(conntrack-tools\): ")

Flow = Mapping[str, str | None]


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are flows, of whatever protocol."""
    return sum(bool(ROW_OF_ANY_PROTOCOL.search(line) or FOOTING.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP flows of one listing, or those that are left at the end of a series of events."""
    flows, missed = [], []
    for index, line in enumerate(paste):
        found = ROW.search(line)
        if found and found["protocol"] == "tcp":
            flows.append(found.groupdict())
        elif reason := why_not_understood(line):
            missed.append(paste.not_understood(index, reason))
    return (reading_of(flows, missed),)


def why_not_understood(line: str) -> str | None:
    """The reason why a line that tells of a TCP flow is none; None when it tells of none."""
    if CUT_ROW.search(line):
        return "It begins like a flow of conntrack, but not both of its ends are there."
    if CUT_ON_THE_LEFT.match(line):
        return "It ends like a flow of conntrack; its beginning is cut off."
    return None


def reading_of(flows: Sequence[Flow], missed: Sequence[LineNotUnderstood]) -> Reading:
    """The rows as told; where they are events, the flows that they leave behind."""
    events = [flow for flow in flows if flow["event"]]
    rows = [flow for flow in flows if not flow["event"]]
    times = [float(flow["time"]) for flow in events if flow["time"]]
    return Reading(
        format=FORMAT.name,
        kind="flows",
        columns=columns([*rows, *left_by(events)]),
        taken_at_unix_s=times[-1] if times else None,
        lines_not_understood=tuple(missed),
        caveats=tuple(caveats(events)),
    )


def left_by(events: Sequence[Flow]) -> Iterator[Flow]:
    """Each flow that has not ended, as its last event tells it."""
    last: dict[tuple[str | None, ...], Flow] = {}
    for event in events:
        last[ends_of(event)] = event
    return (event for event in last.values() if event["event"] != "DESTROY")


def ends_of(flow: Flow) -> tuple[str | None, ...]:
    """What one flow has in common in all its events."""
    return flow["src"], flow["dst"], flow["sport"], flow["dport"]


def columns(flows: Sequence[Flow]) -> dict[str, ColumnValues]:
    """The flows as columns of the one table."""
    local, remote = ([port(flow[side] or "") for flow in flows] for side in ("sport", "dport"))
    return {
        "protocol": ["tcp6" if ":" in (flow["src"] or "") else "tcp" for flow in flows],
        "local_address": [flow["src"] for flow in flows],
        "local_port": [told.number for told in local],
        "local_service": [told.service for told in local],
        "remote_address": [flow["dst"] for flow in flows],
        "remote_port": [told.number for told in remote],
        "remote_service": [told.service for told in remote],
        "state": [flow["state"] and canonical(flow["state"]) for flow in flows],
        "timer_left_s": [flow["timer"] and int(flow["timer"]) for flow in flows],
    }


def caveats(events: Sequence[Flow]) -> Iterator[str]:
    """What these rows are not."""
    yield "conntrack tells of flows that a firewall tracks, not of sockets: nobody holds them, and a timer ends each."
    if events:
        flows = len({ends_of(event) for event in events})
        yield (
            f"{len(events)} events tell the history of {flows} flow{'s' if flows > 1 else ''}; "
            "listed is what had not ended, as the last event left it."
        )


FORMAT = TextFormat(
    name="conntrack",
    told_by="conntrack -L or -E, /proc/net/nf_conntrack",
    opens=FOOTING.pattern,
    recognises=recognises,
    read=read,
)
