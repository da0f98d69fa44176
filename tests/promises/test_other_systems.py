"""A system that is not Linux: what it cannot do is refused in words, and nothing that Python lacks there is touched.

The commands run in a Python that has lost what CPython lacks on Windows, on a host without `/proc`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from closewait.errors import CannotAct, CannotPlay, CannotSee

#: Argument 1: where psutil, which has a way of its own on Windows, finds the processes. The command line follows.
RUN_WITHOUT_UNIX = """
import asyncio, ctypes, os, platform, shutil, signal, socket, subprocess, sys, tempfile
import numpy, polars, psutil, typer

LACKING = {
    os: (
        "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "P_ALL", "WEXITED", "WNOHANG", "WNOWAIT", "CLD_EXITED",
        "fork", "getegid", "geteuid", "getgid", "getuid", "getpgid", "killpg", "memfd_create", "pidfd_open", "pipe2",
        "sched_getaffinity", "setsid", "statvfs", "sysconf", "uname", "wait", "waitid",
    ),
    signal: (
        "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGUSR1", "SIGUSR2",
        "SIG_BLOCK", "SIG_SETMASK", "SIG_UNBLOCK", "ITIMER_REAL", "pause", "pidfd_send_signal", "pthread_sigmask",
        "setitimer", "sigpending", "sigtimedwait", "sigwait",
    ),
    socket: ("AF_NETLINK", "AF_PACKET", "AF_UNIX", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "recv_fds", "send_fds"),
}
for module, names in LACKING.items():
    for name in names:
        delattr(module, name)
sys.modules.update(dict.fromkeys(["fcntl", "grp", "pwd", "resource", "syslog", "termios"]))
sys.platform, psutil.PROCFS_PATH = "win32", sys.argv[1]

from closewait.cli import run
sys.exit(run(sys.argv[2:]))
"""
WITHOUT_PROC = 'mount --rbind /proc "$0" && mount -t tmpfs none /proc && exec "$@"'


def run(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """A command line in such a Python, in mounts and a network of its own."""
    processes = folder / "processes"
    processes.mkdir()
    return subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", WITHOUT_PROC, str(processes),
         sys.executable, "-c", RUN_WITHOUT_UNIX, str(processes), *command.split()],
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state")}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        ("lab leaked-close-wait", CannotPlay.exit_status, "Scenes need Linux; this is win32"),
        ("close state=close_wait", CannotSee.exit_status, "closes only what the kernel tells with a cookie"),
        ("close state=close_wait --how signal --apply --yes", CannotSee.exit_status, "with a cookie"),
        ("tune --apply tcp_fin_timeout=33 --yes", CannotAct.exit_status, "does not exist here"),
        ("tune --undo", CannotAct.exit_status, "There is no change to take back"),
        ("netns:web", CannotSee.exit_status, "only Linux has network namespaces"),
        ("list netns:web --by state", CannotSee.exit_status, "only Linux has network namespaces"),
        ("trace --for 1s", CannotSee.exit_status, "Only Linux tells transitions"),
        ("--all-netns", CannotSee.exit_status, "no network namespaces"),
    ],
)
def test_what_needs_linux_is_refused(command: str, status: int, says: str, tmp_path: Path) -> None:
    """What only Linux can do ends with a sentence that says so, and with the status of a refusal."""
    done = run(tmp_path, command)

    assert (done.returncode, says in done.stderr) == (status, True), done.stderr


@pytest.mark.parametrize("command", ["lab", "tune", "list", ""])
def test_what_needs_no_linux_is_answered(command: str, tmp_path: Path) -> None:
    """The scenes are listed, and a look goes through psutil."""
    done = run(tmp_path, command)

    assert (done.returncode, done.stderr) == (0, "")
