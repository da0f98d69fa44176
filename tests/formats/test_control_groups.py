"""Where a process runs, from its control groups as each runtime names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.control_groups import CONTAINERS, NOT_TOLD, Quarters, quarters

ID = "3f2a6c1b9d0e" + "0123456789abcdef" * 3 + "0123"
UID, UID_IN_SLICE = "8f3c2d1e-1111-4222-8333-abcdefabcdef", "8f3c2d1e_1111_4222_8333_abcdefabcdef"
STATIC_UID = "0f" * 16
PODS = "/kubepods.slice/kubepods-burstable.slice"

#: A path, and what it tells: unit, container, runtime, pod.
PATHS = {
    "a service": ("/system.slice/tomcat9.service", "tomcat9.service", None, None, None),
    "of a template": ("/system.slice/system-pg.slice/pg@14.service", "pg@14.service", None, None, None),
    "of a user": (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service", "sync.service", None, None, None,
    ),
    "a login": ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", None, None, None),
    "a group inside a service": ("/system.slice/x.service/workers/7", "x.service", None, None, None),
    "Docker, systemd": (f"/system.slice/docker-{ID}.scope", None, ID, "docker", None),
    "Docker, cgroupfs": (f"/docker/{ID}", None, ID, "docker", None),
    "systemd inside Docker": (f"/docker/{ID}/system.slice/nginx.service", "nginx.service", ID, "docker", None),
    "Docker with a parent": (f"/ecs/task-1/{ID}", None, ID, None, None),
    "containerd, systemd": (
        f"{PODS}/kubepods-burstable-pod{UID_IN_SLICE}.slice/cri-containerd-{ID}.scope", None, ID, "containerd", UID,
    ),
    "containerd, drivers mixed up": (
        f"/system.slice/containerd.service/kubepods-burstable-pod{UID_IN_SLICE}.slice:cri-containerd:{ID}",
        None, ID, "containerd", UID,
    ),
    "nerdctl": (f"/system.slice/nerdctl-{ID}.scope", None, ID, "containerd", None),
    "a pod, cgroupfs": (f"/kubepods/besteffort/pod{UID}/{ID}", None, ID, None, UID),
    "a static pod": (f"/kubepods/pod{STATIC_UID}/{ID}", None, ID, None, STATIC_UID),
    "CRI-O, systemd": (f"{PODS}/kubepods-burstable-pod{UID_IN_SLICE}.slice/crio-{ID}.scope", None, ID, "cri-o", UID),
    "CRI-O, cgroupfs": (f"/kubepods/pod{UID}/crio-{ID}", None, ID, "cri-o", UID),
    "CRI-O's monitor": (f"/system.slice/crio-conmon-{ID}.scope", f"crio-conmon-{ID}.scope", None, None, None),
    "Podman": (f"/machine.slice/libpod-{ID}.scope/container", None, ID, "podman", None),
    "Podman of a user": (
        f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", None, ID, "podman", None,
    ),
    "Podman in a unit": (f"/system.slice/web.service/libpod-payload-{ID}", None, ID, "podman", None),
    "Podman, cgroupfs": (f"/libpod_parent/libpod-{ID}", None, ID, "podman", None),
    "LXC": ("/lxc.payload.web/system.slice/cron.service", "cron.service", "web", "lxc", None),
    "a node in a container": (
        f"/docker/{'0' * 64}/kubelet.slice/kubelet-kubepods-pod{UID_IN_SLICE}.slice/cri-containerd-{ID}.scope",
        None, ID, "containerd", UID,
    ),
    "seen from a container": (f"/../../system.slice/docker-{ID}.scope", None, ID, "docker", None),
    "a short id": ("/docker/3f2a6c1b9d0e", None, None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_path_of_version_2(name: str) -> None:
    """The one hierarchy has the one path."""
    path, *told = PATHS[name]

    assert quarters(f"0::{path}\n") == Quarters(path, *told)


@pytest.mark.parametrize("name", PATHS)
def test_the_same_with_version_1(name: str) -> None:
    """One line for each hierarchy: that of systemd comes first, whatever its number."""
    path, *told = PATHS[name]
    lines = f"13:pids:{path}\n4:cpu,cpuacct:{path}\n2:rdma:/\n1:name=systemd:{path}\n0::/\n"

    assert quarters(lines) == Quarters(path, *told)


def test_hierarchies_that_differ() -> None:
    """The unit is told by one, the container by another."""
    told = quarters(f"9:memory:/docker/{ID}\n1:name=systemd:/system.slice/x.service\n0::/\n")

    assert told == Quarters("/system.slice/x.service", "x.service", ID, "docker", None)


def test_a_group_that_is_gone() -> None:
    """The kernel says so behind the path."""
    assert quarters("0::/system.slice/x.service (deleted)\n").cgroup == "/system.slice/x.service"


@pytest.mark.parametrize("told", ["", "0::/\n", "9:memory:/\n0::/\n", "nonsense", "0::"])
def test_the_root_tells_nothing(told: str) -> None:
    """Nor does a kernel without control groups, nor what is no such file."""
    assert quarters(told) == NOT_TOLD


def test_a_colon_belongs_to_the_path() -> None:
    """Only the first two part a line."""
    assert quarters("0::/system.slice/a:b.service\n").unit == "a:b.service"


@given(st.text(alphabet=st.sampled_from("0:/-_.abcdefpods\nlibx")) | st.text())
def test_any_text_is_read(told: str) -> None:
    """Never an error; a container has an id."""
    assert quarters(told).container != ""


def test_every_name_has_its_source() -> None:
    """A pattern nobody can look up is a guess."""
    assert all(named.source for named in CONTAINERS)
