"""Which end of a connection this host is, and whom a socket is charged to.

A socket on a listening port is the server's end; any other is the client's. A connection that no process holds yet
sits in an accept queue (it has inode 0, in ESTABLISHED as in CLOSE_WAIT; measured) and is charged to its listener.
"""

from dataclasses import replace

import polars as pl

from closewait.diagnosis.group import OwnerKind
from closewait.snapshot.table import Snapshot

ANY_ADDRESS = ("0.0.0.0", "::", "*")

#: A kernel dump lists every listener; a pasted text may have been filtered before it was pasted.
LISTS_EVERY_LISTENER = ("sock_diag", "proc_net_tcp")

#: Ports from here on are chosen by connect(), below they are chosen by people (IANA dynamic range, Linux default).
EPHEMERAL_FROM = 32768

LOCAL_END = ["local_port", "local_service"]
REMOTE_END = ["remote_port", "remote_service"]


def charged(look: Snapshot) -> pl.DataFrame:
    """The sockets of `look` with `row`, `role`, `role_guessed`, `owner_kind`, `owner_pid`, `owner_process` and the
    queue of the listener they belong to (`queue_conns`, `queue_limit`): as settled, or else settled now.
    """
    sockets = look.sockets.with_row_index("row").with_columns(
        pl.col("local_address", "remote_address").str.strip_prefix("::ffff:")
    )
    if look.charges is not None:
        return sockets.hstack(look.charges)
    return _with_owner(_with_role(_with_listener(sockets), look.format), look.sight.owners_told)


def settled(look: Snapshot) -> Snapshot:
    """`look` with its charges settled, so that they stay when rows are left out."""
    if look.charges is not None or look.kind != "sockets":
        return look
    charges = charged(look).drop("row", *look.sockets.columns)
    return replace(look, charges=charges)


def _with_listener(sockets: pl.DataFrame) -> pl.DataFrame:
    """Each row beside its listener: the one on exactly its address, else the one on every address of its port."""
    listeners = (
        sockets.filter(pl.col("state") == "LISTEN")
        .group_by("local_address", *LOCAL_END)
        .agg(
            listener_pid=pl.col("pid").min(),
            listener_process=pl.col("process").sort_by("pid", "process", nulls_last=True).first(),
            queue_conns=_sum_or_null("accept_queue_conns"),
            queue_limit=_sum_or_null("accept_queue_limit"),
        )
        .with_columns(listening=pl.lit(True))
    )
    everywhere = pl.col("local_address").is_in(ANY_ADDRESS)
    told = ("listening", "listener_pid", "listener_process", "queue_conns", "queue_limit")
    anywhere = listeners.filter(everywhere).drop("local_address").unique(LOCAL_END, keep="any")
    joined = sockets.join(anywhere, on=LOCAL_END, how="left", nulls_equal=True, maintain_order="left")
    exact = listeners.filter(~everywhere)
    if exact.is_empty():
        return joined
    joined = joined.join(
        exact, on=["local_address", *LOCAL_END], how="left", nulls_equal=True, maintain_order="left", suffix="_exact"
    )
    return joined.with_columns(
        pl.when(pl.col("listening_exact")).then(pl.col(f"{name}_exact")).otherwise(pl.col(name)).alias(name)
        for name in told
    ).drop([f"{name}_exact" for name in told])


def _sum_or_null(name: str) -> pl.Expr:
    """The sum of a column, null where nothing was told (polars sums nothing to 0)."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def _with_role(sockets: pl.DataFrame, format_name: str) -> pl.DataFrame:
    """`role` server or client; `role_guessed` where no listener row proves it.

    Many connections that share their local port are a server's, also when its listener is closed or not in the dump;
    many that share their remote port are a client's. Where neither repeats, the ports decide, unless the source lists
    every listener: then a socket without one is a client's.
    """
    listening = pl.col("listening").fill_null(False)
    remotes = pl.len().over(_told(sockets, LOCAL_END))
    locals_ = pl.len().over(_told(sockets, REMOTE_END))
    local_port, remote_port = pl.col("local_port"), pl.col("remote_port")
    by_ports = (local_port < EPHEMERAL_FROM) & (remote_port >= EPHEMERAL_FROM)
    return sockets.with_columns(
        role=pl.when(listening | (remotes > locals_))
        .then(pl.lit("server"))
        .when((locals_ > remotes) | ~by_ports.fill_null(False) | pl.lit(format_name in LISTS_EVERY_LISTENER))
        .then(pl.lit("client"))
        .otherwise(pl.lit("server")),
        role_guessed=~listening & pl.lit(format_name not in LISTS_EVERY_LISTENER),
    )


def _told(sockets: pl.DataFrame, end: list[str]) -> list[str]:
    """The port's columns; the name of a port is left out where none is told, for it is dear to compare."""
    port, service = end
    return [port] if sockets[service].null_count() == sockets.height else end


def _with_owner(sockets: pl.DataFrame, owners_told: bool | None) -> pl.DataFrame:
    """`owner_kind`, `owner_pid` and `owner_process` of each row."""
    state, inode, pid = pl.col("state"), pl.col("inode"), pl.col("pid")
    listening = pl.col("listening").fill_null(False)
    by_kernel = state.is_in(["TIME_WAIT", "SYN_RECEIVED"])
    closed_here = state.is_in(["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK"])
    open_here = state.is_in(["ESTABLISHED", "CLOSE_WAIT"])
    shown_to_have_none = (inode == 0) if owners_told is not True else (inode == 0) | inode.is_null()
    kind = (
        pl.when(state == "LISTEN")
        .then(pl.lit(OwnerKind.LISTENER))
        .when(pid.is_not_null() | pl.col("process").is_not_null())
        .then(pl.lit(OwnerKind.HOLDER))
        .when(by_kernel)
        .then(pl.lit(OwnerKind.KERNEL))
        .when(shown_to_have_none & closed_here)
        .then(pl.lit(OwnerKind.KERNEL))
        .when((inode == 0) & open_here)
        .then(pl.lit(OwnerKind.LISTENER))
        .when(shown_to_have_none & open_here & listening & pl.col("listener_pid").is_not_null())
        .then(pl.lit(OwnerKind.LISTENER))
        .otherwise(pl.lit(OwnerKind.UNTOLD if owners_told is None else OwnerKind.HIDDEN))
    )
    queued = pl.col("owner_kind") == OwnerKind.LISTENER
    return sockets.with_columns(owner_kind=kind).with_columns(
        owner_pid=pl.when(queued).then(pl.col("listener_pid")).otherwise(pid),
        owner_process=pl.when(queued).then(pl.col("listener_process")).otherwise(pl.col("process")),
        role=pl.when(queued).then(pl.lit("server")).otherwise(pl.col("role")),
    )
