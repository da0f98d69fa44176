"""What is remembered between looks: one SQLite file, which one process writes and any number read.

`writing` is for the watch, `reading` for everybody else. Nothing here is imported, nor sqlite3, until one is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from closewait.history.past import reading as reading
    from closewait.history.store import writing as writing

_PLACES = {"writing": "closewait.history.store", "reading": "closewait.history.past"}
__all__ = ["reading", "writing"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'closewait.history' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
