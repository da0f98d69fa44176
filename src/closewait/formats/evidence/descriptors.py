"""How many descriptors a process has open, as people count them.

    46695 java 26390                               a list: process id, name, number
    $ ls /proc/46695/fd | wc -l                    a command and, below or behind it, its number
    26390
    lrwx------ 1 app app 64 Nov 22 10:00 12 -> 'socket:[3118]'      `ls -l /proc/46695/fd`, one line each

`lsof | wc -l` counts threads, libraries and mapped files as well, and says nothing about descriptors. Nor does every
list of processes with a number: `ps -eo pid,comm,rss` looks just so.
"""

import re
from collections.abc import Sequence

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, ProcessFact

WHAT = "open descriptors of a process"
LISTED = re.compile(r" *([0-9]{1,9})[ ,;:]+([^\s,;:]{1,64})[ ,;:]+([0-9]{1,9}) *")
HEADING = re.compile(r" *pid\b[^\n]{0,60}", re.IGNORECASE)
#: What a heading calls a number of descriptors, and what files with such numbers are called.
ABOUT = re.compile(
    r"(?<![a-z])(?:(?:n|num_?)?fds?(?:[_-]?(?:count|num)\w*)?|handles?|open(?:[ _-]?files)?|files|descriptors?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"(?:ls|find)\b(?P<options>[^\n|/]{0,40})/proc/(?P<pid>[^/\n|]{1,40})/fd/?\b[^\n|]{0,60}\| *wc +-l"
    r"[^\n0-9]{0,12}\n? *(?P<count>[0-9]{1,9})\b"
)
LONG = re.compile(r" -\w*l")
ENTRY = re.compile(r"l[rwx-]{9}\.? +[0-9]+ [^\n]{1,120}? ([0-9]{1,9}) -> ")
FOLDER = re.compile(r"/proc/(?P<pid>[^/\n]{1,40})/fd/?(?![\w/])")
TOTAL = re.compile(r"[^\W\d]{2,20} [0-9]{1,9}")  # how `ls -l` begins, in any language: `total 0`, `insgesamt 0`


def read(text: str, origin: str) -> Evidence | None:
    """What is listed, what was counted, or how many entries of one folder are shown."""
    facts = listed(text, origin) or counted(text, origin) or entries(text, origin)
    return evidence(origin, WHAT, processes=facts) if facts else None


def listed(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """Process, name and number on each line, and nothing else in the text but a heading.

    The heading, or the file's name, says that descriptors are counted; a single line needs nobody to say so.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    heading = lines.pop(0) if lines and HEADING.fullmatch(lines[0]) else None
    found = [LISTED.fullmatch(line) for line in lines]
    if not found or None in found:
        return ()
    if not ABOUT.search(heading or origin) and (heading or len(lines) > 1):
        return ()
    return tuple(
        ProcessFact(origin, pid=int(one[1]), process=one[2], descriptors=int(one[3]))
        for one in found
        if one and not one[2].isdecimal()
    )


def counted(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """Each command that counts a process's descriptors; `ls -l` prints a line more than there are.

    Who counts none was not permitted to look, or came too late.
    """
    facts = (
        ProcessFact(
            origin,
            pid=number(one["pid"]),
            descriptors=int(one["count"]) - bool(LONG.search(one["options"])),
        )
        for one in COUNTED.finditer(text)
    )
    return tuple(fact for fact in facts if fact.descriptors and fact.descriptors > 0)


def entries(text: str, origin: str) -> tuple[ProcessFact, ...]:
    """The entries of each /proc/PID/fd, listed one by one; several lists without a name may be of several processes."""
    lists = [(pid, opened) for pid, opened in folders(text.split("\n")) if opened]
    last = dict(lists)
    if sum(pid is None for pid, _ in lists) > 1:
        del last[None]
    return tuple(ProcessFact(origin, pid=pid, descriptors=len(opened)) for pid, opened in last.items())


def folders(lines: Sequence[str]) -> list[tuple[int | None, set[str]]]:
    """What each folder lists, by the process that the line before it names; a link may lead to any path."""
    lists: list[tuple[int | None, set[str]]] = [(None, set())]
    for line in lines:
        if entry := ENTRY.match(line):
            lists[-1][1].add(entry[1])
        elif folder := FOLDER.search(line):
            lists.append((number(folder["pid"]), set()))
        elif TOTAL.fullmatch(line):
            lists.append((lists[-1][0], set()))
    return lists


def number(word: str) -> int | None:
    """A process id; None where the command does not tell it: `self`, `$(pidof java)`."""
    return int(word) if word.isdecimal() and len(word) < 10 else None


KIND = Kind(
    name="descriptors",
    told_by="`ls /proc/PID/fd | wc -l` with its number, `ls -l /proc/PID/fd`, a list of `PID NAME NUMBER` that says so",
    read=read,
)
