"""One look into every network namespace of this host: one walk over the descriptors for all, one dump for each.

The looks are made by a few threads, for a thread that is in another namespace must not be the one that others rely on.
Another namespace than one's own is only counted where it has no socket.
"""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.ahead import PROC, Begun, wished_columns
from closewait.capture.looking import first_answer, seen, walked
from closewait.capture.namespace import inside, name_of
from closewait.capture.namespaces import Namespace, namespaces
from closewait.capture.source import Source, Wish
from closewait.errors import BadUsage, CannotSee
from closewait.records import record

if TYPE_CHECKING:
    from closewait.formats.sock_diag.asked import Asked
    from closewait.snapshot.table import Snapshot

AT_ONCE = 2  # more of them only wait for one another (measured: 50 namespaces, 2 processors)
MOST_NAMED = 3
REFUSED = (
    "Network namespaces that may not be entered: {count} ({names}). "
    "Run as root, or with CAP_SYS_ADMIN in the user namespaces they belong to."
)


@record
class Everywhere:
    """The looks into one's own namespace and those with sockets, how many have none, and what could not be seen."""

    looks: "tuple[Snapshot, ...]" = ()
    empty: int = 0
    caveats: tuple[str, ...] = ()


@dataclass(slots=True)
class Round:
    """What one round through the namespaces gathers."""

    wish: Wish
    sources: Sequence[Source]
    holders: bool
    refused: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def look_into(self, namespace: Namespace) -> "Snapshot | None":
        """A look; None where there is nothing to be seen, which is noted."""
        try:
            with inside(namespace.netns):
                pass  # what refuses us does so here, with its own reason
            return self._look_into(namespace)
        except BadUsage:
            return None  # it is gone: its last process has ended, or its name was taken away
        except CannotSee:
            self.refused.append(name_of(namespace.netns))
            return None

    def _look_into(self, namespace: Namespace) -> "Snapshot | None":
        wish = replace(self.wish, netns=namespace.netns)
        answer = first_answer(wish, self.sources)
        is_empty = not any(len(column) for column in answer.reading.columns.values())
        if is_empty and namespace.netns is not None:
            self.empty.append(name_of(namespace.netns))
            return None
        return replace(seen(wish, answer, holders=self.holders), netns_inode=namespace.inode)


def look_everywhere(
    *,
    holders: bool = True,
    columns: Collection[str] | None = None,
    asked: "Asked | None" = None,
    begun: Begun | None = None,
    proc: Path = PROC,
) -> Everywhere:
    """Look into every network namespace that can be found and entered. Raises CannotSee where there is none."""
    from closewait.capture.rungs import SOURCES

    try:
        found = namespaces(proc)
    except OSError:
        raise CannotSee("This system has no network namespaces that could be seen.") from None
    wish = Wish(wished_columns(holders=holders, tcp_info=True, columns=columns), proc=proc, asked=asked)
    if holders:
        wish = replace(wish, walked=walked(replace(wish, begun=begun)))
    going = Round(wish, SOURCES, holders)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        looks = [look for look in threads.map(going.look_into, found.namespaces) if look is not None]
    caveats = found.caveats + ((_refused(sorted(going.refused)),) if going.refused else ())
    return Everywhere(tuple(looks), len(going.empty), caveats)


def _refused(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return REFUSED.format(count=len(names), names=", ".join(names[:MOST_NAMED]) + more)
