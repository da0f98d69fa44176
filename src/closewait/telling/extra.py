"""What comes with an extra may be missing: then it is said what to install."""

from collections.abc import Iterator
from contextlib import contextmanager

from closewait.errors import CannotAct


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Around imports of what `pip install 'closewait[extra]'` brings. Raises CannotAct."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise CannotAct(f"{missing.name} is not installed. Install it with: pip install 'closewait[{extra}]'") from None
