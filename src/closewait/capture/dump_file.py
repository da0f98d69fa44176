"""A dump that somebody saved or pipes in: a file, or standard input (`-`)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.errors import BadInput, CannotSee
from closewait.formats import looks as looks_in

if TYPE_CHECKING:
    from closewait.snapshot.table import Snapshot

STANDARD_INPUT = "-"


def looks(path: str) -> list["Snapshot"]:
    """Every dump in the file `path`, or in standard input. Raises BadInput or CannotSee, saying what to do."""
    source = "standard input" if path == STANDARD_INPUT else path
    return looks_in(contents(path), source)


def contents(path: str) -> bytes:
    """The bytes of the file `path`, or of standard input."""
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
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
