"""Walking over the descriptors again and again: what is known from the last round is read where it may have changed.

Reading what a descriptor links to is most of a walk. One that has the number it had, and whose socket is still in the
kernel's table, is that socket still, but for dup2() and its like: those are found when a socket of the table is held by
nobody in two rounds (in one that is what a socket shows which was closed between the table and the walk), and every
minute all is read again.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.owners import Held, Walk, read_links, walk

if TYPE_CHECKING:
    from closewait.capture.owners import Numbers

ALL_EVERY_S = 60.0


class Rounds:
    """Walks one after another; each is as whole as a walk alone, but for what dup2() did since the last."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}  # of each process, from the last round
        self._links: dict[int, dict[str, str]] = {}
        self._listed: set[int] = set()  # sockets of the table in the last round
        self._unheld: set[int] = set()  # those that nobody held
        self._newly_unheld: set[int] = set()  # of them, those that somebody held before, or that are new
        self._gone: set[int] = set()  # that have left the table since
        self._met: set[int] = set()  # processes, in this round
        self._all_at_s = -ALL_EVERY_S

    def walk(self, proc: Path, inodes: "Numbers") -> Walk:
        """A walk, after the table was found to list sockets with these `inodes` (0 is none)."""
        listed = set(inodes.tolist()) - {0}
        self._gone = self._listed - listed
        self._met.clear()
        if time.monotonic() - self._all_at_s >= ALL_EVERY_S:
            found = self._all(proc)
        else:
            found = walk(proc, self._read)
            if listed.difference(found.inodes) & self._newly_unheld:
                found = self._all(proc)
        unheld = listed.difference(found.inodes)
        self._listed, self._newly_unheld, self._unheld = listed, unheld - self._unheld, unheld
        for pid in self._held.keys() - self._met:  # it has ended
            del self._held[pid], self._links[pid]
        return found

    def _all(self, proc: Path) -> Walk:
        """A round that takes nothing for known."""
        self._held.clear()
        self._links.clear()
        self._all_at_s = time.monotonic()
        return walk(proc, self._read)

    def _read(self, pid: int, directory: int) -> Held:
        self._met.add(pid)
        names = os.listdir(directory)
        last = self._held.get(pid)
        if last is not None and names == last.names and self._gone.isdisjoint(last.inodes):
            return last
        gone = {f"socket:[{inode}]" for inode in self._gone.intersection(last.inodes)} if last else set()
        known = {name: link for name, link in self._links.get(pid, {}).items() if link not in gone}
        unknown = [name for name in names if name not in known]
        known.update(zip(unknown, read_links(unknown, directory), strict=True))
        self._links[pid] = {name: known[name] for name in names}
        self._held[pid] = Held.of(names, list(self._links[pid].values()))
        return self._held[pid]
