"""Stacks of native threads: gdb's `thread apply all bt`, pstack, eu-stack, lldb's `thread backtrace all`.

    Thread 105 (Thread 0x7fdaf7833700 (LWP 28309) "rdk:broker1"):
    #0  0x00007fdc1209a53d in pthread_rwlock_wrlock () from /lib/x86_64-linux-gnu/libpthread.so.0
    #1  rd_kafka_broker_fail (rkb=0x2098d30, err=RD_KAFKA_RESP_ERR__TRANSPORT) at rdkafka_broker.c:411

The thread that gdb numbers 1 is the one with the process's id, as long as it lives.
"""

import re
from dataclasses import replace

from closewait.formats.evidence.kind import Kind
from closewait.formats.evidence.stack import MOST_FRAMES, MOST_THREADS, evidence_of, waits_for
from closewait.snapshot.evidence import Evidence, Thread

THREAD = re.compile(
    r" *(?:\* )?(?:Thread (?P<number>[0-9]{1,7}) \((?:Thread 0x[0-9a-fA-F]+ )?"
    r"\(?(?:LWP|process) (?P<lwp>[0-9]{1,9})\)?(?: [\"'](?P<name>[^\"']{0,64})[\"'])?[^\n]{0,80}"
    r"|TID (?P<tid>[0-9]{1,9}):|thread #(?P<lldb>[0-9]{1,7})\b[^\n]{0,200})"
)
FRAME = re.compile(
    r" *(?:\* )?(?:frame )?#[0-9]{1,4}:? +(?:0x[0-9a-fA-F]+ +(?:in |- )?(?:1 +)?)?"
    r"(?:[^`\s]{1,80}`)?(?P<function>[^\s(][^\s(]{0,200})"
)
PROCESS = re.compile(r"(?:\bprocess |\bPID |\bgdb\b[^\n]{0,40} -p ?|\bpstack )(?P<pid>[0-9]{1,9})\b")


def read(text: str, origin: str) -> Evidence | None:
    """Each thread with its frames; frames without a heading are of one thread."""
    if "#0" not in text:
        return None
    named = PROCESS.search(text)
    pid = int(named["pid"]) if named else None
    threads: list[tuple[Thread, list[str]]] = []
    for line in text.split("\n"):
        if heading := THREAD.match(line):
            tid = heading["lwp"] or heading["tid"]
            threads.append((Thread(origin, heading["name"], tid=int(tid) if tid else None), []))
            if heading["number"] == "1" and pid is None and tid:
                pid = int(tid)
        elif frame := FRAME.match(line):
            if not threads:
                threads.append((Thread(origin), []))
            if len(threads[-1][1]) < MOST_FRAMES:
                threads[-1][1].append(frame["function"])
    whole = [
        replace(thread, pid=pid, frames=tuple(frames), waits_for=waits_for(frames))
        for thread, frames in threads[:MOST_THREADS]
        if frames
    ]
    return evidence_of(whole, origin, "gdb or pstack")


KIND = Kind(
    name="gdb", told_by="gdb `thread apply all bt`, `pstack`, `eu-stack`, lldb `thread backtrace all`", read=read
)
