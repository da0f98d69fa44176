"""Network namespaces that belong to a stage: made, entered, and deleted also when their maker was killed.

A namespace is named for the process that answers for it, `closewait-lab-PID`. One whose process is gone is left over
and may be deleted by anybody who is allowed to.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from closewait.errors import CannotPlay
from closewait.lab.leash import STAGEHAND

PREFIX = "closewait-lab-"
NAMED = Path("/run/netns")  # where ip-netns(8) keeps them
CLONE_NEWNET = 0x40000000  # Linux include/uapi/linux/sched.h
NEAR, FAR = "near", "far"  # the two ends of a cable to another host
HERE, BEYOND = "198.18.0.1", "198.18.0.2"  # RFC 2544: addresses for tests of network devices
SBIN = "/usr/sbin:/sbin"  # not on every user's PATH, but `ip` lives there


def make(pid: int) -> str:
    """Make the namespace that `pid` answers for, with its loopback up, enter it, and return its name."""
    delete_leftovers()
    name = f"{PREFIX}{pid}"
    ip("netns", "add", name)
    try:
        _enter(name)
        ip("link", "set", "lo", "up")
    except BaseException:
        delete(name)
        raise
    return name


def delete(name: str) -> None:
    """Take the name away; the namespace itself ends with the last process inside."""
    ip("netns", "delete", name)


def delete_leftovers() -> None:
    """Delete the namespaces of stages whose process is gone, as far as this user may."""
    for name in leftovers():
        try:
            delete(name)
        except CannotPlay:
            continue  # Another stage was quicker, or it is not ours to delete: the next stage tries again.


def leftovers() -> list[str]:
    """Names of namespaces whose process is gone."""
    named = (path.name for path in NAMED.glob(f"{PREFIX}*"))
    return [name for name in named if not _answered_for(name)]


def _answered_for(name: str) -> bool:
    """Whether the stagehand of this namespace lives: neither a zombie, nor another program with its old pid."""
    try:
        stat = Path("/proc", name.removeprefix(PREFIX), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return re.match(rf"\d+ \({STAGEHAND}\) [^ZX]", stat) is not None


def ip(*arguments: str) -> None:
    """Run ip(8), or say what is missing and what would help."""
    program = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if program is None:
        raise CannotPlay(
            "A network namespace needs the program `ip`, which is not installed here.\n"
            "Install it (Debian, Fedora: package iproute2, iproute), or play a scene that needs loopback only."
        )
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotPlay(
            f"A network namespace was refused: `ip {' '.join(arguments)}` said {done.stderr.strip()!r}.\n"
            "Run as root (CAP_SYS_ADMIN and CAP_NET_ADMIN), or play a scene that needs loopback only."
        )


def go_beyond() -> None:
    """Move this process into a nameless namespace, which ends with it: another host."""
    if _libc().unshare(CLONE_NEWNET) != 0:
        raise CannotPlay(f"A network namespace was refused: {os.strerror(ctypes.get_errno())}.")


def is_beyond(pid: int) -> bool:
    """Whether a living process has left this namespace."""
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    except FileNotFoundError:
        return False


def cable_is_laid() -> bool:
    """Whether this process, beyond, has the far end."""
    return FAR in {name for _, name in socket.if_nameindex()}


def lay_cable(pid: int) -> None:
    """Connect this namespace with that of `pid`; the far end is not up yet. It ends with either namespace."""
    ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", str(pid))
    ip("address", "add", f"{HERE}/30", "dev", NEAR)
    ip("link", "set", NEAR, "up")


def plug_in() -> None:
    """Bring the far end of the cable up, from inside the namespace beyond."""
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{BEYOND}/30", "dev", FAR)
    ip("link", "set", FAR, "up")


def _enter(name: str) -> None:
    """Move this process into the namespace; os.setns() exists from Python 3.12 only."""
    with (NAMED / name).open() as namespace:
        if _libc().setns(namespace.fileno(), CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise CannotPlay(f"Entering the network namespace {name} was refused: {os.strerror(number)}.")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
