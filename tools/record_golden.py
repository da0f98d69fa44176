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

#: One connection from its first packet to its last, while `conntrack -E` prints what happens to its flow.
A_FLOWS_LIFE = """\
timeout -s INT 2 conntrack -E {options} 2>&1 & sleep 1; python3 -c "import socket; \
s = socket.create_server(('192.0.2.1', 9000)); c = socket.create_connection(('192.0.2.1', 9000)); a = s.accept()[0]; \
c.close(); a.recv(1); a.close()"; {then} wait"""
BY_STATE = "awk '{print $6}' | sort | uniq -c"

A_SERVER_WITH_A_THREAD = """\
python3 -c "import socket, threading, time; s = socket.create_server(('192.0.2.1', 9000)); \
threading.Thread(target=time.sleep, args=(3,)).start()" & sleep 1; lsof -nP -a -iTCP:9000 -K; wait"""

SOCKETS_IN_NO_TABLE = """\
python3 -c "import socket, time; s = socket.socket(); s6 = socket.socket(socket.AF_INET6); s6.bind(('::1', 9001)); \
u = socket.socket(type=socket.SOCK_DGRAM); time.sleep(3)" & sleep 1; lsof -nP -a -p $! -d 3-99; wait"""

#: Python of its own with this version of psutil; `server` is the process that holds most sockets.
WITH_PSUTIL = """PSUTIL={version} python3 -c 'import psutil
from pprint import pprint
[server] = [process for process in psutil.process_iter() if process.name() == "server"]
{prints}'"""

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
    Recording("conntrack", "conntrack-1.4.7--every-state", "conntrack -L 2>&1"),
    Recording("conntrack", "conntrack-1.4.7--families-and-ids", "conntrack -L -o extended,id 2>/dev/null"),
    Recording("conntrack", "conntrack-1.4.7--events", A_FLOWS_LIFE.format(options="", then="")),
    Recording(
        "conntrack",
        "conntrack-1.4.7--events-until-the-end",
        A_FLOWS_LIFE.format(options="-o timestamp", then="conntrack -D -p tcp --dport 9000 >/dev/null 2>&1;"),
    ),
    Recording("conntrack", "linux-6.18--nf-conntrack", "cat /proc/net/nf_conntrack"),
    Recording("ss_summary", "iproute2-6.1--every-state", "ss -s"),
    Recording("ss_summary", "iproute2-6.1--twice", "ss -s; ss -s"),
    Recording("proc_net_sockstat", "linux-6.18--every-state", "cat /proc/net/sockstat"),
    Recording("proc_net_sockstat", "linux-6.18--both-families", "cat /proc/net/sockstat /proc/net/sockstat6"),
    Recording("summary", "net-tools-2.10--uniq", f"netstat -an | {BY_STATE}"),
    Recording(
        "summary", "net-tools-2.10--awk", "netstat -n | awk '/^tcp/ {++S[$NF]} END {for (a in S) print a, S[a]}'"
    ),
    Recording("summary", "net-tools-2.10--by-program", "netstat -anp | awk '{print $6, $7}' | sort | uniq -c"),
    Recording("summary", "iproute2-6.1--uniq", "ss -tan | awk '{print $1}' | sort | uniq -c | sort -rn"),
    Recording("lsof", "lsof-4.95--every-state", "lsof -nPi"),
    Recording("lsof", "lsof-4.95--names", "lsof -i"),
    Recording("lsof", "lsof-4.95--queues", "lsof -nPi -Tqs"),
    Recording("lsof", "lsof-4.95--one-process", "lsof -nP -a -c server -d 3-99"),
    Recording("lsof", "lsof-4.95--parents-and-numbers", "lsof -nPlR -g -i"),
    Recording("lsof", "lsof-4.95--threads", A_SERVER_WITH_A_THREAD),
    Recording("lsof", "lsof-4.95--sockets-in-no-table", SOCKETS_IN_NO_TABLE),
    Recording("lsof", "lsof-4.95--file-flags", "lsof -nPi +fg"),
    Recording("lsof", "lsof-4.95--sizes", "lsof -nPiTCP -s"),
    Recording("lsof", "lsof-4.95--repeated", "lsof -nPiTCP:8443 -r1c2 || true"),
    Recording("lsof_fields", "lsof-4.95--every-state", "lsof -nPi -F"),
    Recording("lsof_fields", "lsof-4.95--chosen-fields", "lsof -nPi -F pcuftPnT"),
    Recording("lsof_fields", "lsof-4.95--without-descriptors", "lsof -i -F pcPn"),
    Recording("lsof_fields", "lsof-4.95--repeated", "lsof -nPiTCP:8443 -r1c2 -F || true"),
    Recording("lsof_fields_nul", "lsof-4.95--every-state", "lsof -nPi -F0"),
    Recording("lsof_fields_nul", "lsof-4.95--one-process", "lsof -nP -a -c server -d 3-99 -F0"),
    Recording(
        "psutil_repr",
        "psutil-7.2--every-state",
        WITH_PSUTIL.format(version="7.2.2", prints="print(psutil.net_connections())"),
    ),
    Recording(
        "psutil_repr",
        "psutil-7.2--a-line-each",
        WITH_PSUTIL.format(version="7.2.2", prints="for each in psutil.net_connections(): print(each)"),
    ),
    Recording(
        "psutil_repr",
        "psutil-7.2--one-process",
        WITH_PSUTIL.format(version="7.2.2", prints="pprint(server.net_connections())"),
    ),
    Recording(
        "psutil_repr",
        "psutil-5.2--every-state",
        WITH_PSUTIL.format(version="5.2.2", prints="pprint(psutil.net_connections())"),
    ),
)

ORIGIN = """\
# Where these files come from

Printed by the tools themselves on {system}, {tool}, {day}, about the sockets that
`tests/formats/sockets_in_every_state.py` makes. `tools/record_golden.py {format}` records them again; process ids,
inodes and times will differ then. Each `.csv` holds the rows that must be read from the `.txt` beside it.

| file | command |
|---|---|
"""

TOOL_VERSIONS = {
    "lsof": "lsof -v 2>&1 | sed -n 's/ *revision:/lsof/p'",
    "lsof_fields": "lsof -v 2>&1 | sed -n 's/ *revision:/lsof/p'",
    "lsof_fields_nul": "lsof -v 2>&1 | sed -n 's/ *revision:/lsof/p'",
    "psutil_repr": "python3 -V",
    "ss_text": "ss -V",
    "proc_net_tcp": "uname -sr",
    "netstat_linux": "netstat -V",
    "conntrack": "conntrack -V",
    "ss_summary": "ss -V",
    "proc_net_sockstat": "uname -sr",
    "summary": "netstat -V",
}
LOCALE = re.compile(r"LC_ALL=((\w+)\.UTF-8)")
PSUTIL = re.compile(r"PSUTIL=([0-9.]+)")
BY_HAND = re.compile(r"\n## .*", re.DOTALL)  # what a person added to an ORIGIN.md: about texts that were not recorded


def printed_on_stage(command: str) -> str:
    """What the command prints when every socket is in its state."""
    stage = [sys.executable, str(STAGE), command]
    with TemporaryDirectory(prefix="golden-") as folder:
        if locale := LOCALE.search(command):
            localedef = ["localedef", "-i", locale[2], "-f", "UTF-8", f"{folder}/{locale[1]}"]
            subprocess.run(localedef, check=True)
            Path(folder).chmod(0o755)  # for commands that run as nobody
            stage = ["env", f"LOCPATH={folder}", *stage]
        if psutil := PSUTIL.search(command):
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, f"psutil=={psutil[1]}"]
            subprocess.run(pip, check=True)
            stage = ["env", f"PYTHONPATH={folder}", *stage]
        return subprocess.run(stage, check=True, capture_output=True, text=True).stdout


def write_origin(format_name: str) -> None:
    """The table of a format's recordings, with the versions of today."""
    version = subprocess.run(TOOL_VERSIONS[format_name], shell=True, check=True, capture_output=True, text=True).stdout
    text = ORIGIN.format(
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        tool=version.splitlines()[0],
        day=date.today().isoformat(),
        format=format_name,
    )
    rows = [f"| {r.file}.txt | `{r.command.replace(chr(10), '; ')}` |\n" for r in RECORDINGS if r.format == format_name]
    page = GOLDEN / format_name / "ORIGIN.md"
    by_hand = BY_HAND.search(page.read_text()) if page.exists() else None
    page.write_text(text + "".join(rows) + (by_hand[0] if by_hand else ""))


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
