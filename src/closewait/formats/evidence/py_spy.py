"""Stacks of a Python program: `py-spy dump`, and the standard library's faulthandler.

    Process 4121: python3 app.py                       py-spy dump --pid 4121
    Thread 4121 (idle): "MainThread"                   its threads, up to the next process
        select (selectors.py:468)
    Thread 0x00007f3c4 (most recent call first):       faulthandler
      File "/usr/lib/python3.11/socket.py", line 706 in readinto

Frames are Python's own: a lock that is taken in C (`lock.acquire()`) is not among them.
"""

import re
from dataclasses import replace

from closewait.formats.evidence.kind import Kind
from closewait.formats.evidence.stack import MOST_FRAMES, MOST_THREADS, evidence_of, waits_for
from closewait.snapshot.evidence import Evidence, Thread

PROCESS = re.compile(r"Process (?P<pid>[0-9]{1,9}): ")
THREAD = re.compile(
    r"Thread (?P<tid>[0-9]{1,9}|0x[0-9a-fA-F]{1,16}) \((?P<state>idle|active(?:\+gil)?)\)"
    r"(?:: \"(?P<name>[^\n]{0,100})\")?"
    r"|(?:Current thread|Thread) 0x[0-9a-fA-F]{1,16}[^\n]{0,60} \(most recent call first\):"
)
FRAME = re.compile(
    r" +(?P<function>[\w<>.:]{1,100}) \([^\n()]{1,200}\)$"
    r"| +File \"[^\n\"]{1,300}\", line [0-9]+ in (?P<in>[\w<>]{1,100})$"
)


def read(text: str, origin: str) -> Evidence | None:
    """Each thread with its Python frames."""
    if "Thread " not in text:
        return None
    pid: int | None = None
    found: list[tuple[Thread, list[str]]] = []
    for line in text.split("\n"):
        if heading := THREAD.match(line):
            tid = int(heading["tid"]) if heading["tid"] and heading["tid"].isdecimal() else None
            running = (heading["state"] or "").startswith("active") or None
            found.append((Thread(origin, heading["name"], pid, tid, running=running), []))
        elif found and (frame := FRAME.match(line)) and len(found[-1][1]) < MOST_FRAMES:
            found[-1][1].append(frame["function"] or frame["in"])
        elif process := PROCESS.match(line):
            pid = int(process["pid"])
    whole = [
        replace(thread, frames=tuple(frames), waits_for=waits_for(frames))
        for thread, frames in found[:MOST_THREADS]
        if frames
    ]
    return evidence_of(whole, origin, "a Python program's")


KIND = Kind(name="py_spy", told_by="`py-spy dump`, Python's faulthandler", read=read)
