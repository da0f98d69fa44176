"""The values of this host's settings, by the names sysctl(8) has for them."""

from collections.abc import Iterable
from pathlib import Path

from closewait.capture.ahead import PROC
from closewait.capture.namespace import inside


def settings_here(names: Iterable[str], netns: str | None = None, proc: Path = PROC) -> dict[str, str]:
    """Those of `names` that this kernel has, with their values as it writes them, in `netns` (None: this one)."""
    with inside(netns):
        values = {name: _value(proc / "sys" / name.replace(".", "/")) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _value(file: Path) -> str | None:
    try:
        return " ".join(file.read_text().split())
    except OSError:
        return None
