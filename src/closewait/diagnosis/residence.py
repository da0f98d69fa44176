"""Where the owner of a finding runs, and as whom: as /proc tells of its process, or a dump beside its sockets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from closewait.diagnosis.finding import Owner
from closewait.formats.control_groups import quarters_at

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case

FACTS = ("user", "unit", "container", "container_runtime", "pod_uid")


def settled_in(case: "Case", owners: Sequence[Owner]) -> tuple[Owner, ...]:
    """These owners with what is known of where they run."""
    return tuple(replace(owner, **_facts(case, owner.pid)) for owner in owners)


def _facts(case: "Case", pid: int | None) -> dict[str, Any]:
    if pid is None:
        return {}
    known = case.processes.get(pid)
    told = {name: getattr(known, name, None) for name in FACTS}
    return told if any(told.values()) else _beside_sockets(case, pid)


def _beside_sockets(case: "Case", pid: int) -> dict[str, Any]:
    """What the dump's columns say of the first socket that tells anything; `ss -e` tells the control group."""
    columns = ["cgroup", "container", "user"]
    told = case.timeline.latest.told()
    told = told.filter(told["pid"] == pid) if "pid" in told.columns else told.clear()
    first: dict[str, Any] = {name: told[name].drop_nulls().first() for name in columns if name in told.columns}
    where = quarters_at(first.get("cgroup") or "")
    return {
        "user": first.get("user"),
        "unit": where.unit,
        "container": where.container or first.get("container"),
        "container_runtime": where.container_runtime,
        "pod_uid": where.pod_uid,
    }
