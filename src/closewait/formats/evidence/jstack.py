"""Stacks of a Java machine: jstack, `jcmd PID Thread.print`, SIGQUIT.

    "http-nio-8080-exec-1" #31 daemon prio=5 os_prio=0 tid=0x00007f nid=0x1f03 waiting for monitor entry [0x00007f]
       java.lang.Thread.State: BLOCKED (on object monitor)
            at com.example.Cache.get(Cache.java:31)
            - waiting to lock <0x000000076ab9c1c0> (a java.lang.Object)

BLOCKED waits for a monitor. Who parks for a ReentrantLock waits for a lock, too; who parks for a condition, a queue or
a latch is an idle worker, mostly. `nid` is the thread's id on the system, hexadecimal before JDK 21. The command names
the process whose threads follow; jcmd writes `4121:` above them.
"""

import re
from dataclasses import replace

from closewait.formats.evidence.kind import Kind
from closewait.formats.evidence.stack import MOST_FRAMES, MOST_THREADS, evidence_of, waits_for
from closewait.snapshot.evidence import Evidence, Thread, WaitsFor

THREAD = re.compile(r"\"(?P<name>[^\n]{0,200}?)\" (?:#[0-9]+ |\[[0-9]+\] |daemon |prio=|os_prio=)[^\n]*")
NID = re.compile(r"\bnid=(?P<nid>0x[0-9a-f]{1,8}|[0-9]{1,9})\b")
STATE = re.compile(r" *java\.lang\.Thread\.State: (?P<state>[A-Z_]+)")
FRAME = re.compile(r" *at (?P<function>[\w.$<>/@-]{1,200})\(")
FOR_A_LOCK = re.compile(
    r" *- (?:waiting to lock <|parking to wait for +<[^\n]{0,80}(?:ReentrantLock|ReadWriteLock|StampedLock)\b)"
)
PROCESS = re.compile(r"(?:\b(?:jstack|jcmd)(?: -\w+)* |^(?=[0-9]+:$))(?P<pid>[0-9]{1,9})\b")


def read(text: str, origin: str) -> Evidence | None:
    """Each Java thread; the machine's own have no state and are left out."""
    if "java.lang.Thread.State" not in text:
        return None
    pid: int | None = None
    threads: list[tuple[Thread, list[str]]] = []
    states: list[str] = []
    for line in text.split("\n"):
        if heading := THREAD.match(line):
            nid = NID.search(line)
            tid = int(nid["nid"], 16 if nid["nid"].startswith("0x") else 10) if nid else None
            threads.append((Thread(origin, heading["name"], pid, tid), []))
            states.append("")
        elif process := PROCESS.search(line):
            pid = int(process["pid"])
        elif not threads:
            continue
        elif state := STATE.match(line):
            states[-1] = state["state"]
        elif (frame := FRAME.match(line)) and len(threads[-1][1]) < MOST_FRAMES:
            threads[-1][1].append(frame["function"])
        elif FOR_A_LOCK.match(line):
            states[-1] = "BLOCKED"
    whole = [
        replace(thread, frames=tuple(frames), waits_for=place(state, frames), running=runs(state, frames) or None)
        for (thread, frames), state in zip(threads, states, strict=True)
        if state
    ]
    return evidence_of(whole[:MOST_THREADS], origin, "a Java machine's")


def place(state: str, frames: list[str]) -> WaitsFor | None:
    """What a thread in this state waits for: RUNNABLE is also who waits in a system call."""
    if state == "BLOCKED":
        return WaitsFor.LOCK
    waits = waits_for(frames)
    return waits if state == "RUNNABLE" or waits is WaitsFor.TIME else None


def runs(state: str, frames: list[str]) -> bool:
    """Whether a thread uses the processor, as far as its stack tells."""
    return state == "RUNNABLE" and bool(frames) and waits_for(frames) is None


KIND = Kind(name="jstack", told_by="`jstack`, `jcmd PID Thread.print`, a Java machine's answer to SIGQUIT", read=read)
