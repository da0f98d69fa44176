"""Records what the tools of this machine print about known sockets: the texts of tests/formats/golden.

    tools/record_golden.py [TEXT]      records again every recording whose file has TEXT in its name; needs root

Every command runs on the stage of tests/formats/sockets_in_every_state.py. Beside each text lies a `.csv` with the rows
that must be read from it; `tools/expect_golden.py` writes it, and a person compares it with the text before it counts.
"""

import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests" / "formats"
GOLDEN = TESTS / "golden"
STAGE = TESTS / "sockets_in_every_state.py"


@dataclass(frozen=True, slots=True)
class Recording:
    """One golden text: the format that reads it, its file, and the shell command that prints it."""

    format: str
    file: str
    command: str


AS_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"

RECORDINGS = (
    Recording("ss_text", "iproute2-6.1--every-state", "ss -tan"),
    Recording("ss_text", "iproute2-6.1--every-state-with-holders", "ss -tanp"),
    Recording("ss_text", "iproute2-6.1--holders-seen-by-nobody", f"{AS_NOBODY} ss -tanp"),
    Recording("ss_text", "iproute2-6.1--holders-and-threads", "ss -tanpT"),
    Recording("ss_text", "iproute2-6.1--timers-and-details", "ss -tanpoe"),
    Recording("ss_text", "iproute2-6.1--control-groups", "ss -tanp --cgroup"),
    Recording("ss_text", "iproute2-6.1--tcp-info", "ss -tani"),
    Recording("ss_text", "iproute2-6.1--everything-on-one-line", "ss -HtanpoeimO"),
    Recording("ss_text", "iproute2-6.1--memory", "ss -tanm"),
    Recording("ss_text", "iproute2-6.1--service-names-with-timers", "ss -tao"),
    Recording("ss_text", "iproute2-6.1--listeners", "ss -tlnp"),
    Recording("ss_text", "iproute2-6.1--all-families", "ss -a"),
    Recording("ss_text", "iproute2-6.1--one-state", "echo '$ ss -tnpo state close-wait'; ss -tnpo state close-wait"),
    Recording("ss_text", "iproute2-6.1--one-state-of-all-families", "echo '# ss state listening'; ss state listening"),
    Recording("ss_text", "iproute2-6.1--tcp-and-udp", "ss -tuanp"),
    Recording("ss_text", "iproute2-6.1--udp-alone", "echo '$ ss -uan'; ss -uan"),
    Recording("ss_text", "iproute2-6.1--nothing", "ss -tan 'sport = :1'"),
    Recording("proc_net_tcp", "linux-6.18--every-state", "cat /proc/net/tcp"),
    Recording("proc_net_tcp", "linux-6.18--every-state-ipv6", "cat /proc/net/tcp6"),
    Recording("proc_net_tcp", "linux-6.18--tcp-tcp6-udp", "head -n 99 /proc/net/tcp /proc/net/tcp6 /proc/net/udp"),
    Recording("proc_net_tcp", "linux-6.18--without-heading", "tail -qn +2 /proc/net/tcp /proc/net/tcp6"),
    Recording("netstat_linux", "net-tools-2.10--every-state", "netstat -tan"),
    Recording("netstat_linux", "net-tools-2.10--every-state-with-owners", "netstat -tanp"),
    Recording("netstat_linux", "net-tools-2.10--owners-hidden", f"{AS_NOBODY} netstat -tanp 2>&1"),
    Recording("netstat_linux", "net-tools-2.10--timers", "netstat -tano"),
    Recording("netstat_linux", "net-tools-2.10--users-owners-timers", "netstat -tanpeo"),
    Recording("netstat_linux", "net-tools-2.10--wide-names", "netstat -taeW"),
    Recording("netstat_linux", "net-tools-2.10--listeners", "netstat -tlnp"),
    Recording("netstat_linux", "net-tools-2.10--all-families", "netstat -an"),
    Recording("netstat_linux", "net-tools-2.10--twice", "netstat -tn; netstat -tn"),
    Recording("netstat_linux", "net-tools-2.10--german", "LC_ALL=de_DE.UTF-8 netstat -tanpo"),
    Recording("netstat_linux", "net-tools-2.10--czech", "LC_ALL=cs_CZ.UTF-8 netstat -tanpeo"),
    Recording("netstat_linux", "net-tools-2.10--portuguese", "LC_ALL=pt_BR.UTF-8 netstat -tanpeo"),
    Recording("netstat_linux", "net-tools-2.10--japanese", "LC_ALL=ja_JP.UTF-8 netstat -tanpo"),
    Recording("netstat_linux", "net-tools-2.10--estonian", "LC_ALL=et_EE.UTF-8 netstat -tano"),
    Recording(
        "netstat_linux", "net-tools-2.10--french-owners-hidden", f"LC_ALL=fr_FR.UTF-8 {AS_NOBODY} netstat -tanp 2>&1"
    ),
    Recording("netstat_linux", "busybox-1.35--every-state", "busybox netstat -tan"),
    Recording("netstat_linux", "busybox-1.35--names", "busybox netstat -ta"),
)

ORIGIN = """\
# Where these files come from

Printed by the tools themselves on {system}, {tool}, {day}, about the sockets that
`tests/formats/sockets_in_every_state.py` makes. `tools/record_golden.py {format}` records them again; process ids,
inodes and times will differ then. Each `.csv` holds the rows that must be read from the `.txt` beside it.

| file | command |
|---|---|
"""

TOOL_VERSIONS = {"ss_text": "ss -V", "proc_net_tcp": "uname -sr", "netstat_linux": "netstat -V"}
LOCALE = re.compile(r"LC_ALL=((\w+)\.UTF-8)")


def printed_on_stage(command: str) -> str:
    """What the command prints when every socket is in its state."""
    stage = [sys.executable, str(STAGE), command]
    with TemporaryDirectory(prefix="locales-") as folder:
        if locale := LOCALE.search(command):
            localedef = ["localedef", "-i", locale[2], "-f", "UTF-8", f"{folder}/{locale[1]}"]
            subprocess.run(localedef, check=True)
            Path(folder).chmod(0o755)  # for commands that run as nobody
            stage = ["env", f"LOCPATH={folder}", *stage]
        return subprocess.run(stage, check=True, capture_output=True, text=True).stdout


def write_origin(format_name: str) -> None:
    """The table of a format's recordings, with the versions of today."""
    version = subprocess.run(TOOL_VERSIONS[format_name].split(), check=True, capture_output=True, text=True).stdout
    text = ORIGIN.format(
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        tool=version.splitlines()[0],
        day=date.today().isoformat(),
        format=format_name,
    )
    rows = [f"| {r.file}.txt | `{r.command}` |\n" for r in RECORDINGS if r.format == format_name]
    (GOLDEN / format_name / "ORIGIN.md").write_text(text + "".join(rows))


def main(wanted: str) -> None:
    """Record what is wanted and describe its origin."""
    chosen = [r for r in RECORDINGS if wanted in f"{r.format}/{r.file}"]
    for recording in chosen:
        text = printed_on_stage(recording.command)
        file = GOLDEN / recording.format / f"{recording.file}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(f"{file.relative_to(GOLDEN)}: {len(text.splitlines())} lines")
    for format_name in sorted({r.format for r in chosen}):
        write_origin(format_name)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
