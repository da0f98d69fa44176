"""Where the history is, unless another file is named."""

import os
from pathlib import Path

FILE = "history.sqlite"
ROOTS_FOLDER = Path("/var/lib")


def place() -> Path:
    """In $XDG_STATE_HOME, in /var/lib as root, in ~/.local/state otherwise (XDG base directories); as the audit log."""
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        folder = ROOTS_FOLDER if is_root else Path.home() / ".local" / "state"
    return folder / "closewait" / FILE
