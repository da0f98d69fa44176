"""What a judgement reads is what a look for it fills."""

import re
from pathlib import Path

from hypothesis import given, settings

import closewait.diagnosis
from closewait import doctor
from closewait.diagnosis.needed import JUDGED
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import Snapshot
from closewait.testing import snapshot
from tests.diagnosis.test_laws import essence, socket_lines

COLUMNS = {column.name for column in SOCKETS}


def test_every_column_named_in_the_diagnosis_is_filled() -> None:
    """A column that a rule or the grouping names is in `JUDGED`."""
    folder = Path(closewait.diagnosis.__file__).parent
    named = {word for file in folder.rglob("*.py") for word in re.findall(r'col\("(\w+)"', file.read_text())}

    assert (named & COLUMNS) - JUDGED == set()


@settings(max_examples=30, deadline=None)
@given(lines=socket_lines())
def test_the_other_columns_change_no_verdict(lines: list[str]) -> None:
    """With the other columns empty the findings are the same."""
    look = snapshot("\n".join(lines))
    kept = {name: look.sockets[name] for name in look.sockets.columns if name in JUDGED}
    narrow = Snapshot.of_columns(kept, sight=look.sight, format=look.format)

    whole, part = (doctor.examine(lambda look=one: look).findings for one in (look, narrow))
    assert list(map(essence, part)) == list(map(essence, whole))
