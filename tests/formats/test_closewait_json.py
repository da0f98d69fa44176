import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks
from closewait.snapshot.columns import HOLDERS, PROCESSES, SOCKETS, Column
from closewait.snapshot.evidence import (
    Evidence,
    Message,
    ProcessFact,
    Remark,
    Sign,
    Thread,
    Timeout,
    Told,
    WaitsFor,
    Watch,
)
from closewait.snapshot.host import Host
from closewait.snapshot.sight import LineNotUnderstood, Sight
from closewait.snapshot.table import Snapshot, frame
from closewait.views.as_json import looks_as_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
REALS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {"text": TEXT, "integer": INTEGERS, "real": REALS, "flag": st.booleans()}
SECONDS = st.integers(0, 4_000_000_000_000).map(lambda ms: ms / 1000)


HOSTS = st.builds(
    Host,
    system=st.none() | TEXT,
    port_range=st.none() | st.just((32768, 60999)),
    reserved_ports=st.lists(st.integers(1, 65535), max_size=2).map(tuple),
    time_wait_s=st.none() | SECONDS,
    somaxconn=st.none() | st.integers(0, 99999),
    tcp_mem_pages=st.none() | st.just((1, 2, 3)),
    counters=st.dictionaries(TEXT, st.integers(0, 2**64), max_size=2),
)
COUNTS = st.none() | st.integers(0, 2**31)
EVIDENCE = st.builds(
    Evidence,
    told=st.lists(st.builds(Told, TEXT, TEXT), max_size=2).map(tuple),
    host=HOSTS,
    processes=st.lists(st.builds(ProcessFact, TEXT, COUNTS, st.none() | TEXT, COUNTS, COUNTS), max_size=2).map(tuple),
    watches=st.lists(
        st.builds(Watch, st.integers(0, 99), st.integers(0, 99), st.lists(st.integers(0, 99), max_size=3).map(tuple)),
        max_size=2,
    ).map(tuple),
    threads=st.lists(
        st.builds(
            Thread,
            TEXT,
            st.none() | TEXT,
            COUNTS,
            COUNTS,
            st.lists(TEXT, max_size=2).map(tuple),
            st.none() | st.sampled_from(WaitsFor),
            COUNTS,
            st.none() | st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    messages=st.lists(st.builds(Message, TEXT, st.sampled_from(Sign), TEXT, COUNTS), max_size=2).map(tuple),
    timeouts=st.lists(st.builds(Timeout, TEXT, TEXT, SECONDS), max_size=2).map(tuple),
    remarks=st.lists(st.builds(Remark, TEXT, TEXT), max_size=2).map(tuple),
)


def columns_of(columns: tuple[Column, ...], rows: int) -> st.SearchStrategy[dict[str, list[Any]]]:
    """Any values a table of so many rows may have, some missing."""
    return st.fixed_dictionaries(
        {c.name: st.lists(st.none() | VALUES[c.kind], min_size=rows, max_size=rows) for c in columns}
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any snapshot that a look at a host could give."""
    rows = draw(st.integers(0, 3))
    sockets = draw(columns_of(SOCKETS, rows))
    holders: dict[str, list[Any]] = {column.name: [] for column in HOLDERS}
    for row in range(rows):
        sharers = draw(st.integers(0, 2))
        for _ in range(sharers):
            holders["socket"].append(row)
            for name, values in (("pid", st.integers(1, 99)), ("process", TEXT), ("fd", st.integers(0, 99))):
                holders[name].append(draw(values))
                if holders["socket"].count(row) == 1:
                    sockets[name][row] = holders[name][-1]
        if not sharers:
            sockets["pid"][row] = None
    if len(set(holders["socket"])) == len(holders["socket"]):
        holders = {name: [] for name in holders}  # nothing shared: the columns say it all
    return Snapshot.of_columns(
        sockets,
        holders=frame(HOLDERS, holders),
        processes=frame(PROCESSES, draw(columns_of(PROCESSES, draw(st.integers(0, 2))))),
        host=draw(HOSTS),
        evidence=draw(EVIDENCE),
        sight=Sight(
            rows=rows,
            lines_not_understood=draw(st.lists(st.builds(LineNotUnderstood, st.integers(1), TEXT, TEXT)).map(tuple)),
            owners_hidden=draw(st.integers(0, 9)),
            owners_told=draw(st.sampled_from([None, True, False])),
            caveats=draw(st.lists(TEXT).map(tuple)),
            took_s=draw(st.dictionaries(TEXT, SECONDS.map(lambda s: round(s, 4)), max_size=2)),
        ),
        taken_at_unix_s=draw(st.none() | SECONDS),
        source=draw(TEXT.filter(bool)),
        format=draw(st.sampled_from(["sock_diag", "netstat_windows", "ss_text"])),
    )


@settings(deadline=None, max_examples=60)
@given(snapshots(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_reading_it_back_loses_nothing(look: Snapshot, encoding: str) -> None:
    """Rows, holders, processes, host, sight, time, source and format come back as they were."""
    (again,) = looks(looks_as_json([look]).encode(encoding), "saved.json")

    assert again.sockets.equals(look.sockets)
    assert again.holders.equals(look.holders)
    assert again.processes.equals(look.processes)
    assert again.evidence == look.evidence
    assert (again.host, again.sight, again.source, again.format) == (look.host, look.sight, look.source, look.format)
    assert again.taken_at_unix_s == pytest.approx(look.taken_at_unix_s, abs=0.001)


def test_an_answer_has_as_many_looks_as_it_was_written_from() -> None:
    """Two looks stay two."""
    look = Snapshot.of_columns({"state": ["LISTEN", None]}, source="a.txt", format="ss_text")

    assert [again.states for again in looks(looks_as_json([look, look]).encode(), "b.json")] == [look.states] * 2


def test_looks_without_rows_are_counts() -> None:
    """The answer of an examination tells how many sockets were in each state, not which."""
    answer = {"schema": "closewait/1", "looks": [{"kind": "sockets", "states": {"CLOSE_WAIT": 317}}], "findings": []}
    (look,) = looks(json.dumps(answer).encode(), "examined.json")

    assert (look.kind, look.states, look.format, look.source) == (
        "counts",
        {"CLOSE_WAIT": 317},
        "closewait_json",
        "examined.json",
    )


def test_counts_come_back_as_counts() -> None:
    """A summary has no rows to count them from; a state that was counted as none is not lost."""
    (look,) = looks(b"Total: 593\nTCP:   6 (estab 1, closed 1, orphaned 0, timewait 0)\n", "summary.txt")
    (again,) = looks(looks_as_json([look]).encode(), "saved.json")

    assert (again.kind, again.states, again.sight) == ("counts", look.states, look.sight)
    assert again.states["TIME_WAIT"] == 0


def test_keys_of_the_future_are_passed_over() -> None:
    """Keys may be added to the schema, never taken away."""
    answer = {"schema": "closewait/1", "moon": 1, "looks": [{"tide": [], "sockets": [{"state": "LISTEN", "wind": {}}]}]}

    assert looks(json.dumps(answer).encode(), "x.json")[0].states == {"LISTEN": 1}


@pytest.mark.parametrize(
    ("look", "complaint"),
    [
        ({"kind": "weather"}, 'x.json: looks[0].kind is "weather", where one of sockets, flows, counts, descriptors'),
        ({"sockets": {}}, "x.json: looks[0].sockets is {}, where a list or null was expected"),
        ({"sockets": [7]}, "x.json: looks[0].sockets[0] is 7, where an object was expected"),
        ({"sockets": [{}, {"pid": "12"}]}, 'x.json: looks[0].sockets[1].pid is "12", where integer or null'),
        ({"sockets": [{"pid": True}]}, "x.json: looks[0].sockets[0].pid is true, where integer or null was expected"),
        ({"sockets": [{"inode": 2**64}]}, "x.json: looks[0].sockets[0].inode is 18446744073709551616, where integer"),
        ({"sockets": [{"holders": [1]}]}, "x.json: looks[0].sockets[0].holders is 1, where an object"),
        ({"taken_at": "yesterday"}, 'x.json: looks[0].taken_at is "yesterday", where a time such as'),
        ({"host": {"counters": {"TcpExtListenDrops": "1"}}}, "x.json: looks[0].host.counters is "),
        ({"host": {"port_range": [1]}}, "x.json: looks[0].host.port_range is [1], where a list of 2 integers"),
        ({"sight": {"caveats": [0]}}, "x.json: looks[0].sight.caveats is 0, where text was expected"),
        ({"states": {"LISTEN": "many"}}, 'x.json: looks[0].states.LISTEN is "many", where an integer or null'),
        ([], "x.json: looks[0] is [], where an object was expected"),
    ],
)  # fmt: skip
def test_what_is_not_as_promised_is_told_with_its_place(look: Any, complaint: str) -> None:
    """A file changed by hand is refused with the place of the change."""
    with pytest.raises(BadInput) as refusal:
        looks(json.dumps({"schema": "closewait/1", "looks": [look]}).encode(), "x.json")

    assert str(refusal.value).startswith(complaint)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ('{"schema": "closewait/1", "looks": [', "x.json: the JSON is broken or cut off"),
        ('{"schema": "closewait/1", "looks": [{"sockets": [{"pid": NaN}]}]}', "x.json: the JSON is broken or cut off"),
        ('{"schema": "closewait/1", "looks": ' + "[" * 100_000, "x.json: the JSON is broken or cut off"),
        ('{"schema": "closewait/9", "looks": []}', "x.json: this JSON has schema 'closewait/9'"),
        ('{"schema": "closewait/1", "looks": 3}', "x.json: the answer.looks is 3, where a list or null"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_clear_error(data: str, complaint: str) -> None:
    """Cut off, too deep, or of another version: it says so, and what to do."""
    with pytest.raises(BadInput) as refusal:
        looks(data.encode(), "x.json")

    assert str(refusal.value).startswith(complaint)
