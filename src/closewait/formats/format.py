"""What a format is, and what reading one gives.

A format takes bytes or text that somebody else fetched and returns plain columns. It opens nothing, it never executes
anything it reads, and whatever it is given it returns readings or raises `BadInput`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from closewait.records import record
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.host import Host
from closewait.snapshot.sight import LineNotUnderstood, Sight

if TYPE_CHECKING:
    from closewait.formats.paste import Paste

LookKind = Literal["sockets", "flows", "counts", "descriptors"]

#: One column: a list or tuple of Python values, a numpy array, or a `snapshot.coded.Coded` for text with few different
#: values. None (or a masked value) is "not told".
ColumnValues = Sequence[Any] | Any


@record
class HolderColumns:
    """Who holds which row: four columns of equal length (see `snapshot.columns.HOLDERS`)."""

    socket: ColumnValues = ()
    pid: ColumnValues = ()
    process: ColumnValues = ()
    fd: ColumnValues = ()


@record
class Reading:
    """One look as a format read it, before it becomes a `Snapshot`.

    `columns` maps names of `snapshot.columns.SOCKETS` to values, all of the same length, one for each row of the
    dump in its order; a column left out is null throughout. `holders` names every holder where the dump shows more
    than the one in the `pid`, `process` and `fd` columns. `states` is for kind `counts` only.
    """

    format: str
    columns: Mapping[str, ColumnValues] = field(default_factory=dict)
    kind: LookKind = "sockets"
    holders: HolderColumns | None = None
    states: Mapping[str, int] | None = None
    taken_at_unix_s: float | None = None
    clock_s: float | None = None  # see `Snapshot`
    command: str | None = None  # that stands before the dump
    lines_not_understood: tuple[LineNotUnderstood, ...] = ()
    owners_told: bool | None = None
    caveats: tuple[str, ...] = ()
    host: Host | None = None  # what the rows give away of it: the system, by the form of an inode
    processes: Mapping[str, ColumnValues] | None = None  # columns of `snapshot.columns.PROCESSES`
    # Told by our own JSON only, which was a whole snapshot once; they stand instead of what would be concluded here.
    source: str | None = None
    evidence: Evidence = NO_EVIDENCE
    sight: Sight | None = None


@record
class BytesFormat:
    """A format of bytes that are not text: recognised by how it begins, read whole."""

    name: str
    told_by: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes], Sequence[Reading]]


def never(dump: "Paste", section: "Paste") -> bool:
    """The answer of a format whose runs have one section each."""
    return False


@record
class TextFormat:
    """A format of text: recognised by the lines of its beginning, read as a sequence of lines.

    `opens` is a pattern that the title or heading line with which a dump of this format begins matches; a paste is
    split into dumps there, and at shell commands and code fences. `recognises` sees the first lines of such a dump,
    tidied (see `formats.paste`), and says how many of them are its own; the format with the largest count reads the
    dump. `continues` says whether the second of two successive dumps is a further section of the first's run: there
    are tools that print a title and a heading for each protocol.
    """

    name: str
    told_by: str
    opens: str
    recognises: Callable[[Sequence[str]], int]
    read: Callable[["Paste"], Sequence[Reading]]
    continues: Callable[["Paste", "Paste"], bool] = never
