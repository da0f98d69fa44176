"""One socket of a look, with everybody who holds it, and its other end where that is in the look too."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from closewait.diagnosis.group import OwnerKind
from closewait.diagnosis.roles import charged
from closewait.diagnosis.wording import name_of
from closewait.errors import BadUsage
from closewait.formats.socket_name import SocketName
from closewait.records import record
from closewait.snapshot.filters.matching import matching
from closewait.snapshot.same_socket import each_socket_once
from closewait.snapshot.table import Snapshot

#: As many sockets with a port of the one that is not there are shown.
NEAR = 5


@record
class Held:
    """A process and the descriptor by which it holds the socket."""

    pid: int | None
    process: str | None
    fd: int | None

    def __str__(self) -> str:
        name = name_of(self.pid, self.process)
        return name if self.fd is None else f"{name} by descriptor {self.fd}"


@record
class OneSocket:
    """A row as it was told and charged, its holders, and its other end; `alike` more rows have the same name."""

    told: Mapping[str, Any]
    holders: tuple[Held, ...]
    other_end: "OneSocket | None" = None
    alike: int = 0

    @property
    def state(self) -> str | None:
        """Its state, where one is told."""
        state: str | None = self.told["state"]
        return state

    @property
    def here(self) -> str:
        """Its own end, as `10.0.0.1:443` or `[::1]:443`."""
        return end_of(self.told, "local")

    @property
    def there(self) -> str:
        """The other end."""
        return end_of(self.told, "remote")

    @property
    def has_peer(self) -> bool:
        """Whether it is one end of a connection, standing or on its way."""
        return self.state != "LISTEN" and (self.told["remote_port"] or self.told["remote_service"]) is not None

    @property
    def is_held(self) -> bool | None:
        """Whether a process holds it; None where nobody tells."""
        if self.holders or (self.told["inode"] or 0) > 0:
            return True
        if self.told["owner_kind"] in (OwnerKind.KERNEL, OwnerKind.LISTENER) or self.told["inode"] == 0:
            return False
        return None

    @property
    def is_queued(self) -> bool:
        """Whether it waits in its listener's queue, and no program has accepted it."""
        return bool(self.told["owner_kind"] == OwnerKind.LISTENER and self.state != "LISTEN")


def end_of(told: Mapping[str, Any], side: str) -> str:
    """One end of a row, as people write it."""
    address, port = told[f"{side}_address"] or "*", told[f"{side}_port"]
    port = told[f"{side}_service"] or "*" if port is None else port
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def the_socket(look: Snapshot, name: SocketName, *, ask_again: str) -> OneSocket:
    """The socket of `look` that `name` names. Raises BadUsage, which ends with `ask_again` where there is none."""
    look = each_socket_once(look)
    sockets = charged(look)
    rows = _named(sockets, look, name)
    if not rows:
        raise BadUsage(f"No socket here is {name.asked}.{_near(sockets, look, name)} {ask_again}")
    told = sockets.row(rows[0], named=True)
    other_end = next((_one(sockets, look, row) for row in _mirrors(sockets, told)), None)
    return _one(sockets, look, rows[0], other_end=other_end, alike=len(rows) - 1)


def _named(sockets: pl.DataFrame, look: Snapshot, name: SocketName) -> list[int]:
    """The rows that the name names; where none has these ends, those that have them the other way round."""
    found = sockets["row"].filter(matching(look, name.condition)).to_list()
    if name.holding is not None:
        return [row for row in found if any((one.pid, one.fd) == name.holding for one in _holders(sockets, look, row))]
    if not found and name.from_the_other_end is not None:
        return sockets["row"].filter(matching(look, name.from_the_other_end)).to_list()
    return found


def _one(sockets: pl.DataFrame, look: Snapshot, row: int, **more: Any) -> OneSocket:
    return OneSocket(sockets.row(row, named=True), _holders(sockets, look, row), **more)


def _holders(sockets: pl.DataFrame, look: Snapshot, row: int) -> tuple[Held, ...]:
    """Everybody who holds the row: told beside the sockets, or in the row itself."""
    beside = look.holders.filter(pl.col("socket") == row).select("pid", "process", "fd")
    if not beside.is_empty():
        return tuple(Held(*one) for one in beside.iter_rows())
    told = sockets.row(row, named=True)
    has_holder = told["pid"] is not None or told["process"] is not None
    return (Held(told["pid"], told["process"], told["fd"]),) if has_holder else ()


def _mirrors(sockets: pl.DataFrame, told: Mapping[str, Any]) -> list[int]:
    """The rows whose two ends are those of `told`, exchanged."""
    if told["remote_port"] is None or told["local_port"] is None:
        return []
    return (
        sockets["row"]
        .filter(
            sockets.select(
                met=(pl.col("local_address") == told["remote_address"])
                & (pl.col("local_port") == told["remote_port"])
                & (pl.col("remote_address") == told["local_address"])
                & (pl.col("remote_port") == told["local_port"])
                & (pl.col("row") != told["row"])
            )["met"].fill_null(False)
        )
        .to_list()
    )


def _near(sockets: pl.DataFrame, look: Snapshot, name: SocketName) -> str:
    """` Near it are: …`: sockets that share a port with what was asked for, or the process."""
    from closewait.snapshot.filters.condition import leaves, one_of

    parts = [leaf for leaf in leaves(name.condition) if leaf.column in ("local_port", "remote_port", "pid")]
    rows = sockets["row"].filter(matching(look, one_of(*parts))).head(NEAR).to_list() if parts else []
    said = [f"{end_of(told, 'local')}-{end_of(told, 'remote')}" for told in (sockets.row(r, named=True) for r in rows)]
    return f" Near it are: {', '.join(said)}." if said else ""
