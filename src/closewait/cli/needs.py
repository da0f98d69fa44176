"""What a listing must look at, and no more: columns, holders, and which sockets to ask the kernel for."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from closewait.diagnosis.needed import JUDGED
from closewait.records import record

if TYPE_CHECKING:
    from closewait.formats.sock_diag.asked import Asked
    from closewait.snapshot.filters.condition import Condition

HOLDING = frozenset({"pid", "process", "fd", "cgroup", "container"})

#: Columns that can be told without any other.
TOLD_ALONE = HOLDING | {
    "protocol", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
    "state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "accept_queue_limit", "inode", "uid",
    "interface", "user",
}  # fmt: skip


@record
class Needs:
    """The arguments of a look; None is everything."""

    columns: frozenset[str] | None = None
    holders: bool = True
    asked: "Asked | None" = None


EVERYTHING_THERE_IS = Needs()

#: An examination without filters.
JUDGEMENT = Needs(columns=JUDGED)


def needs(condition: "Condition", *, by: Sequence[str] = (), sort: Collection[str] = ()) -> Needs:
    """What a list of the rows that meet `condition` needs, or, with `by`, of the groups that they fall into.

    A role is settled by all rows, so nothing is left out where one is asked for; the holder of a connection that waits
    to be accepted is its listener's, so the listeners are needed where holders are asked for.
    """
    from closewait.formats.sock_diag.bytecode import asked_for
    from closewait.snapshot.columns import CHARGES
    from closewait.snapshot.filters.condition import EVERYTHING, columns_of

    filtered = columns_of(condition)
    wanted = filtered | {*by, *sort}
    if not wanted.isdisjoint(column.name for column in CHARGES):
        return EVERYTHING_THERE_IS
    borrows = bool(filtered & HOLDING)
    asked = None if condition == EVERYTHING else asked_for(condition, with_listeners=borrows)
    if not by or borrows or not wanted <= TOLD_ALONE:
        return Needs(asked=asked)
    return Needs(columns=wanted | {"state"}, holders=bool(wanted & HOLDING), asked=asked)
