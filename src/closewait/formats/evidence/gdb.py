"""Stacks of native threads: gdb's `thread apply all bt`, pstack, eu-stack, lldb's `thread backtrace all`.

    Thread 105 (Thread 0x7fdaf7833700 (LWP 28309) "rdk:broker1"):
    #0  0x00007fdc1209a53d in pthread_rwlock_wrlock () from /lib/x86_64-linux-gnu/libpthread.so.0
    #1  rd_kafka_broker_fail (rkb=0x2098d30, err=RD_KAFKA_RESP_ERR__TRANSPORT) at rdkafka_broker.c:411

A process is named by the command before its threads, or by gdb behind them, where it lets go of it. Where nobody names
it, the thread that gdb numbers 1 is the one with the process's id, as long as it lives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

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
INNERMOST = re.compile(r" *(?:\* )?(?:frame )?#0\b")
PROCESS = re.compile(
    r"(?:(?<!New )(?<!child )\b[Pp]rocess |\bPID |\b(?:gdb|lldb|eu-stack)\b[^\n]{0,40} -?-p(?:id)?[ =]?|\b[gp]stack )"
    r"(?P<pid>[0-9]{1,9})\b"
)
LETS_GO = re.compile(r"[Dd]etach")


@dataclass(slots=True)
class Stretch:
    """Threads that stand together and are of one process: their numbers, 0 for none, and their frames."""

    named: int | None = None
    threads: list[tuple[int, Thread, list[str]]] = field(default_factory=list)

    @property
    def pid(self) -> int | None:
        """The process, as a command names it, or by its first thread."""
        return self.named or next((thread.tid for number, thread, _ in self.threads if number == 1), None)

    def goes_on_with(self, number: int) -> bool:
        """Whether gdb's next thread is of the same process: it counts down, or up from 1."""
        numbers = [before for before, _, _ in (*self.threads[:1], *self.threads[-1:]) if before]
        if self.named or not numbers:
            return True
        step = number - numbers[-1]
        return step == 1 if numbers[0] == 1 else step < 0


def read(text: str, origin: str) -> Evidence | None:
    """Each thread with its frames; frames without a heading are of one thread."""
    if "#0" not in text:
        return None
    threads = [
        replace(thread, pid=pid, frames=tuple(frames), waits_for=waits_for(frames))
        for pid, thread, frames in islice(told(text, origin), MOST_THREADS)
    ]
    return evidence_of(threads, origin, "gdb or pstack")


def told(text: str, origin: str) -> Iterator[tuple[int | None, Thread, list[str]]]:
    """Each thread that has frames, with its process."""
    for stretch in stretches(text, origin):
        pid = stretch.pid
        for _, thread, frames in stretch.threads:
            if frames:
                yield pid, thread, frames


def stretches(text: str, origin: str) -> list[Stretch]:
    """The threads, apart by process."""
    found = [Stretch()]
    for line in text.split("\n"):
        last = found[-1]
        if heading := THREAD.match(line):
            number, tid = int(heading["number"] or 0), heading["lwp"] or heading["tid"]
            if number and not last.goes_on_with(number):
                found.append(last := Stretch())
            last.threads.append((number, Thread(origin, heading["name"], tid=int(tid) if tid else None), []))
        elif frame := FRAME.match(line):
            if not last.threads or (INNERMOST.match(line) and last.threads[-1][2]):
                last.threads.append((0, Thread(origin), []))
            if len(last.threads[-1][2]) < MOST_FRAMES:
                last.threads[-1][2].append(frame["function"])
        elif process := PROCESS.search(line):
            pid = int(process["pid"])
            if LETS_GO.search(line):
                last.named = last.named or pid
                found.append(Stretch())
            elif last.threads:
                found.append(Stretch(pid))
            else:
                last.named = pid
    return found


KIND = Kind(
    name="gdb", told_by="gdb `thread apply all bt`, `pstack`, `eu-stack`, lldb `thread backtrace all`", read=read
)
