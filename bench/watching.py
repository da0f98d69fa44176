"""What a watch costs the host while it goes on: processor time after its first look, and the most memory it has."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

OURS = str(Path(sys.executable).parent / "closewait")


def watched(netns: str, *, for_s: float, every_s: float = 10.0) -> tuple[float, float]:
    """A watch of a namespace, with its history: the share of one processor it takes, and its memory in MB.

    The first look, with all that is loaded for it, is not counted: a watch runs for months.
    """
    with tempfile.TemporaryDirectory() as folder:
        history = str(Path(folder, "history.sqlite"))
        words = ["watch", f"netns:{netns}", "--every", f"{every_s:g}s", "--for", f"{for_s:g}s", "--history", history]
        process = subprocess.Popen([OURS, *words, "--json"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        while b'"event": "started"' not in process.stdout.readline():
            pass
        begun_s, spent_s, most_mb = time.monotonic(), _processor_s(process.pid), 0.0
        while (now_mb := _most_memory_mb(process.pid)) is not None:
            most_mb = now_mb
            time.sleep(1)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        passed_s = time.monotonic() - begun_s
    if process.returncode not in (0, 1, 2):
        raise RuntimeError(f"the watch ended with {process.returncode}")
    return (used.ru_utime + used.ru_stime - spent_s) / passed_s, most_mb


def _most_memory_mb(pid: int) -> float | None:
    """The most a process has held so far (VmHWM, proc_pid_status(5)); None when it has ended."""
    told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) * 1024 / 1e6 if "VmHWM" in told else None


def _processor_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
