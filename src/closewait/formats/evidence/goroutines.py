"""Stacks of a Go program: its answer to SIGQUIT, a panic, /debug/pprof/goroutine?debug=2.

    goroutine 18 [semacquire, 20 minutes]:
    sync.runtime_SemacquireMutex(0xc00001e0a8, 0x0?, 0x1?)
            /usr/local/go/src/runtime/sema.go:77 +0x25

The word in brackets is the runtime's (runtime/runtime2.go, waitReasonStrings). A goroutine in `select` or `chan
receive` is an idle worker, mostly.
"""

import re
from dataclasses import replace

from closewait.formats.evidence.kind import Kind
from closewait.formats.evidence.stack import MOST_FRAMES, MOST_THREADS, evidence_of, waits_for
from closewait.snapshot.evidence import Evidence, Thread, WaitsFor

GOROUTINE = re.compile(
    r"(?P<name>goroutine [0-9]{1,12})(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[(?P<state>[^\],\n]{1,60})"
    r"(?:, (?P<minutes>[0-9]{1,9}) minutes)?[^\]\n]{0,60}\]:"
)
FRAME = re.compile(r"(?P<function>[\w./*()\[\]-]{1,200}[\w\]])\(")

#: States that say enough by themselves.
STATES = {
    "sync.Mutex.Lock": WaitsFor.LOCK,
    "sync.RWMutex.Lock": WaitsFor.LOCK,
    "sync.RWMutex.RLock": WaitsFor.LOCK,
    "sleep": WaitsFor.TIME,
}
#: Of Go before 1.20: a mutex and a WaitGroup wait in the same state, and the frames tell which.
SEMAPHORE, RUNNING = "semacquire", ("running", "runnable")
BY_FRAMES = (SEMAPHORE, "IO wait", "syscall")


def read(text: str, origin: str) -> Evidence | None:
    """Each goroutine; how long it has waited stands behind its name."""
    if "goroutine " not in text:
        return None
    found: list[tuple[Thread, str, list[str]]] = []
    for line in text.split("\n"):
        if heading := GOROUTINE.match(line):
            minutes = f", {heading['minutes']} minutes" if heading["minutes"] else ""
            found.append((Thread(origin, heading["name"] + minutes), heading["state"], []))
        elif found and (frame := FRAME.match(line)) and len(found[-1][2]) < MOST_FRAMES:
            found[-1][2].append(frame["function"])
    whole = [
        replace(
            thread,
            frames=tuple(frames),
            waits_for=STATES.get(state) or (waits_for(frames) if state in BY_FRAMES else None),
            running=True if state in RUNNING else None,
        )
        for thread, state, frames in found[:MOST_THREADS]
    ]
    return evidence_of(whole, origin, "a Go program's goroutines")


KIND = Kind(name="goroutines", told_by="a Go program's answer to SIGQUIT, `/debug/pprof/goroutine?debug=2`", read=read)
