"""Which service of this host's systemd a process belongs to, from control groups as they are named in the field."""

from pathlib import Path

import pytest

from closewait.actions.identity import Descriptor, holds, unit_of

USERS = "/user.slice/user-1000.slice/user@1000.service"


def unit_in(cgroup: str, proc: Path) -> str | None:
    """The unit of a process that has this file in /proc."""
    (proc / "9").mkdir(exist_ok=True)
    (proc / "9" / "cgroup").write_bytes(cgroup.encode())
    return unit_of(9, proc)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/nginx.service", "nginx.service"),
        ("/system.slice/spooler@1.service/worker", "spooler@1.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
        (r"/system.slice/a\x2db.service", r"a\x2db.service"),
        ("/shop.slice/web.service/libpod-payload-6f1c", "web.service"),
        ("/system.slice/_tasks.service", "tasks.service"),
    ],
)
def test_a_service_of_this_host(path: str, unit: str, tmp_path: Path) -> None:
    """The first part that is no slice, whatever its program has made below it."""
    assert unit_in(f"0::{path}\n", tmp_path) == unit
    assert unit_in(f"4:memory:/else\n1:name=systemd:{path}\n0::/\n", tmp_path) == unit


@pytest.mark.parametrize(
    "path",
    [
        f"{USERS}/app.slice/nginx.service",
        f"{USERS}/app.slice/app-term.scope",
        f"{USERS}/init.scope",
        USERS,
        "/user.slice/user-1000.slice/session-3.scope",
        "/user.slice/user-1000.slice/session-3.scope/nginx.service",
        "/lxc.payload.c1/system.slice/nginx.service",
        "/machine.slice/machine-c1.scope/payload/system.slice/postgresql.service",
        "/machine.slice/systemd-nspawn@c1.service/payload/system.slice/postgresql.service",
        "/docker/6f1c/system.slice/nginx.service",
        "/system.slice/docker-6f1c.scope/nginx.service",
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-6f1c.scope",
        "/../../system.slice/nginx.service",
        "/system.slice/app.service/-Hevil.service",
        "/-Hevil.service",
        "/system.slice/--now.service",
        "/system.slice",
        "/",
    ],
)
def test_a_service_of_somebody_else_is_none_of_ours(path: str, tmp_path: Path) -> None:
    """What a user's manager, a container or a program that was given its group calls so is not this host's service."""
    assert unit_in(f"0::{path}\n", tmp_path) is None
    assert unit_in(f"1:name=systemd:{path}\n0::/\n", tmp_path) is None


@pytest.mark.parametrize("separator", ["\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_a_group_cannot_pass_for_another_line(separator: str, tmp_path: Path) -> None:
    """The kernel refuses a newline in the name of a group, and nothing else; nothing else ends a line."""
    forged = f"7:pids:{USERS}/a{separator}0::/system.slice/nginx.service\n0::{USERS}/a.service\n"

    assert unit_in(forged, tmp_path) is None


def test_no_group_is_no_service(tmp_path: Path) -> None:
    """Nor is a process that has ended."""
    assert unit_in("", tmp_path) is None
    assert unit_of(10, tmp_path) is None


def test_a_descriptor_is_the_socket_or_it_is_not(tmp_path: Path) -> None:
    """By the inode that it leads to."""
    (tmp_path / "9" / "fd").mkdir(parents=True)
    (tmp_path / "9" / "fd" / "3").symlink_to("socket:[77]")

    assert holds(Descriptor(9, 3, 77), tmp_path)
    assert not holds(Descriptor(9, 3, 78), tmp_path)
    assert not holds(Descriptor(9, 4, 77), tmp_path)
