"""The network namespaces of this host: those in which a process runs, and those that ip-netns(8) has given a name.

One that is held in another way (an open descriptor, a mount elsewhere) and in which nobody runs is not found. A
namespace is known by its inode number; a process shows its own at /proc/PID/ns/net to whoever may trace it
(namespaces(7)).
"""

import os
from collections.abc import Iterator
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.capture.namespace import NAMED, OF_PROCESS, OF_THIS_THREAD, inode_of
from closewait.records import record

HIDDEN = (
    "Processes whose network namespace is hidden from you: {count}. Run as root, or with CAP_SYS_PTRACE, to see them."
)


@record
class Namespace:
    """One network namespace: `netns` is what a look into it is told, None for the one this thread is in."""

    netns: str | None
    inode: int


@record
class Found:
    """The namespaces of this host, one's own first, then those with a name; and what stayed hidden."""

    namespaces: tuple[Namespace, ...]
    caveats: tuple[str, ...] = ()


def namespaces(proc: Path = PROC, named: Path = NAMED) -> Found:
    """Every network namespace that can be found, each once: by its name, or as `pid:N` of a process in it."""
    own = OF_THIS_THREAD.stat()
    names: dict[int, str | None] = {own.st_ino: None}
    for name, inode in _with_names(named, own.st_dev):
        names.setdefault(inode, name)
    hidden = 0
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdecimal()):  # noqa: PTH208  many, by name
        try:
            names.setdefault(os.stat(f"{proc}/{pid}/ns/net").st_ino, f"{OF_PROCESS}{pid}")  # noqa: PTH116  many
        except PermissionError:
            hidden += 1
        except OSError:
            continue  # it has ended
    found = tuple(Namespace(netns, inode) for inode, netns in names.items())
    return Found(found, (HIDDEN.format(count=hidden),) if hidden else ())


def _with_names(named: Path, device: int) -> Iterator[tuple[str, int]]:
    """Each name with its inode. A name on which nothing is mounted is a plain file, and stands for no namespace."""
    try:
        files = sorted(named.iterdir())
    except OSError:
        return
    for file in files:
        inode = inode_of(file, device)
        if inode is not None:
            yield (file.name if not file.name.startswith(OF_PROCESS) else str(file)), inode
