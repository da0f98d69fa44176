"""What `make fuzz` promises, held for every recorded dump and for every input that once broke a promise.

Each file of `found/` is an input that a target could not take; its name says what was wrong.
"""

from pathlib import Path

import pytest
from fuzz.targets import TARGETS

HERE = Path(__file__).parent
LARGEST_BYTES = 100_000  # of a recorded dump: a larger one has its own tests
RECORDED = [
    path
    for path in (HERE.parent / "formats" / "golden").glob("*/*")
    if path.suffix not in (".csv", ".md") and path.stat().st_size < LARGEST_BYTES
]
FOUND = list((HERE / "found").glob("*"))


@pytest.mark.parametrize("path", sorted(RECORDED + FOUND), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_promise_is_kept(path: Path) -> None:
    """A dump goes out as JSON and comes back the same, its report can be shown, and no words break the filters."""
    for target in TARGETS.values():
        target(path.read_bytes())
