"""How many of this host's own ports one remote end takes.

Two connections may share a local port as long as they go to different remote ends: what runs out is the range towards
one (local address, remote address, remote port). TIME_WAIT takes its port as any other state does.
"""

import polars as pl

from closewait.diagnosis.thresholds import DEFAULT_EPHEMERAL_PORTS, FEWEST_EPHEMERAL_PORTS, PORTS_WARNING
from closewait.records import record
from closewait.snapshot.table import Snapshot

KEY = ["source_address", "target_address", "target_port"]

#: tcp_tw_reuse lets connect() take a TIME_WAIT port after a second: 1 always, 2 on loopback only (net/ipv4/tcp_ipv4.c).
REUSE_ALWAYS, REUSE_ON_LOOPBACK = 1, 2


@record
class Destination:
    """One (local address, remote address, remote port) and the local ports taken towards it."""

    source_address: str | None
    target_address: str | None
    target_port: int | None
    ports: int
    time_wait: int
    established: int
    close_wait: int
    pid: int | None
    process: str | None
    range_ports: int
    range_told: bool  # False: the system's default is assumed
    time_wait_reusable: bool  # connect() may take a TIME_WAIT port here after a second

    @property
    def where(self) -> str:
        """`10.0.0.9:5432`."""
        address = self.target_address or "*"
        return f"[{address}]:{self.target_port}" if ":" in address else f"{address}:{self.target_port}"

    @property
    def blocked_ports(self) -> int:
        """Ports that connect() cannot have: TIME_WAIT does not count where it may be reused."""
        return self.ports - self.time_wait if self.time_wait_reusable else self.ports

    @property
    def share(self) -> float:
        """Of the range, the part that is blocked."""
        return self.blocked_ports / self.range_ports


def destinations(look: Snapshot, rows: pl.DataFrame, least_share: float = PORTS_WARNING) -> list[Destination]:
    """Remote ends that take this part of the ephemeral range, busiest first; `rows` are the charged sockets."""
    told = look.host.ephemeral_ports
    range_ports = told or DEFAULT_EPHEMERAL_PORTS.get(look.system or "", FEWEST_EPHEMERAL_PORTS)
    used = _own_ports(rows)
    if look.host.port_range is not None:
        used = used.filter(pl.col("source_port").is_between(*look.host.port_range))
    many = used.group_by(KEY).len().filter(pl.col("len") >= least_share * range_ports).select(KEY)
    frame = (
        used.join(many, on=KEY, how="semi", nulls_equal=True)
        .group_by(KEY)
        .agg(
            ports=pl.col("source_port").n_unique(),
            time_wait=(pl.col("state") == "TIME_WAIT").sum(),
            established=(pl.col("state") == "ESTABLISHED").sum(),
            close_wait=(pl.col("state") == "CLOSE_WAIT").sum(),
            pid=pl.col("source_pid").drop_nulls().mode().min(),
            process=pl.col("source_process").drop_nulls().mode().min(),
        )
        .filter(pl.col("ports") >= least_share * range_ports)
        .sort(["ports", *KEY], descending=[True, False, False, False])
    )
    return [
        Destination(
            **row,
            range_ports=range_ports,
            range_told=told is not None,
            time_wait_reusable=_reusable(look.host.tw_reuse, row["target_address"]),
        )
        for row in frame.iter_rows(named=True)
    ]


def _own_ports(rows: pl.DataFrame) -> pl.DataFrame:
    """Connections by their client end; where only the server's end of a local connection is shown, seen from there.

    TIME_WAIT stays on the side that closed first: when a server on this host closes a connection from this host, the
    client's port is taken all the same and only the server's row shows it.
    """
    rows = rows.filter(pl.col("state").is_in(["LISTEN", "BOUND", "CLOSED"]).not_())
    ours = rows.filter(pl.col("role") == "client").select(
        "state",
        source_address="local_address", source_port="local_port",
        target_address="remote_address", target_port="remote_port",
        source_pid="pid", source_process="process",
    )  # fmt: skip
    mirrored = rows.filter((pl.col("role") == "server") & (pl.col("local_address") == pl.col("remote_address"))).select(
        "state",
        source_address="remote_address", source_port="remote_port",
        target_address="local_address", target_port="local_port",
        source_pid=pl.lit(None, dtype=pl.Int64), source_process=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    return pl.concat([ours, mirrored]).filter(pl.col("source_port").is_not_null())


def _reusable(tw_reuse: int | None, target_address: str | None) -> bool:
    loopback = target_address is not None and (target_address.startswith("127.") or target_address == "::1")
    return tw_reuse == REUSE_ALWAYS or (tw_reuse == REUSE_ON_LOOPBACK and loopback)
