"""What /proc/PID/cgroup tells of where a process runs: its systemd unit, its container and its pod.

Whoever starts a container, a pod or a unit names a control group after it. A line is `number:controllers:path`; with
version 1 there is one for each hierarchy, with version 2 a single `0::path`, and a mixed host has both (cgroups(7)).
"""

import re
from typing import NamedTuple

from closewait.records import record

ID = r"(?P<id>[0-9a-f]{64})"


class Named(NamedTuple):
    """How one runtime names the group of a container; None where several runtimes name it so."""

    runtime: str | None
    folder: re.Pattern[str]
    source: str


def _folder(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=/){pattern}(?=/|$)")


#: The first that fits a folder names it. Monitors beside containers (`libpod-conmon-…`, `crio-conmon-…`) fit none.
CONTAINERS = (
    Named("docker", _folder(rf"docker-{ID}\.scope"), "moby, daemon/oci_linux.go: WithCgroups, systemd driver"),
    Named("docker", _folder(rf"docker/{ID}"), "moby, daemon/oci_linux.go: WithCgroups, cgroupfs driver"),
    Named("containerd", _folder(rf"cri-containerd-{ID}\.scope"), "containerd, internal/cri: getCgroupsPath, systemd"),
    Named("containerd", _folder(rf"[^/]*:cri-containerd:{ID}"), "the same name where runc's driver is cgroupfs"),
    Named("containerd", _folder(rf"nerdctl-{ID}\.scope"), "nerdctl, docs/cgroup.md"),
    Named("cri-o", _folder(rf"crio-{ID}(?:\.scope)?"), "cri-o, internal/config/cgmgr: CrioPrefix"),
    Named("podman", _folder(rf"libpod-(?:payload-)?{ID}(?:\.scope)?"), "podman, libpod/oci_conmon_linux.go"),
    Named("lxc", _folder(r"lxc\.payload\.(?P<id>[^/]+)"), "lxc.container.conf(5), lxc.cgroup.dir.container"),
    Named(None, _folder(ID), "the cgroupfs driver of containerd, and of Docker under a parent of its own"),
)

#: `pod` and the pod's uid, its hyphens written as underscores in a slice (Kubernetes, pkg/kubelet/cm). The uid of a
#: static pod is a digest without hyphens.
POD = re.compile(r"(?:/|-)pod(?P<uid>[0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?=\.slice|/|$|:)")

#: A unit that processes run in, as systemd names its group; a slice holds others (systemd.unit(5), systemd.slice(5)).
UNIT = re.compile(r"(?<=/)[^/]+\.(?:service|scope)(?=/|$)")

REMOVED = " (deleted)"  # behind the path of a group that is gone (cgroups(7))
VERSION_2, SYSTEMD = "", "name=systemd"  # the controllers of the hierarchies that tell most


@record
class Quarters:
    """Where a process runs; None is "in none", or not told."""

    cgroup: str | None = None
    unit: str | None = None
    container: str | None = None
    container_runtime: str | None = None
    pod_uid: str | None = None


NOT_TOLD = Quarters()


def quarters(told: str) -> Quarters:
    """What the text of /proc/PID/cgroup says; of several hierarchies the first that tells a fact is taken."""
    paths = _paths(told)
    where = [quarters_at(path) for path in paths]
    in_container = next((one for one in where if one.container), NOT_TOLD)
    return Quarters(
        cgroup=paths[0] if paths else None,
        unit=next((one.unit for one in where if one.unit), None),
        container=in_container.container,
        container_runtime=in_container.container_runtime,
        pod_uid=next((one.pod_uid for one in where if one.pod_uid), None),
    )


def quarters_at(path: str) -> Quarters:
    """What one path says: the innermost container and pod, and the innermost unit that is not outside of them."""
    found = [
        (match.end(), -place, match["id"], named.runtime)
        for place, named in enumerate(CONTAINERS)
        for match in named.folder.finditer(path)
    ]
    end, _, container, runtime = max(found) if found else (0, 0, None, None)
    units, pods = UNIT.findall(path, end), POD.findall(path)
    return Quarters(
        cgroup=path,
        unit=units[-1] if units else None,
        container=container,
        container_runtime=runtime,
        pod_uid=pods[-1].replace("_", "-") if pods else None,
    )


def _paths(told: str) -> list[str]:
    """The paths, those first that tell most; the root tells nothing."""
    lines = [line.split(":", 2) for line in told.splitlines()]
    paths = {line[1]: line[2].removesuffix(REMOVED) for line in reversed(lines) if len(line) == 3}
    ordered = [name for name in (VERSION_2, SYSTEMD) if name in paths]
    return list(dict.fromkeys(paths[name] for name in (*ordered, *paths) if paths[name] not in ("", "/")))
