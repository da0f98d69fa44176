"""The audit log: one line of JSON for each thing that closewait has done to this host, never changed afterwards.

    {"when": "2026-11-22T16:40:00+00:00", "who": {"user": "root", "uid": 0, "for": "anna"}, "what": "set", …, "result": "done"}

Who acts calls `ready()` first, so that nothing is done that could not be written down, and `record()` afterwards.
"""  # noqa: E501  a line of the log is one line

import errno
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from closewait.errors import CannotAct

#: As root, unless XDG_STATE_HOME says otherwise.
ROOTS_FOLDER = Path("/var/log")
#: Windows has neither of the last two; a file is not inherited there anyway (PEP 446).
APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


def path() -> Path:
    """Where the log is: in $XDG_STATE_HOME, in /var/log as root, in ~/.local/state (XDG base directories).

    Raises CannotAct for a user without a home, such as any number that a container runs as.
    """
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        folder = ROOTS_FOLDER if _uid() == 0 else _home() / ".local" / "state"
    return folder / "closewait" / "audit.jsonl"


def ready() -> Path:
    """The path of the log, which can be written to. Raises CannotAct: nothing is done that cannot be logged."""
    try:
        os.close(_opened())
    except OSError as error:
        raise CannotAct(
            f"{path()}: the audit log cannot be written ({error.strerror}), so nothing is done.\n"
            "Set XDG_STATE_HOME to a folder where it can."
        ) from error
    return path()


def record(entry: Mapping[str, Any]) -> Path:
    """Append `entry` with the time and who it was, on the disk when this returns; the path of the log."""
    line = json.dumps({"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": who(), **entry})
    try:
        _append(line)
    except OSError as error:
        raise CannotAct(f"{path()} could not be written ({error.strerror}). What it lacks is: {line}") from error
    return path()


def entries() -> list[dict[str, Any]]:
    """Everything that was recorded, oldest first; a line that a crash has torn is left out."""
    try:
        lines = path().read_text(errors="replace").split("\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CannotAct(f"{path()} could not be read: {error.strerror}") from error
    return [entry for line in lines if (entry := _entry(line)) is not None]


def who() -> dict[str, Any]:
    """The user that acts, and whom sudo acts for."""
    return {"user": _user_name(_uid()), "uid": _uid(), "for": os.environ.get("SUDO_USER")}


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _append(line: str) -> None:
    """Write a line of its own, also behind one that a crash has torn."""
    log = _opened()
    try:
        # One write to a file opened to append: lines of two processes do not mix (write(2), O_APPEND).
        whole = (b"\n" if _is_torn(log) else b"") + f"{line}\n".encode()
        if os.write(log, whole) < len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(log)
    finally:
        os.close(log)


def _is_torn(log: int) -> bool:
    """Whether the last line has no end."""
    if not os.fstat(log).st_size:
        return False
    os.lseek(log, -1, os.SEEK_END)
    return os.read(log, 1) != b"\n"


def _opened() -> int:
    path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(path(), APPEND, 0o600)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise CannotAct("This user has no home for the audit log. Set XDG_STATE_HOME to a folder for it.") from None


def _uid() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None  # Windows has none


def _user_name(uid: int | None) -> str | None:
    """The name of a user; None where this host knows none."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name if uid is not None else None
    except (ImportError, KeyError):
        return None
