"""Where the history is, unless another file is named."""

import os
from pathlib import Path

FILE = "history.sqlite"
ROOTS_FOLDER = Path("/var/lib/closewait")


def place() -> Path:
    """In /var/lib/closewait as root, in $XDG_STATE_HOME or ~/.local/state otherwise (XDG base directories)."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ROOTS_FOLDER / FILE
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        folder = Path.home() / ".local" / "state"
    return folder / "closewait" / FILE
