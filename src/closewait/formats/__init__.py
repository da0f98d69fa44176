"""What bytes and text mean: one file for each format; `registry.py` is the tuple of them all.

The registry is loaded when it is first asked for: a live look needs one format only, and begins before numpy and polars
are imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from closewait.formats.registry import FORMATS as FORMATS
    from closewait.formats.registry import looks as looks
    from closewait.formats.registry import looks_in_blocks as looks_in_blocks
    from closewait.formats.registry import read as read

__all__ = ["FORMATS", "looks", "looks_in_blocks", "read"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'closewait.formats' has no attribute {name!r}")
    return getattr(import_module("closewait.formats.registry"), name)
