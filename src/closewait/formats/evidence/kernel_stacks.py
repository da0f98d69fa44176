"""Where a process's threads stand in the kernel: /proc/PID/task/TID/stack and wchan, with their paths.

==> /proc/4121/task/4123/stack <==              head, tail; also `cat` and the path behind a prompt
[<0>] futex_wait_queue+0x64/0x90
/proc/4121/task/4123/wchan:do_epoll_wait        grep . /proc/4121/task/*/wchan
"""

import re
from dataclasses import replace

from closewait.formats.evidence.kind import Kind
from closewait.formats.evidence.stack import MOST_FRAMES, MOST_THREADS, evidence_of, waits_for
from closewait.snapshot.evidence import Evidence, Thread

PLACE = re.compile(
    r"[^\n]{0,80}?/proc/(?P<pid>[0-9]{1,9})(?:/task/(?P<tid>[0-9]{1,9}))?/(?:stack|wchan)\b"
    r"(?: <==)?(?::? *(?P<rest>[^\n]*))"
)
FRAME = re.compile(r" *\[<[0-9a-f]{1,16}>\] (?P<function>[\w.]{1,100})(?:\+0x|$| )|(?P<wchan>[a-z_][\w.]{2,100})$")
NOWHERE = ("0", "0xffffffffffffffff")


def read(text: str, origin: str) -> Evidence | None:
    """Each thread with its frames in the kernel."""
    if "/proc/" not in text:
        return None
    found: list[tuple[Thread, list[str]]] = []
    for line in text.split("\n"):
        inside = line
        if place := PLACE.match(line):
            pid, inside = int(place["pid"]), place["rest"]
            found.append((Thread(origin, pid=pid, tid=int(place["tid"] or pid)), []))
        frame = FRAME.match(inside) if found and inside not in NOWHERE else None
        if frame and len(found[-1][1]) < MOST_FRAMES:
            found[-1][1].append(frame["function"] or frame["wchan"])
    whole = [
        replace(thread, frames=tuple(frames), waits_for=waits_for(frames))
        for thread, frames in found[:MOST_THREADS]
        if frames
    ]
    return evidence_of(whole, origin, "in the kernel")


KIND = Kind(name="kernel_stacks", told_by="`/proc/PID/task/TID/stack` and `wchan`, with their paths", read=read)
