"""closewait: explains TCP socket states and finds out why sockets will not close.

    import closewait
    report = closewait.examine()        # this host, now: findings worst first
    closewait.look().sockets            # one look, as a polars frame

Names are loaded when they are first used, so that importing closewait costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from closewait.capture import look as look
    from closewait.diagnosis.finding import Finding as Finding
    from closewait.diagnosis.finding import Severity as Severity
    from closewait.diagnosis.report import Report as Report
    from closewait.doctor import examine as examine
    from closewait.errors import ClosewaitError as ClosewaitError
    from closewait.formats import looks as read_dump
    from closewait.snapshot.table import Snapshot as Snapshot
    from closewait.snapshot.timeline import Timeline as Timeline

_HOME = {
    "ClosewaitError": ("closewait.errors", "ClosewaitError"),
    "Finding": ("closewait.diagnosis.finding", "Finding"),
    "Report": ("closewait.diagnosis.report", "Report"),
    "Severity": ("closewait.diagnosis.finding", "Severity"),
    "Snapshot": ("closewait.snapshot.table", "Snapshot"),
    "Timeline": ("closewait.snapshot.timeline", "Timeline"),
    "examine": ("closewait.doctor", "examine"),
    "look": ("closewait.capture", "look"),
    "read_dump": ("closewait.formats", "looks"),
}

__all__ = [
    "ClosewaitError",
    "Finding",
    "Report",
    "Severity",
    "Snapshot",
    "Timeline",
    "examine",
    "look",
    "read_dump",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'closewait' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
