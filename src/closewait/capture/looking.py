"""One look at this machine: the best source that answers, the holders joined to it, and what could not be seen."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, fields
from typing import TYPE_CHECKING

from closewait.capture.dead_descriptors import dead_descriptors
from closewait.capture.host_facts import host, whole_host
from closewait.capture.namespace import inside, name_of
from closewait.capture.owners import Holdings, Walk, holdings, walk
from closewait.capture.processes import Process
from closewait.capture.source import Source, Wish
from closewait.errors import BadInput, CannotSee
from closewait.formats.control_groups import Quarters
from closewait.formats.format import ColumnValues, Reading
from closewait.records import record
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import Sight

if TYPE_CHECKING:
    from closewait.snapshot.table import Snapshot

#: The columns of a process that are facts of `Process`, and those that are facts of its quarters.
OF_PROCESS = tuple(fact.name for fact in fields(Process) if fact.name != "quarters")
OF_QUARTERS = tuple(fact.name for fact in fields(Quarters))

PASSED_OVER = "{way} was not used: {reason}."
HIDDEN_FROM_YOU = (
    "Sockets whose holder is hidden from you: {hidden}. Processes you may not look into: {refused}. "
    "Run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, to see who holds them."
)
HELD_ELSEWHERE = (
    "Open sockets without a holder that could be seen: {hidden}. They were opened or closed during the look, or are "
    "held by the kernel, in another PID namespace, or by a message on its way between processes."
)


@record
class Owners:
    """Who holds the sockets: the three columns beside them, every holder, the processes, and what stayed hidden."""

    beside: Mapping[str, ColumnValues] = field(default_factory=dict)
    holders: Mapping[str, ColumnValues] = field(default_factory=dict)
    processes: Mapping[str, ColumnValues] = field(default_factory=dict)
    told: bool | None = None
    hidden: int = 0
    caveats: tuple[str, ...] = ()


@record
class Answer:
    """What a source said, when it was asked and how long it took, and why those before it were passed over."""

    source: Source
    reading: Reading
    passed_over: tuple[str, ...]
    asked_at_unix_s: float
    took_s: float


def look_once(wish: Wish, sources: Sequence[Source], *, holders: bool) -> "Snapshot":
    """Look once, by the first of `sources` that answers. Raises CannotSee when none does."""
    return seen(wish, first_answer(wish, sources), holders=holders)


def seen(wish: Wish, answer: Answer, *, holders: bool) -> "Snapshot":
    """What a source said, with the holders joined to it, the ages and the facts of the host."""
    from closewait.snapshot.ages import with_ages
    from closewait.snapshot.columns import HOLDERS, PROCESSES, SOCKETS
    from closewait.snapshot.table import Snapshot, frame

    source, reading, took_s = answer.source, answer.reading, {"sockets": answer.took_s}
    with _timed(took_s, "holders"):
        owners = owners_of(reading, source, wish) if holders else Owners()
    kernel = whole_host(wish.proc)
    with inside(wish.netns):
        facts = host(wish.proc).joined(kernel)
    with _timed(took_s, "table"):
        sockets = with_ages(frame(SOCKETS, {**reading.columns, **owners.beside}), facts)
    return Snapshot(
        sockets=sockets,
        holders=frame(HOLDERS, owners.holders),
        processes=frame(PROCESSES, owners.processes),
        host=facts,
        sight=Sight(
            rows=sockets.height,
            owners_hidden=owners.hidden,
            owners_told=owners.told,
            caveats=(*answer.passed_over, *reading.caveats, *owners.caveats),
            took_s=took_s,
        ),
        taken_at_unix_s=answer.asked_at_unix_s,
        source=name_of(wish.netns),
        format=source.name,
    )


def first_answer(wish: Wish, sources: Sequence[Source]) -> Answer:
    """What the first source says that answers. Raises CannotSee when none does."""
    asked_at_unix_s = wish.begun.at_unix_s if wish.begun and wish.begun.dump else time.time()
    passed_over: list[str] = []
    began_s = time.perf_counter()
    for source in sources:
        try:
            reading = source.read(wish)
            return Answer(source, reading, tuple(passed_over), asked_at_unix_s, time.perf_counter() - began_s)
        except (CannotSee, BadInput, OSError, ImportError) as reason:
            passed_over.append(PASSED_OVER.format(way=source.told_by, reason=reason))
    raise CannotSee("The sockets of this machine cannot be seen. " + " ".join(passed_over))


def owners_of(reading: Reading, source: Source, wish: Wish) -> Owners:
    """The holders: as the source told them, or else by a walk over every process's descriptors."""
    if reading.owners_told is not None:
        return _as_told(reading, source, wish)
    import numpy as np

    inodes = np.ma.filled(reading.columns["inode"], 0)
    found = wish.rounds.walk(wish.proc, inodes) if wish.rounds else walked(wish)
    held = holdings(found, inodes)
    pids = np.array(sorted(found.descriptors), dtype=np.int64)
    code = np.searchsorted(pids, held.pids)
    of_sockets = pids[np.flatnonzero(np.bincount(code, minlength=len(pids)))].tolist()
    whole = wish.asked is None  # what was not asked for is not missing
    dead = dead_descriptors(found, held, inodes, wish) if whole else {}
    of_interest = sorted({*of_sockets, *(pid for pid, count in dead.items() if count)})
    known = {process.pid: process for process in source.processes(of_interest, wish.proc)}
    names = [known[pid].process if pid in known else None for pid in pids.tolist()]
    first = held.first_of_each_socket()
    hidden = int(np.count_nonzero(inodes)) - len(first.sockets)
    may_see_all = not found.refused and os.geteuid() == 0  # /proc may be mounted so that others' processes are absent
    why = HELD_ELSEWHERE if may_see_all else HIDDEN_FROM_YOU
    return Owners(
        beside=_beside(first, Coded([*names, None], np.searchsorted(pids, first.pids)), len(inodes)),
        holders={"socket": held.sockets, "pid": held.pids, "process": Coded([*names, None], code), "fd": held.fds},
        processes=_columns(known.values(), found.descriptors, dead),
        told=not hidden,
        hidden=hidden,
        caveats=(why.format(hidden=hidden, refused=found.refused),) if hidden else (),
    )


def walked(wish: Wish) -> Walk:
    """The walk that was made for this, or begun, or a new one."""
    if wish.walked is not None:
        return wish.walked
    begun = wish.begun.walk if wish.begun else None
    if begun is not None and begun.is_whole():
        return Walk.unpacked(begun.contents())
    return walk(wish.proc)


def _as_told(reading: Reading, source: Source, wish: Wish) -> Owners:
    """The holders of a source that names them itself."""
    holders = reading.holders
    told = {one.name: getattr(holders, one.name) for one in fields(holders)} if holders else {}
    pids = sorted(set(told.get("pid", ())))
    return Owners(
        holders=told,
        processes=_columns(source.processes(pids, wish.proc), {}, {}),
        told=reading.owners_told,
    )


def _beside(first: Holdings, names: Coded, rows: int) -> dict[str, ColumnValues]:
    """The columns `pid`, `process` and `fd`: of each held socket its first holder, of the others null."""
    import numpy as np

    def spread(
        values: "np.ndarray[tuple[int], np.dtype[np.int64]]", elsewhere: int
    ) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        column = np.full(rows, elsewhere, dtype=np.int64)
        column[first.sockets] = values
        return column

    unheld = np.ones(rows, dtype=np.bool_)
    unheld[first.sockets] = False
    return {
        "pid": np.ma.MaskedArray(spread(first.pids, 0), unheld),
        "process": Coded(names.values, spread(np.asarray(names.codes), len(names.values) - 1)),
        "fd": np.ma.MaskedArray(spread(first.fds, 0), unheld),
    }


def _columns(
    processes: Iterable[Process], descriptors: Mapping[int, int], dead: Mapping[int, int]
) -> dict[str, ColumnValues]:
    """The processes as columns of `snapshot.columns.PROCESSES`."""
    told = list(processes)
    return {
        **{name: [getattr(process, name) for process in told] for name in OF_PROCESS},
        **{name: [getattr(process.quarters, name) for process in told] for name in OF_QUARTERS},
        "descriptors": [descriptors.get(process.pid) for process in told],
        "dead_descriptors": [dead.get(process.pid) for process in told],
    }


@contextmanager
def _timed(took_s: dict[str, float], phase: str) -> Iterator[None]:
    """Note how long the block takes."""
    began = time.perf_counter()
    yield
    took_s[phase] = time.perf_counter() - began
