"""`systemctl restart UNIT`: the holder ends and starts anew, with everything that belongs to it."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from closewait.actions.identity import PROC, Descriptor, holds, started_at_ticks, unit_of
from closewait.errors import CannotAct

PATIENCE_S = 120


def command(unit: str) -> tuple[str, ...]:
    """The command, as a person would type it."""
    return ("systemctl", "restart", "--", unit)


def restart(unit: str, pid: int, started: int | None, descriptors: Sequence[Descriptor], proc: Path = PROC) -> None:
    """Restart the unit of the process that started then, if it still holds one of the sockets. Raises CannotAct."""
    if started is None or started_at_ticks(pid, proc) != started or unit_of(pid, proc) != unit:
        raise CannotAct(f"process {pid} of {unit} has ended since the look, so its unit is not restarted")
    if not any(holds(one, proc) and unit_of(one.pid, proc) == unit for one in descriptors):
        raise CannotAct(f"no process of {unit} holds any of these sockets any more, so it is not restarted")
    program = shutil.which("systemctl")
    if program is None:
        raise CannotAct("there is no systemctl here")
    try:
        done = subprocess.run([program, *command(unit)[1:]], capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise CannotAct(
            f"systemctl restart {unit} has not ended after {PATIENCE_S} s: it is not known whether it was done"
        ) from None
    if done.returncode:
        raise CannotAct(f"systemctl restart {unit} failed: {done.stderr.strip() or done.returncode}")
