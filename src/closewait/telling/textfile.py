"""A page of metrics as a file, for node_exporter's textfile collector."""

import os
import tempfile
from pathlib import Path

from closewait.errors import CannotAct

READABLE_BY_ALL = 0o644  # node_exporter runs as a user of its own


def write_whole(path: Path, text: str) -> None:
    """Put `text` into a file so that whoever reads it sees the old text or the new, never a part. Raises CannotAct."""
    beside = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as written:
            beside = written.name
            written.write(text.encode())
            written.flush()
            os.fchmod(written.fileno(), READABLE_BY_ALL)
        os.replace(beside, path)  # noqa: PTH105  a rename within one folder: rename(2)
    except OSError as refused:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)
        raise CannotAct(f"{path} cannot be written: {refused.strerror}.") from None
