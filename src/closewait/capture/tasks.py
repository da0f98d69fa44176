"""Whose task a thread is: process id and name, also where it ended before it was asked for.

A thread that lives is looked up in /proc. Of one that is gone the kernel's own trace may still know: it keeps the names
and processes of the last tasks that ran while something was traced (saved_cmdlines, 128 of them by default).
"""

import time
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.diagnosis.lives import Actor

FRESH_S = 1.0  # how long an answer holds: a process may call exec(2), a number may become another's
ASK_AGAIN_S = 0.1  # before the kernel is asked again for tasks that are gone
MOST_KNOWN = 10_000


#: The first PID namespace, whose numbers the kernel's trace tells (include/linux/proc_ns.h, PROC_PID_INIT_INO).
FIRST = "pid:[4026531836]"


def in_the_first_pid_namespace(proc: Path) -> bool:
    """Whether the numbers of processes here are those that the kernel traces with; in a container they are others."""
    try:
        return str((proc / "self" / "ns" / "pid").readlink()) == FIRST
    except OSError:
        return False


class Tasks:
    """Names of tasks, remembered for a moment."""

    def __init__(self, tracefs: Path, proc: Path = PROC) -> None:
        self._tracefs, self._proc = tracefs, proc
        self._numbers_are_ours = in_the_first_pid_namespace(proc)
        self._known: dict[int, Actor] = {}
        self._gone: dict[int, Actor] = {}
        self._forgot_s = self._asked_s = float("-inf")

    def actor(self, thread: int) -> Actor:
        """The process that `thread` belongs to, as far as it can still be told; a bare number otherwise."""
        known = self._known.get(thread)
        if known is None:
            known = self._known[thread] = self._alive(thread) or self._saved(thread)
        return known

    def refresh(self) -> None:
        """Forget what is no longer fresh."""
        if time.monotonic() - self._forgot_s > FRESH_S or len(self._known) > MOST_KNOWN:
            self._known.clear()
            self._forgot_s = time.monotonic()

    def _alive(self, thread: int) -> Actor | None:
        if not self._numbers_are_ours:
            return None
        try:
            status = (self._proc / str(thread) / "status").read_text(errors="replace")
        except OSError:
            return None
        told = dict(line.split(":\t", 1) for line in status.splitlines()[:8] if ":\t" in line)
        pid = told.get("Tgid", "")
        return Actor(int(pid), told.get("Name")) if pid.isdecimal() else None

    def _saved(self, thread: int) -> Actor:
        if thread not in self._gone and time.monotonic() - self._asked_s > ASK_AGAIN_S:
            self._asked_s = time.monotonic()
            processes = {gone: int(told) for gone, told in self._lines("saved_tgids") if told.isdecimal()}
            names = dict(self._lines("saved_cmdlines"))
            self._gone = {gone: Actor(processes.get(gone, gone), name) for gone, name in names.items()}
        return self._gone.get(thread) or Actor(thread, None)

    def _lines(self, file: str) -> list[tuple[int, str]]:
        """Lines of a number and what it is."""
        try:
            lines = (self._tracefs / file).read_text(errors="replace").splitlines()
        except OSError:
            return []
        words = (line.split(" ", 1) for line in lines)
        return [(int(told[0]), told[1]) for told in words if len(told) == 2 and told[0].isdecimal()]
