"""What all clocks of this host show: by their differences it is known that one was set, or that the host slept."""

import time
from pathlib import Path

from closewait.records import record

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # random(4): another one after each boot


@record
class Instant:
    """One moment by three clocks: of the day, since boot, and since boot without the time asleep (clock_gettime(2))."""

    unix_s: float
    boottime_s: float
    awake_s: float
    boot_id: str | None = None  # None: this system tells none


def here_and_now() -> Instant:
    """This moment on this host."""
    awake_s = time.monotonic()
    boottime = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    boottime_s = awake_s if boottime is None else time.clock_gettime(boottime)
    return Instant(time.time(), boottime_s, awake_s, _boot_id())


def _boot_id() -> str | None:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return None
