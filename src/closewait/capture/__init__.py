"""Looking at this machine: fetches bytes and hands them to `formats`; the folder that touches the live system.

    snapshot = look()               # this host: every TCP socket, its holders, its ages
    begun = begin()                 # or: start looking in child processes first,
    snapshot = look(begun=begun)    # and take over what they found after the heavy imports

`SOURCES` are the ways to look, best first. One that is closed is passed over, and the snapshot says why. Importing this
package imports neither numpy nor polars; looking does.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture import netlink, procfs, psutil_connections
from closewait.capture.ahead import Begun, begin, wished_columns
from closewait.capture.processes import PROC
from closewait.capture.source import Source, Wish

if TYPE_CHECKING:
    from closewait.snapshot.table import Snapshot

SOURCES = (netlink.SOURCE, procfs.SOURCE, psutil_connections.SOURCE)

__all__ = ["SOURCES", "Begun", "Source", "begin", "look"]


def look(
    *,
    holders: bool = True,
    tcp_info: bool = True,
    columns: Collection[str] | None = None,
    netns: str | None = None,
    begun: Begun | None = None,
    sources: Sequence[Source] = SOURCES,
    proc: Path = PROC,
) -> "Snapshot":
    """Look at this host, or at its network namespace `netns` (a name, or a path such as /proc/PID/ns/net), once.

    Without `holders` no process is looked into; without `tcp_info` there are no clocks, bytes and round-trip times;
    with `columns` only those are filled. Each of them makes the look cheaper. `begun` is what `begin()` gave for the
    same wish. Raises CannotSee when no source answers.
    """
    from closewait.capture.looking import look as look_once

    wanted = wished_columns(holders=holders, tcp_info=tcp_info, columns=columns)
    if begun is not None and not begun.fits(wanted, netns):
        begun.discard()
        begun = None
    return look_once(Wish(wanted, netns, proc, begun), sources, holders=holders)
