"""One row and a condition: the same answer as a table with that row gives."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.filters.matching import matching
from closewait.snapshot.filters.one_row import meets
from closewait.snapshot.table import Snapshot

SERVICES = {"https": 443}
FILTERS = (
    "state=close_wait", "state!=listen", "state=all", "lport=443", "lport!=443", "rport>1024", "lport=20-500,8080",
    "local=10.0.0.0/24", "local=10.0.0.9", "remote=::1", "remote!=10.0.0.0/8", "proc=java", "proc=j*", "proc!=nginx",
    "pid=12", "pid>11", "lport=https",
)  # fmt: skip
ADDRESSES = ("10.0.0.1", "10.9.0.1", "::1", "::ffff:10.0.0.9", "*", "host.example")

told_rows = st.fixed_dictionaries({
    "state": st.sampled_from((None, "LISTEN", "ESTABLISHED", "CLOSE_WAIT")),
    "local_address": st.sampled_from((None, *ADDRESSES)),
    "local_port": st.sampled_from((None, 22, 443, 8080)),
    "remote_address": st.sampled_from((None, *ADDRESSES)),
    "remote_port": st.sampled_from((None, 443, 50123)),
    "pid": st.sampled_from((None, 11, 12)),
    "process": st.sampled_from((None, "nginx", "java", "jav[a]")),
})  # fmt: skip


@given(st.lists(told_rows, min_size=1, max_size=5), st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3))
def test_a_row_alone_is_judged_as_in_a_table(rows: list[dict[str, Any]], words: list[str]) -> None:
    """Whatever is told or not, whatever is asked."""
    condition = understood(words, SERVICES).condition
    look = Snapshot.of_columns({name: [row[name] for row in rows] for name in rows[0]})
    judged = meets(condition)

    assert [judged({name: (row[name],) for name in row}) for row in rows] == matching(look, condition).to_list()


def test_several_values_need_one_that_meets() -> None:
    """A transition leaves one state and enters another."""
    row = {"state": ("ESTABLISHED", "CLOSE_WAIT"), "pid": ()}

    assert [meets(understood([word]).condition)(row) for word in ("state=close_wait", "state!=close_wait")] == [
        True, False,
    ]  # fmt: skip
    assert [meets(understood([word]).condition)(row) for word in ("pid=1", "pid!=1", "lport=1")] == [False, True, False]
