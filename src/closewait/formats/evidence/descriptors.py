"""How many descriptors a process has open, as people count them.

    46695 java 26390                               a list: process id, name, number
    $ ls /proc/46695/fd | wc -l                    a command and, below or behind it, its number
    26390
    lrwx------ 1 app app 64 Nov 22 10:00 12 -> 'socket:[3118]'      `ls -l /proc/46695/fd`, one line each

`lsof | wc -l` counts threads, libraries and mapped files as well, and says nothing about descriptors.
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, ProcessFact

WHAT = "open descriptors of a process"
LISTED = re.compile(r" *([0-9]{1,9})[ ,;:]+([^\s,;:]{1,64})[ ,;:]+([0-9]{1,9}) *")
HEADING = re.compile(r" *pid\b[^\n]{0,60}", re.IGNORECASE)
COUNTED = re.compile(
    r"(?:ls|find)\b(?P<options>[^\n|/]{0,40})/proc/(?P<pid>[^/\n|]{1,40})/fd/?\b[^\n|]{0,60}\| *wc +-l"
    r"[^\n0-9]{0,12}\n? *(?P<count>[0-9]{1,9})\b"
)
ENTRY = re.compile(r"^l[rwx-]{9}\.? +[0-9]+ [^\n]{1,120}? ([0-9]{1,9}) -> ", re.MULTILINE)
FOLDER = re.compile(r"/proc/([0-9]{1,9})/fd\b")


def read(text: str, origin: str) -> Evidence | None:
    """What is listed, what was counted, or how many entries of one folder are shown."""
    facts = listed(text, origin) or counted(text, origin) or entries(text, origin)
    return evidence(origin, WHAT, processes=facts) if facts else None


def listed(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """Process, name and number on each line, and nothing else in the text but a heading."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and HEADING.fullmatch(lines[0]):
        lines = lines[1:]
    found = [LISTED.fullmatch(line) for line in lines]
    if not found or None in found:
        return ()
    return tuple(
        ProcessFact(origin, pid=int(one[1]), process=one[2], descriptors=int(one[3]))
        for one in found
        if one and not one[2].isdecimal()
    )


def counted(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """Each command that counts a process's descriptors; `ls -l` prints a line more than there are."""
    return tuple(
        ProcessFact(
            origin,
            pid=int(one["pid"]) if one["pid"].isdecimal() else None,
            descriptors=int(one["count"]) - ("l" in one["options"]),
        )
        for one in COUNTED.finditer(text)
    )


def entries(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """The entries of /proc/PID/fd, listed one by one."""
    numbers = set(ENTRY.findall(text))
    folder = FOLDER.search(text)
    if not numbers:
        return ()
    return (ProcessFact(origin, pid=int(folder[1]) if folder else None, descriptors=len(numbers)),)


KIND = Kind(
    name="descriptors",
    told_by="`ls /proc/PID/fd | wc -l` with its number, `ls -l /proc/PID/fd`, a list of `PID NAME NUMBER`",
    read=read,
)
