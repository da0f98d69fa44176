"""Looking at this machine: fetches bytes and hands them to `formats`; the folder that touches the live system.

    snapshot = look()               # this host: every TCP socket, its holders, its ages
    begun = begin()                 # or: start looking in a child process first,
    snapshot = look(begun=begun)    # and take over what it found after the heavy imports

`SOURCES` (see `rungs.py`) are the ways to look, best first. One that is closed is passed over, and the snapshot says
why. Importing this package loads next to nothing, so that a command can begin at once.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closewait.capture.ahead import COUNTED, PROC, Begun, begin, begin_counting, wished_columns
from closewait.capture.namespace import name_of

if TYPE_CHECKING:
    from closewait.capture.everywhere import Everywhere
    from closewait.capture.rounds import Rounds
    from closewait.capture.rungs import SOURCES as SOURCES
    from closewait.capture.source import Source
    from closewait.formats.sock_diag.asked import Asked
    from closewait.snapshot.evidence import Evidence
    from closewait.snapshot.table import Snapshot

__all__ = [
    "SOURCES",
    "Begun",
    "begin",
    "begin_counting",
    "count_states",
    "inquire",
    "look",
    "look_everywhere",
    "name_of",
]


def look(
    *,
    holders: bool = True,
    tcp_info: bool = True,
    columns: Collection[str] | None = None,
    netns: str | None = None,
    asked: "Asked | None" = None,
    begun: Begun | None = None,
    rounds: "Rounds | None" = None,
    sources: "Sequence[Source] | None" = None,
    proc: Path = PROC,
) -> "Snapshot":
    """Look at this host, or at its network namespace `netns` (a name, or a path such as /proc/PID/ns/net), once.

    Without `holders` no process is looked into; without `tcp_info` there are no clocks, bytes and round-trip times;
    with `columns` only those are filled; with `asked` the kernel leaves out what it can, and what comes is to be
    filtered still. Each of them makes the look cheaper. `begun` is what `begin()` gave for the same wish; `rounds`,
    given to look after look, makes the later ones cheaper; `sources` are others than SOURCES. Raises CannotSee when
    none of them answers.
    """
    from closewait.capture.looking import look_once
    from closewait.capture.rungs import SOURCES
    from closewait.capture.source import Wish

    wanted = wished_columns(holders=holders, tcp_info=tcp_info, columns=columns)
    if begun is not None and not begun.fits(wanted, netns, asked):
        begun.discard()
        begun = None
    wish = Wish(wanted, netns, proc, begun, asked, rounds=rounds)
    return look_once(wish, SOURCES if sources is None else sources, holders=holders)


def look_everywhere(
    *,
    holders: bool = True,
    columns: Collection[str] | None = None,
    asked: "Asked | None" = None,
    begun: Begun | None = None,
) -> "Everywhere":
    """Look into every network namespace of this host that may be entered, once; the arguments are those of `look`.

    Only the walk of what has begun is taken over. Raises CannotSee where the system has no such namespaces.
    """
    from closewait.capture import everywhere

    return everywhere.look_everywhere(holders=holders, columns=columns, asked=asked, begun=begun)


def inquire(look: "Snapshot", pids: Collection[int]) -> "Evidence":
    """What the threads of these holders of `look` stand in, and what their epoll sets watch, as far as it may be seen.

    It takes a twentieth of a second, for a thread that waits is looked at twice. Of Python programs it tells the lines
    at which the threads stand, where py-spy is installed.
    """
    from closewait.capture import inquiry
    from closewait.diagnosis.runtimes import Runtime, runtime_of

    programs = look.processes.select("pid", "process", "command_line").iter_rows()
    pythons = {pid for pid, *program in programs if runtime_of(*program) is Runtime.PYTHON}
    return inquiry.inquire(pids, look.descriptors_of(pids), pythons)


def count_states(*, netns: str | None = None, begun: Begun | None = None) -> dict[str, int]:
    """How many TCP sockets of this host, or of its namespace `netns`, are in each state, most first.

    It is the cheapest look: over netlink neither numpy nor polars is loaded. `begun` is what `begin_counting()` gave.
    """
    import marshal

    from closewait.capture import netlink
    from closewait.errors import CannotSee

    if begun is not None and begun.counts and begun.fits(COUNTED, netns) and begun.counts.is_whole():
        return dict(marshal.loads(begun.counts.contents()))
    try:
        return netlink.count_states(netns)
    except (CannotSee, OSError):
        return look(columns=COUNTED, holders=False, netns=netns).states


def __getattr__(name: str) -> Any:
    if name != "SOURCES":
        raise AttributeError(f"module 'closewait.capture' has no attribute {name!r}")
    from closewait.capture import rungs

    return rungs.SOURCES
