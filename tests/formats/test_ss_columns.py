"""Words read column by column say what words read row by row say."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks, ss_columns
from closewait.formats.words import Spans
from closewait.snapshot.table import Snapshot

RECORDED = sorted((Path(__file__).parent / "golden" / "ss_text").glob("*.txt"))

WORDS = st.sampled_from([
    'users:(("nginx",pid=12,fd=3))', 'users:(("a b",pid=1,fd=2))', 'users:(("x",pid=1,fd=2),("y",pid=3,fd=4))',
    'users:(("old",12,3))', "users:((", "timer:(keepalive,12min,0)", "timer:(on,200ms,3)", "timer:(huh,1sec,2)",
    "timer:(timewait,9.595ms,0)", "timer:()", "uid:33", "uid:", "uid:x", "ino:0", "ino:99999999999999999999",
    "ino:123456789012345678", "sk:1f", "sk:ffffffffffffffff", "sk:xyz", "cgroup:/a.slice", "cgroup:unreachable:7b",
    "cgroup:", "<->", "-->", "---", "<--", "<=>", "cubic", "wscale:7,8", "wscale:7", "wscale:7,8,9", "rto:204",
    "rto:1.2e+06", "rto:204.5", "rtt:0.358/0.12", "rtt:5", "rtt:1/2/3", "minrtt:.5", "minrtt:0.5.5", "cwnd:10",
    "bytes_acked:1", "retrans:0/7", "retrans:3", "lastack:12", "lastack:-1", "snd_wnd:65536", "send 12Mbps", "::",
    "a:b:c", "uid:７",
])  # fmt: skip


def dump(rows: Sequence[Sequence[str]]) -> str:
    """Rows of ss with these words behind the ends."""
    return "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n" + "".join(
        f"ESTAB 0 0 10.0.0.1:443 10.0.0.2:{40000 + number} {' '.join(words)}\n" for number, words in enumerate(rows)
    )


def told(text: str, monkeypatch: pytest.MonkeyPatch, *, alone: bool) -> list[Snapshot]:
    """What is read, either way."""
    with monkeypatch.context() as patched:
        if alone:
            patched.setattr(ss_columns, "read", all_odd)
        return looks(text.encode(), "test")


def all_odd(words: Spans) -> tuple[ss_columns.Values, np.ndarray]:
    """Leaves every row to be read by itself."""
    return {}, words.are_told()


def same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways give the same rows and the same holders."""
    for one, other in zip(told(text, monkeypatch, alone=False), told(text, monkeypatch, alone=True), strict=True):
        assert one.sockets.to_dicts() == other.sockets.to_dicts()
        assert one.holders.to_dicts() == other.holders.to_dicts()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recorded_rows_are_the_same_either_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every version and every option there is a recording of."""
    same(path.read_text(errors="replace"), monkeypatch)


@settings(deadline=None)  # two readings of each example
@given(rows=st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=6))
def test_any_words_are_the_same_either_way(rows: list[list[str]]) -> None:
    """In any order, told twice, cut, of another form, or of no key at all."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        same(dump(rows), monkeypatch)
