"""The rung for other systems, and the last one on Linux: psutil, which asks each system in its own way.

It knows addresses, states and one holder of each socket; no inodes, queues, timers or ages.
"""

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from closewait.capture.processes import Process
from closewait.capture.source import Source, Wish
from closewait.errors import CannotSee
from closewait.formats.format import HolderColumns, Reading
from closewait.tcp.spellings import canonical


def read(wish: Wish) -> Reading:
    """Every TCP socket that psutil can see. Raises CannotSee for another network namespace than this process's."""
    import psutil  # type: ignore[import-untyped]  # psutil ships no types

    if wish.netns is not None:
        raise CannotSee("psutil sees no other network namespace than this process's own")
    caveats: tuple[str, ...] = ()
    try:
        told = [(connection.pid, connection) for connection in psutil.net_connections(kind="tcp")]
    except psutil.AccessDenied:  # macOS tells only root about everybody
        told, refused = _process_by_process()
        caveats = (f"{refused} processes may not be looked into, and their sockets are missing here; run as root.",)
    pids = [pid for pid, _ in told]
    names = {process.pid: process.process for process in processes({*pids} - {None}, wish.proc)}
    rows = [connection for _, connection in told]
    fds = [connection.fd if connection.fd >= 0 else None for connection in rows]
    held = [(row, pid, names.get(pid), fds[row]) for row, pid in enumerate(pids) if pid is not None]
    ownerless = sum(pid is None and row.status != psutil.CONN_TIME_WAIT for pid, row in told)
    return Reading(
        format=SOURCE.name,
        columns={
            "protocol": ["tcp6" if row.family == socket.AF_INET6 else "tcp" for row in rows],
            "local_address": [row.laddr.ip if row.laddr else None for row in rows],
            "local_port": [row.laddr.port or None if row.laddr else None for row in rows],
            "remote_address": [row.raddr.ip if row.raddr else None for row in rows],
            "remote_port": [row.raddr.port or None if row.raddr else None for row in rows],
            "state": [canonical(row.status) for row in rows],
            "pid": pids,
            "process": [names.get(pid) for pid in pids],
            "fd": fds,
        },
        holders=HolderColumns(*zip(*held, strict=True)) if held else HolderColumns(),
        owners_told=not ownerless,
        caveats=caveats,
    )


def processes(pids: Iterable[int], proc: Path) -> Iterator[Process]:
    """Those of `pids` that still run; `proc` is not needed here."""
    import psutil

    for pid in sorted(pids):
        try:
            told = psutil.Process(pid).as_dict(["name", "cmdline", "uids", "create_time"])
        except psutil.NoSuchProcess:
            continue
        yield Process(
            pid=pid,
            process=told["name"],
            command_line=" ".join(told["cmdline"] or ()) or None,
            uid=told["uids"].effective if told.get("uids") else None,
            started_at_unix_s=told["create_time"],
            descriptor_limit=None,
        )


def _process_by_process() -> tuple[list[tuple[int | None, Any]], int]:
    """The sockets of the processes this user may look into, and how many processes may not be."""
    import psutil

    told: list[tuple[int | None, Any]] = []
    refused = 0
    for process in psutil.process_iter():
        try:
            told += [(process.pid, connection) for connection in process.net_connections(kind="tcp")]
        except psutil.AccessDenied:
            refused += 1
        except psutil.NoSuchProcess:
            continue  # it has ended
    return told, refused


SOURCE = Source(name="psutil", told_by="psutil", read=read, processes=processes)
