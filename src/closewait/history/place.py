"""Where the history is, unless another file is named."""

import os
from pathlib import Path

FILE = "history.sqlite"
ROOTS_FOLDER = Path("/var/lib")


def place() -> Path:
    """In the folder that systemd gives its service; else below $XDG_STATE_HOME, below /var/lib as root, and below
    ~/.local/state otherwise (systemd.exec(5) StateDirectory=, XDG base directories); as the audit log.
    """
    systemds = Path(os.environ.get("STATE_DIRECTORY", ""))
    if systemds.is_absolute():
        return systemds / FILE
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        folder = ROOTS_FOLDER if is_root else Path.home() / ".local" / "state"
    return folder / "closewait" / FILE
