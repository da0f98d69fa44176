"""How many descriptors a process may open: /proc/PID/limits, prlimit, ulimit, a systemd unit.

    Max open files            32768                32768                files      /proc/PID/limits
    NOFILE     max number of open files               1024   1048576 files         prlimit
    open files                          (-n) 1024                                  ulimit -a (bash)
    -n: file descriptors                1024                                       ulimit -a (zsh)
    nofiles              1024                                                      ulimit -a (dash, busybox)
    LimitNOFILESoft=1024                                                           systemctl show

The number is the soft limit, the first of two: at it open(), socket() and accept() fail with EMFILE (getrlimit(2)).
A shell's `ulimit` is the shell's own, which its reader may take for the service's.
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, ProcessFact

SOFT = r"([0-9]{1,12}|unlimited|infinity)"
OF_A_PROCESS, OF_A_SHELL = "limits of a process", "limits of a shell (ulimit)"
FORMS = tuple(
    (whose, re.compile(rf"^{form}", re.MULTILINE))
    for whose, form in (
        (OF_A_PROCESS, rf" *Max open files {{2,}}{SOFT}\b"),
        (OF_A_PROCESS, rf" *NOFILE +max number of open files +{SOFT}\b"),
        (OF_A_PROCESS, rf" *LimitNOFILESoft={SOFT}\b"),
        (OF_A_SHELL, rf" *open files +\([^()\n]{{0,20}}-n\) +{SOFT} *$"),
        (OF_A_SHELL, rf" *-n: file descriptors +{SOFT} *$"),
        (OF_A_SHELL, rf" *nofiles?(?:\(descriptors\)|\(-n\))? +{SOFT} *$"),
        (OF_A_SHELL, rf"(?:[^\n]{{0,60}}[$#%> ])?ulimit +-S?n *\n *{SOFT} *$"),
    )
)
#: A command, or a heading of head and tail, that names the process whose limits follow.
NAMED_ABOVE = re.compile(r"/proc/([0-9]{1,9})/limits|\bprlimit\b[^\n]{0,40}? (?:-p|--pid)[ =]?([0-9]{1,9})\b")


def read(text: str, origin: str) -> Evidence | None:
    """Each limit, with the process that a command above it names."""
    found = sorted((match.start(), whose, match[1]) for whose, form in FORMS for match in form.finditer(text))
    if not found:
        return None
    names = [(named.start(), int(named[1] or named[2])) for named in NAMED_ABOVE.finditer(text)]
    facts = []
    for place, _, soft in found:
        above = None
        while names and names[0][0] < place:
            above = names.pop(0)[1]
        if soft.isdecimal():
            facts.append(ProcessFact(origin, pid=above, descriptor_limit=int(soft)))
    return evidence(origin, found[0][1], processes=tuple(facts))


KIND = Kind(
    name="limits",
    told_by="`/proc/PID/limits` (one line of it is enough), `prlimit`, `ulimit -a`, `systemctl show`",
    read=read,
)
