"""A part of a look: the rows that a filter keeps, with roles and owners as the whole look settles them.

A socket is a server's because its listener is there, and queued because that listener holds it: who filters first and
asks for the role afterwards gets another answer.
"""

from collections.abc import Collection
from dataclasses import replace

from closewait.diagnosis.roles import settled
from closewait.snapshot.columns import CHARGES
from closewait.snapshot.filters.condition import EVERYTHING, Condition, Leaf, columns_of, weakened
from closewait.snapshot.filters.matching import ANSWERED_BY, TOLD_OF_PROCESS, UNTOLD, kept, matching, untold
from closewait.snapshot.same_socket import each_socket_once
from closewait.snapshot.table import Snapshot

#: Columns whose values come from the whole look, and those that a queued connection borrows from its listener.
CHARGED = frozenset(column.name for column in CHARGES)
BORROWED = frozenset(ANSWERED_BY) | set(TOLD_OF_PROCESS)

#: Columns that a socket keeps for life, by which it can be found in an earlier look.
LASTING = frozenset({
    "protocol", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
    "pid", "process", "fd", "inode", "uid", "user", "cookie", "interface", "cgroup_id", "cgroup", "container", "role",
})  # fmt: skip

JUDGED = "A filter was set: {kept:,} of {rows:,} sockets were judged."
SUMMARY = "A summary tells states only, so that nothing of it can be kept by this filter."


def judged(look: Snapshot, condition: Condition) -> Snapshot:
    """The rows of `look` that are to be judged: they meet `condition`, and keep role and owner. It says so."""
    if condition == EVERYTHING:
        return look
    look = each_socket_once(look)  # a filter must see every holder of a socket, not one row for each
    rows = sum(look.states.values())
    part = selected(settled(look), condition)
    return with_caveat(part, JUDGED.format(kept=sum(part.states.values()), rows=rows))


def selected(look: Snapshot, condition: Condition, *, shown: Collection[str] = ()) -> Snapshot:
    """The rows of `look` that meet `condition`; charged as in the whole look where the columns `shown` need it too."""
    if (CHARGED | BORROWED) & columns_of(condition) or CHARGED.intersection(shown):
        look = settled(look)
    if condition == EVERYTHING:
        return look
    if look.kind == "counts":
        return _selected_counts(look, condition)
    missing = untold(look, condition) if look.sockets.height else ()
    part = kept(look, matching(look, condition))
    return with_caveat(part, UNTOLD.format(columns=" or ".join(missing))) if missing else part


def lasting(condition: Condition) -> Condition:
    """What of `condition` a socket meets for life: an earlier look keeps those that met it later."""

    def stays(leaf: Leaf) -> bool:
        return leaf.column in LASTING

    return weakened(condition, stays)


def with_caveat(look: Snapshot, caveat: str) -> Snapshot:
    """`look` with one more thing to know about what it shows."""
    return replace(look, sight=replace(look.sight, caveats=(*look.sight.caveats, caveat)))


def _selected_counts(look: Snapshot, condition: Condition) -> Snapshot:
    """The states of a summary that meet a condition about states alone."""
    if columns_of(condition) != {"state"}:
        return with_caveat(replace(look, told_states={}), SUMMARY)
    states = list(look.states)
    meets = matching(
        Snapshot.of_columns({"state": [None if state == "NONE" else state for state in states]}), condition
    )
    told = {state: look.states[state] for state, meets_it in zip(states, meets, strict=True) if meets_it}
    return replace(look, told_states=told)
