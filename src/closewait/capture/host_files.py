"""The files of one host: which are dumps of sockets, what the others say, and which say nothing.

Each file is what it contains, whatever it is called.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.dump_file import STANDARD_INPUT, contents
from closewait.diagnosis.report import NotUnderstood
from closewait.errors import BadInput, ClosewaitError
from closewait.formats import looks
from closewait.formats.evidence import evidence_in
from closewait.records import record
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closewait.snapshot.table import Snapshot

#: The format of a look that is evidence as well: beside a dump of sockets it is no look of its own.
SOCKSTAT = "proc_net_sockstat"

#: Of a file larger than the first, the dump must begin within the second: a program's log of months is no dump.
LARGE_BYTES, BEGINNING_BYTES = 64 << 20, 1 << 20


@record
class HostFiles:
    """What was found in the files of one host, in the order given."""

    dumps: "tuple[tuple[str, list[Snapshot]], ...]"
    evidence: Evidence
    not_understood: tuple[NotUnderstood, ...]


def gathered(paths: "Sequence[str]", *, folder: bool) -> HostFiles:
    """Every file's looks, or what it says besides.

    In a folder a file that cannot be read is named as not understood; one that the user named by itself is an error.
    Raises BadInput where no file can be judged, saying what is missing.
    """
    dumps: list[tuple[str, list[Snapshot]]] = []
    known, others = NO_EVIDENCE, list[NotUnderstood]()
    for path in paths:
        name = Path(path).name if path != STANDARD_INPUT else "standard input"
        try:
            data = contents(path)
        except ClosewaitError as refused:
            if not folder:
                raise
            others.append(NotUnderstood(name, str(refused)))
            continue
        try:
            found = looks_in(data, name if path == STANDARD_INPUT else path)
        except BadInput as no_dump:
            said = evidence_in(data, name)
            if not said:
                others.append(NotUnderstood(name, str(no_dump)))
        else:
            dumps.append((path, found))
            said = evidence_in(data, name) if found[0].format == SOCKSTAT else None
        known = known.joined(said or NO_EVIDENCE)
    if not dumps:
        raise BadInput(nothing_to_judge(paths, known))
    of_sockets = [(path, found) for path, found in dumps if found[0].format != SOCKSTAT]
    return HostFiles(tuple(of_sockets or dumps), known, tuple(others))


def looks_in(data: bytes, source: str) -> "list[Snapshot]":
    """The looks in a file. Raises BadInput where it is no dump; a large one is mostly known by its beginning."""
    if len(data) > LARGE_BYTES:
        looks(data[:BEGINNING_BYTES], source)
    return looks(data, source)


def nothing_to_judge(paths: "Sequence[str]", known: Evidence) -> str:
    """What to say where there is no dump: what was understood, and what is missing."""
    if not known.told:
        return f"None of these files is a socket dump that closewait knows: {', '.join(paths)}"
    understood = "; ".join(f"{told.origin}: {told.what}" for told in known.told)
    return (
        f"There is evidence here and no socket dump to judge with it ({understood}). "
        "Put the output of `ss -tanpoei`, run as root, or `netstat -ano` (Windows) beside it."
    )
