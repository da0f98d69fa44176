import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

SOCKET = {
    "pid": "881", "fd": "5", "socket": "12345", "family": "2", "protocol": "6", "local_address": "10.0.0.1",
    "remote_address": "10.0.0.2", "local_port": "57576", "remote_port": "443", "state": "CLOSE_WAIT",
}  # fmt: skip
LISTENER = {"pid": "640", "port": "22", "protocol": "6", "family": "10", "address": "::", "fd": "3", "socket": "99"}
COLUMNS = (
    "protocol", "local_address", "local_port", "remote_address", "remote_port", "state", "pid", "fd", "inode",
)  # fmt: skip
WANTED = [
    ("tcp", "10.0.0.1", 57576, "10.0.0.2", 443, "CLOSE_WAIT", 881, 5, 12345),
]
LISTENING = [("tcp6", "::", 22, None, None, "LISTEN", 640, 3, 99)]


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def box(*records: dict[str, str]) -> str:
    """Rows as osqueryi draws them."""
    widths = {name: max(len(name), *(len(record[name]) for record in records)) for name in records[0]}
    border = "+" + "+".join("-" * (width + 2) for width in widths.values()) + "+"
    lines = [" | ".join(each[name].ljust(width) for name, width in widths.items()) for each in records]
    heading = " | ".join(name.ljust(width) for name, width in widths.items())
    return "\n".join([border, f"| {heading} |", border, *(f"| {line} |" for line in lines), border])


def csv_of(separator: str, *records: dict[str, str]) -> str:
    """Rows as `--csv` and `--list` print them."""
    names = list(records[0])
    return "\n".join(separator.join(cells) for cells in (names, *([each[name] for name in names] for each in records)))


FORMS = {
    "JSON": lambda record: json.dumps([record]),
    "pretty": lambda record: json.dumps([record], indent=2),
    "lines": lambda record: json.dumps(record),
    "box": box,
    "at a prompt": lambda record: f"osquery> select * from x;\n{box(record)}\nosquery> ",
    "CSV": lambda record: csv_of(",", record),
    "quoted CSV": lambda record: csv_of(",", {f'"{name}"': f'"{value}"' for name, value in record.items()}),
    "list": lambda record: csv_of("|", record),
    "snapshot": lambda record: json.dumps({"snapshot": [record], "action": "snapshot", "name": "x"}),
    "event": lambda record: json.dumps({"name": "x", "columns": record, "action": "added"}),
    "batch": lambda record: json.dumps({"diffResults": {"added": [record], "removed": [SOCKET]}, "name": "x"}),
    "behind a prefix": lambda record: f"2026 Dec 02 00:00:01 (h) any->/var/log/x {json.dumps({'columns': record})}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("record", "wanted"), [(SOCKET, WANTED), (LISTENER, LISTENING)], ids=["sockets", "listeners"])
def test_every_form_tells_the_same(form: str, record: dict[str, str], wanted: list[Any]) -> None:
    """JSON, the daemon's log, boxes and CSV print the same tables."""
    look = look_at(FORMS[form](record))

    assert look.format == "osquery"
    assert look.sockets.select(COLUMNS).rows() == wanted


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"state": "FIN_WAIT2"}, "FIN_WAIT_2"),
        ({"state": ""}, None),
        ({"state": "", "remote_address": "0.0.0.0", "remote_port": "0"}, "LISTEN"),
        ({"state": "", "remote_address": "::", "remote_port": "0"}, "LISTEN"),
        ({"state": "CLOSED", "remote_address": "0.0.0.0", "remote_port": "0"}, "CLOSED"),
    ],
)
def test_without_a_state_only_listeners_are_known(told: dict[str, str], state: str | None) -> None:
    """A foreign end of zeros listens; of any other socket nothing is claimed."""
    assert look_at(json.dumps([SOCKET | told])).sockets["state"].to_list() == [state]


@pytest.mark.parametrize("protocol", ["17", "0", "255", "udp"])
def test_other_protocols_are_passed_over(protocol: str) -> None:
    """UDP and unix sockets stand in the same table."""
    look = look_at(json.dumps([SOCKET, SOCKET | {"protocol": protocol}]))

    assert look.sockets.height == 1
    assert look.sight.lines_not_understood == ()


def test_a_query_that_did_not_ask_for_the_protocol_says_so() -> None:
    """The rows are shown, with the doubt."""
    look = look_at(json.dumps([{name: told for name, told in SOCKET.items() if name != "protocol"}]))

    assert look.sockets.height == 1
    assert "protocol" in look.sight.caveats[0]


def test_nobody_has_pid_minus_one() -> None:
    """A socket in TIME_WAIT has no process, no descriptor and no inode."""
    nobody = SOCKET | {"pid": "-1", "fd": "-1", "socket": "0", "state": "TIME_WAIT"}

    assert look_at(json.dumps([nobody])).sockets.select("pid", "fd", "inode").rows() == [(None, None, 0)]


def test_a_log_is_a_look_for_each_time() -> None:
    """Lines of one time are one look; what was removed is gone; a difference is not everything there is."""
    lines = [
        {"hostIdentifier": "h", "unixTime": "1449014401", "columns": SOCKET, "action": "added"},
        {"hostIdentifier": "h", "unixTime": "1449014401", "columns": SOCKET | {"fd": "6"}, "action": "added"},
        {"hostIdentifier": "h", "unixTime": "1449014401", "columns": SOCKET | {"fd": "7"}, "action": "removed"},
        {"hostIdentifier": "h", "unixTime": "1449014461", "columns": SOCKET, "action": "added"},
    ]
    seen = looks("\n".join(map(json.dumps, lines)).encode(), "x.log")

    assert [(look.taken_at_unix_s, look.sockets.height) for look in seen] == [(1449014401.0, 2), (1449014461.0, 1)]
    assert "what was new" in seen[0].sight.caveats[0]


def test_joined_columns_name_the_process_and_its_user() -> None:
    """Most queries join processes and users."""
    joined = SOCKET | {"name": "Google Chrome", "uid": "501", "username": "mila"}

    assert look_at(box(joined)).sockets.select("process", "uid", "user").rows() == [("Google Chrome", 501, "mila")]


def test_what_is_cut_is_cited() -> None:
    """A row that ends in its middle gives no row, in JSON as in a box."""
    drawn = box(SOCKET, SOCKET).split("\n")
    for text in (json.dumps([SOCKET, SOCKET])[:-30], "\n".join([*drawn[:4], drawn[4][:30]])):
        look = look_at(text)
        assert look.sockets.height == 1
        assert len(look.sight.lines_not_understood) == 1


TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters='|",\x7f\x85\xa0\xad'), max_size=9
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "pid": st.integers(1, 2**22).map(str),
                "local_port": st.integers(1, 65535).map(str),
                "remote_port": st.integers(1, 65535).map(str),
                "protocol": st.just("6"),
                "local_address": st.ip_addresses().map(str),
                "remote_address": st.ip_addresses().map(str),
            }
        ),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from([box, lambda *rows: json.dumps(rows), lambda *rows: csv_of(",", *rows)]),
)
def test_reading_what_osquery_prints_gives_it_back(records: list[dict[str, str]], form: Any) -> None:
    """Boxes, JSON and CSV are read as the records they were drawn from."""
    look = look_at(form(*records))

    assert look.sockets.select("pid", "local_port", "remote_port", "local_address", "remote_address").rows() == [
        (int(r["pid"]), int(r["local_port"]), int(r["remote_port"]), r["local_address"], r["remote_address"])
        for r in records
    ]


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
        lambda inside: (
            st.lists(inside, max_size=3)
            | st.dictionaries(
                st.sampled_from([*SOCKET, *LISTENER, "columns", "snapshot", "unixTime", "action"]), inside
            )
        ),
        max_leaves=12,
    )
)
def test_json_of_any_shape_is_read_or_passed_over(told: Any) -> None:
    """Lists where texts belong, and numbers too large for a column, break nothing."""
    text = json.dumps({"local_port": told, "columns": told, "rows": [told, SOCKET]})

    assert all(look.sight.rows == look.sockets.height for look in looks(text.encode(), "dump.txt"))
