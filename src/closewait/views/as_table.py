"""The sockets as rows. Columns are as wide as what is in them, so that ordinary addresses fit into 80 columns.

A listener's queues count connections: waiting in RECV-Q, the limit in SEND-Q, as ss shows them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from closewait.diagnosis.wording import name_of
from closewait.snapshot.table import Snapshot
from closewait.views.aligned import aligned, as_columns
from closewait.views.as_counts import as_counts
from closewait.views.visible import visible

HEADER = ("STATE", "LOCAL", "REMOTE", "RECV-Q", "SEND-Q", "AGE", "HOLDER")
TO_THE_RIGHT = {"RECV-Q", "SEND-Q", "AGE"}
COLUMNS = ("state", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
           "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "accept_queue_limit",
           "age_low_s", "age_high_s", "pid", "process")  # fmt: skip


def as_table(look: Snapshot, *, verbose: bool = False, wide: bool = False) -> str:
    """The rows of one look under a header; `verbose` adds the lines that were not understood.

    `wide` shows every column that any row tells, by its name, and so the rows of other kinds than sockets too; flows
    have no queues, ages and holders, and are always shown so.
    """
    if look.kind == "flows" or (wide and look.kind != "counts"):
        told = look.told()
        lines = as_columns(told.columns, told.rows()).splitlines()
    elif look.kind == "counts":
        lines = as_counts(look.states).splitlines()
    elif look.kind == "sockets":
        rows = [_cells(row) for row in look.sockets.select(COLUMNS).iter_rows(named=True)]
        lines = list(aligned(HEADER, rows, right=TO_THE_RIGHT))
    else:
        lines = [f"# {look.kind} are shown with --wide and with --json"]
    lines += [f"# {visible(caveat)}" for caveat in look.sight.caveats]
    lines += _not_understood(look, verbose)
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    listening = row["state"] == "LISTEN"
    has_holder = row["pid"] is not None or row["process"] is not None
    return (
        visible(row["state"] or "-"),
        visible(_end(row, "local")),
        visible(_end(row, "remote")),
        _number(row["accept_queue_conns" if listening else "recv_queue_bytes"]),
        _number(row["accept_queue_limit" if listening else "send_queue_bytes"]),
        _age(row["age_low_s"], row["age_high_s"]),
        visible(name_of(row["pid"], row["process"])) if has_holder else "-",
    )


def _end(row: Mapping[str, Any], side: str) -> str:
    address = row[f"{side}_address"] or "*"
    port = row[f"{side}_port"] if row[f"{side}_port"] is not None else row[f"{side}_service"]
    return f"[{address}]:{port or '*'}" if ":" in address else f"{address}:{port or '*'}"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _age(low_s: float | None, high_s: float | None) -> str:
    """`3m52s` where exact, `>40s` where only the lower bound is known."""
    if low_s is None:
        return "-"
    minutes, seconds = divmod(round(low_s), 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"
    return said if high_s is not None and high_s - low_s < 1 else f">{said}"


def _not_understood(look: Snapshot, verbose: bool) -> Iterator[str]:
    missed = look.sight.lines_not_understood
    if verbose:
        yield from (f"# line {line.line_no}: {visible(line.why)}: {visible(line.text)}" for line in missed)
    elif missed:
        yield f"# lines not understood: {len(missed)}; see them with: closewait list SOURCE -v"
