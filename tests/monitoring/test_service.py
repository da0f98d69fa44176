"""The unit of systemd is valid, confined, and has the capabilities that a watch needs: no more, and no fewer."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.promises.house import REPOSITORY

UNIT = REPOSITORY / "monitoring" / "systemd" / "closewait-watch.service"
CAPABILITIES = {"CAP_NET_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}
MOST_EXPOSED = 25  # tenths, of 100: systemd calls 0 to 50 "ok" and better
NOBODY = 65_534
#: What capture/dead_descriptors.py asks of the kernel.
ASKED_OF_A_DESCRIPTOR = {"pidfd_open", "pidfd_getfd", "getxattr", "getsockopt"}


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there on any machine."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/bin/closewait", sys.executable))
    return copy


def test_it_is_valid(unit: Path) -> None:
    """systemd has nothing to remark."""
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_confined(unit: Path) -> None:
    """As systemd itself counts; what it lists is what looking at a host needs."""
    threshold = f"--threshold={MOST_EXPOSED}"
    command = ["systemd-analyze", "security", "--offline=true", threshold, "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_it_has_three_capabilities() -> None:
    """Bounded, and given."""
    for setting in ("CapabilityBoundingSet", "AmbientCapabilities"):
        (told,) = re.findall(rf"^{setting}=(.*)$", UNIT.read_text(), re.M)

        assert set(told.split()) == CAPABILITIES


def calls(names: Iterable[str]) -> set[str]:
    """The system calls of a filter, its groups written out as systemd has them."""
    groups = [name for name in names if name.startswith("@")]
    told = {name for name in names if not name.startswith("@")}
    if groups:
        command = ["systemd-analyze", "syscall-filter", "--no-pager", *groups]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        told |= calls(re.findall(r"^ +(@?[a-z]\w*(?:-\w+)*)$", text, re.M))
    return told


def test_its_system_calls_are_enough() -> None:
    """Descriptors of other processes can be asked whether their connection is gone; where not, nothing would say so."""
    filters = re.findall(r"^SystemCallFilter=(~?)(.*)$", UNIT.read_text(), re.M)
    allowed, denied = (
        calls({name for told, names in filters if told == sign for name in names.split()}) for sign in ("", "~")
    )
    granted = allowed - denied

    assert granted & ASKED_OF_A_DESCRIPTOR == ASKED_OF_A_DESCRIPTOR
    assert not granted & {"ptrace", "mount", "kexec_load"}


def test_its_capabilities_are_enough() -> None:
    """A user without any other right, with these alone, sees who holds the sockets of root, and remembers it."""
    wanted = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in sorted(CAPABILITIES))
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        rights = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={wanted}",
                  f"--ambient-caps={wanted}", f"--bounding-set=-all,{wanted}", "--no-new-privs"]  # fmt: skip
        holder = subprocess.Popen(
            [sys.executable, "-c", "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
             "print(s.getsockname()[1], flush=True); sys.stdin.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert holder.stdout is not None
        port = int(holder.stdout.readline())
        environment = {**os.environ, "STATE_DIRECTORY": folder}
        told, watched = (
            subprocess.run(
                [*rights, sys.executable, "-m", "closewait", *words],
                env=environment, capture_output=True, text=True, check=False, timeout=60,
            )
            for words in (["list", f"lport={port}", "--json"], ["watch", "--every", "0.2s", "--for", "0.4s", "--quiet"])
        )  # fmt: skip
        holder.communicate()
        kept = {path.name for path in Path(folder).iterdir()}

    assert told.returncode == 0, told.stderr
    assert [row["pid"] for row in json.loads(told.stdout)["looks"][0]["sockets"]] == [holder.pid]
    assert watched.returncode in (0, 1, 2), watched.stderr
    assert "history.sqlite" in kept
