"""The leash of every process on a stage: it bears a name, has a time limit, and ends when its parent ends.

The kernel holds all three, so they hold also when a program hangs or is killed: an alarm nobody catches
(setitimer(2)), a parent-death signal (PR_SET_PDEATHSIG in prctl(2)), and the name in `/proc/PID/comm`.
"""

import ctypes
import os
import signal
from pathlib import Path

STAGEHAND = "lab-stage"  # the name of the process that the others are tied to

# Linux include/uapi/linux/prctl.h
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def tie(name: str, *, parent_pid: int, limit_s: float, ends_by: signal.Signals) -> None:
    """Name this process and make it end after `limit_s`, or by the signal `ends_by` when `parent_pid` ends.

    The parent-death signal follows the parent's thread that made this process, not the whole parent.
    """
    Path("/proc/self/comm").write_text(name)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    _prctl(PR_SET_PDEATHSIG, ends_by)
    # A parent that ended before the line above sends no signal any more.
    if os.getppid() != parent_pid:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent ends, so that none can be lost sight of."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")
