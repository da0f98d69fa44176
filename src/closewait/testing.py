"""For tests, yours as well as ours: sockets written as lines of text become a Snapshot.

    look = snapshot('''
        LISTEN       0.0.0.0:443    -                    pid=4121 process=java queue=0/128
        50 x CLOSE_WAIT 10.0.0.1:443   203.0.113.9:50001    pid=4121 process=java recvq=0 age=90s
    ''')

`N x` repeats a row with the next port each time: the local one where it is ephemeral, else the
remote one. Fields: pid, process, fd, inode, uid, recvq, sendq,
queue=waiting/limit, age=90s or age=2s..5min, holders=22,32, timer, retransmits, cookie, sent_ms,
received_ms, ack_ms. What a line does not tell is null.
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from closewait.diagnosis.roles import EPHEMERAL_FROM
from closewait.records import record
from closewait.snapshot.columns import HOLDERS, PROCESSES
from closewait.snapshot.durations import duration_s as duration_s
from closewait.snapshot.host import Host
from closewait.snapshot.sight import Sight
from closewait.snapshot.table import Snapshot, frame

INTEGERS = {
    "pid": "pid", "fd": "fd", "inode": "inode", "uid": "uid", "recvq": "recv_queue_bytes", "sendq": "send_queue_bytes",
    "cookie": "cookie", "sent_ms": "last_sent_ms", "received_ms": "last_received_ms", "ack_ms": "last_ack_ms",
    "bytes_sent": "bytes_sent", "bytes_acked": "bytes_acked",
    "retransmits": "timer_retransmits",
}  # fmt: skip

RUNS_IN = ("user", "cgroup", "unit", "container", "container_runtime", "pod_uid")


@record
class StoppedClock:
    """A clock that shows what it is told."""

    unix_s: float = 1_800_000_000.0

    def __call__(self) -> float:
        """The time, in seconds since 1970."""
        return self.unix_s


def snapshot(
    lines: str,
    *,
    processes: str = "",
    owners_told: bool | None = True,
    taken_at_unix_s: float | None = None,
    host: Host | None = None,
    format_name: str = "ss_text",
) -> Snapshot:
    """A Snapshot of these sockets, and of processes: `pid=7 process=java descriptors=9/10 dead=3`."""
    rows: list[dict[str, Any]] = []
    holders: list[dict[str, Any]] = []
    for line in lines.strip().splitlines():
        if line.strip():
            for values, pids in _rows(line.split()):
                holders += [
                    {"socket": len(rows), "pid": pid, "process": values.get("process"), "fd": 5} for pid in pids
                ]
                rows.append(values)
    names = dict.fromkeys(name for row in rows for name in row)
    return Snapshot.of_columns(
        {name: [row.get(name) for row in rows] for name in names},
        holders=frame(HOLDERS, _columns(holders)),
        processes=frame(
            PROCESSES, _columns([_process(line) for line in processes.strip().splitlines() if line.strip()])
        ),
        host=host or Host(),
        sight=Sight(rows=len(rows), owners_told=owners_told),
        taken_at_unix_s=taken_at_unix_s,
        format=format_name,
    )


def _rows(words: list[str]) -> Iterator[tuple[dict[str, Any], list[int]]]:
    times = 1
    if words[1:2] == ["x"]:
        times, words = int(words[0]), words[2:]
    state, local, remote, *fields = words
    told = dict(field.split("=", 1) for field in fields)
    for step in range(times):
        values: dict[str, Any] = {"protocol": "tcp", "state": state}
        local_steps = _port(local) >= EPHEMERAL_FROM
        values |= _end("local", local, step if local_steps else 0) | _end("remote", remote, 0 if local_steps else step)
        values |= {INTEGERS[key]: int(value) for key, value in told.items() if key in INTEGERS}
        values |= {key: value for key, value in told.items() if key in ("process", "timer")}
        if "fd" in values:
            values["fd"] += step
        if values.get("inode"):
            values["inode"] += step
        if "cookie" in values:
            values["cookie"] += step
        if "queue" in told:
            values["accept_queue_conns"], values["accept_queue_limit"] = (
                int(part) for part in told["queue"].split("/")
            )
        if "age" in told:
            low, _, high = told["age"].partition("..")
            values["age_low_s"], values["age_high_s"] = duration_s(low), duration_s(high or low)
        pids = [int(pid) for pid in told["holders"].split(",")] if "holders" in told else []
        if pids:
            values["pid"] = min(pids)
        yield values, pids


def _end(side: str, text: str, step: int) -> dict[str, Any]:
    if text == "-":
        return {f"{side}_address": "0.0.0.0"}
    address, _, port = text.rpartition(":")
    if not port.isdigit():
        return {f"{side}_address": address, f"{side}_service": port}
    return {f"{side}_address": address.strip("[]"), f"{side}_port": int(port) + step}


def _port(end: str) -> int:
    port = end.rpartition(":")[2]
    return int(port) if port.isdigit() else 0


def _process(line: str) -> dict[str, Any]:
    told = dict(field.split("=", 1) for field in shlex.split(line))
    values: dict[str, Any] = {"pid": int(told["pid"]), "process": told.get("process")}
    if "command" in told:
        values["command_line"] = told["command"]
    if "descriptors" in told:
        values["descriptors"], values["descriptor_limit"] = (int(part) for part in told["descriptors"].split("/"))
    values |= {key: told[key] for key in RUNS_IN if key in told}
    if "dead" in told:
        values["dead_descriptors"] = int(told["dead"])
    return values


def _columns(rows: list[dict[str, Any]]) -> Mapping[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}
