"""Where the history is, unless another file is named."""

import os
from pathlib import Path

from closewait.errors import CannotAct

FILE = "history.sqlite"
ROOTS_FOLDER = Path("/var/lib")


def place() -> Path:
    """In the folder that systemd gives its service; else below $XDG_STATE_HOME, below /var/lib as root, and below
    ~/.local/state otherwise (systemd.exec(5) StateDirectory=, XDG base directories); as the audit log.

    Raises CannotAct for a user without a home, such as any number that a container runs as.
    """
    systemds = Path(os.environ.get("STATE_DIRECTORY", ""))
    if systemds.is_absolute():
        return systemds / FILE
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        folder = ROOTS_FOLDER if is_root else _home() / ".local" / "state"
    return folder / "closewait" / FILE


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise CannotAct("This user has no home to keep a history in. Name a file: --history FILE") from None
