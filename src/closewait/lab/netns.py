"""Network namespaces that belong to a stage: made, entered, and deleted also when their maker was killed.

A namespace is named for the process that answers for it, `closewait-lab-PID`. One whose process is gone is left over
and may be deleted by anybody who is allowed to.
"""

import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

from closewait.errors import CannotPlay
from closewait.lab.leash import STAGEHAND

PREFIX = "closewait-lab-"
NAMED = Path("/run/netns")  # where ip-netns(8) keeps them
CLONE_NEWNET = 0x40000000  # Linux include/uapi/linux/sched.h
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


def _enter(name: str) -> None:
    """Move this process into the namespace; os.setns() exists from Python 3.12 only."""
    libc = ctypes.CDLL(None, use_errno=True)
    with (NAMED / name).open() as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise CannotPlay(f"Entering the network namespace {name} was refused: {os.strerror(number)}.")
