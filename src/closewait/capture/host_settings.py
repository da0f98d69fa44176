"""The settings of this host: on Linux read from /proc/sys, elsewhere asked of the system's own commands."""

import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.capture.namespace import inside
from closewait.formats.evidence import evidence_in
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence, Listing, SettingFact
from closewait.tcp.settings import BESIDE_SETTINGS, SETTINGS

#: What shows settings on other systems, by the name Python has for the system. Nothing of it changes any.
COMMANDS = {
    "Darwin": (("sysctl", "-a"),),
    "FreeBSD": (("sysctl", "-a"),),
    "OpenBSD": (("sysctl", "-a"),),
    "Windows": (
        ("netsh", "int", "ipv4", "show", "dynamicport", "tcp"),
        ("reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"),
        ("reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\AFD\Parameters"),
    ),
}
PATIENCE_S = 10.0

#: What /proc/sys shows whole: a setting below one of these that is not there does not exist.
TREES = ("net.", "fs.")
SYSCTLS = frozenset(
    name
    for setting in SETTINGS
    if setting.system == "Linux" and setting.way.kind == "sysctl"
    for name in (setting.name, *setting.aliases)
)


def settings_here(netns: str | None = None, proc: Path = PROC) -> Evidence:
    """The settings of this host, or of its network namespace `netns`, with what tells how much of one is used."""
    system = platform.system()
    if system != "Linux":
        return asked_of_commands(system)
    with inside(netns):
        # /proc/sys/net is that of the namespace that the opening thread is in.
        facts = tuple(_read(proc / "sys", SYSCTLS | BESIDE_SETTINGS))
    listings = tuple(Listing(f"{proc}/sys", tree) for tree in TREES) if facts else ()
    return Evidence(settings=facts, listings=listings)


def asked_of_commands(system: str) -> Evidence:
    """What the commands of another system tell; nothing where one is missing or refuses."""
    known = NO_EVIDENCE
    for command in COMMANDS.get(system, ()):
        try:
            said = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        known = known.joined(evidence_in(said, " ".join(command)) or NO_EVIDENCE)
    return known


def _read(tree: Path, names: frozenset[str]) -> Iterator[SettingFact]:
    for name in sorted(names):
        path = tree / name.replace(".", "/")
        try:
            value = path.read_text(errors="replace")
        except OSError:
            continue  # this kernel, container or user has none
        yield SettingFact(str(path), name, " ".join(value.split()))
