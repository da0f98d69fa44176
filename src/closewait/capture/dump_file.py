"""A dump that somebody saved or pipes in: a file, or standard input (`-`)."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO

from closewait.errors import BadInput, CannotSee
from closewait.formats import looks as looks_in
from closewait.formats import looks_in_blocks

if TYPE_CHECKING:
    from closewait.snapshot.table import Snapshot

STANDARD_INPUT = "-"


#: A larger file is a log, and read as a stream.
LOG_BYTES = 64 << 20
BLOCK_BYTES = 1 << 20

#: Told how many bytes were read since the last time, and how many there are, where that is known.
Watching = Callable[[int, int | None], None]


def looks(path: str, watching: Watching | None = None) -> "Iterable[Snapshot]":
    """Every dump in the file `path`, or in standard input. Raises BadInput or CannotSee, saying what to do.

    The looks of a log that is too large to hold are read one by one, as they are asked for.
    """
    source = "standard input" if path == STANDARD_INPUT else path
    coming = blocks(path, watching)
    beginning, held_bytes = [], 0
    for block in coming:
        beginning.append(block)
        held_bytes += len(block)
        if held_bytes > LOG_BYTES:
            return looks_in_blocks(chain(beginning, coming), source)
    return looks_in(b"".join(beginning), source)


def blocks(path: str, watching: Watching | None) -> "Iterator[bytes]":
    """The bytes of a file, or of standard input, in pieces."""
    with saying_what_to_do(path), opened(path) as file:
        facts = os.fstat(file.fileno())
        size = facts.st_size if S_ISREG(facts.st_mode) else None
        while block := file.read(BLOCK_BYTES):
            yield block
            if watching:
                watching(len(block), size)


def opened(path: str) -> AbstractContextManager[BinaryIO]:
    """The file `path`, or standard input, which stays open."""
    return nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else Path(path).open("rb")


def contents(path: str) -> bytes:
    """The bytes of the file `path`, or of standard input."""
    with saying_what_to_do(path):
        return sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()


@contextmanager
def saying_what_to_do(path: str) -> Iterator[None]:
    """What keeps a file from being read, as a sentence for its user."""
    try:
        yield
    except FileNotFoundError:
        raise BadInput(
            f"There is no file {path}. A SOURCE is a dump's file, - for standard input, or netns:NAME; "
            "without one this host is examined. A FILTER has an operator: state=close_wait, 'age>60'."
        ) from None
    except IsADirectoryError:
        raise BadInput(
            f"{path} is a folder. Name the dumps in it, the earliest first: closewait {path}/*.txt"
        ) from None
    except PermissionError:
        raise CannotSee(f"{path} may not be read by this user.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
