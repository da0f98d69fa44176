"""What a source is: a way to look at the sockets of this machine, and what it may be asked."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from closewait.capture.ahead import PROC, Begun
from closewait.capture.owners import Walk
from closewait.capture.processes import Process, processes
from closewait.capture.rounds import Rounds
from closewait.formats.format import Reading
from closewait.formats.sock_diag.asked import Asked
from closewait.records import record


@record
class Wish:
    """What a look is wanted for, so that no more is asked of the kernel.

    `columns` None means every column; `netns` None means this thread's own network namespace. `asked` is the least that
    must be told, None everything; a way that cannot leave out the rest tells it. `begun` is what already runs for this,
    `walked` a walk over the descriptors that serves several wishes, `rounds` what knows them from the looks before.
    """

    columns: Collection[str] | None = None
    netns: str | None = None
    proc: Path = PROC
    begun: Begun | None = None
    asked: Asked | None = None
    walked: Walk | None = None
    rounds: Rounds | None = None


@record
class Source:
    """A way to look. `read` raises CannotSee or OSError where this way is closed; then the next one is tried.

    A reading that leaves `owners_told` None names inodes at most, and the holders are still to be found under `/proc`.
    `processes` tells what is known of the processes with these ids.
    """

    name: str
    told_by: str
    read: Callable[[Wish], Reading]
    processes: Callable[[Iterable[int], Path], Iterable[Process]] = processes
