"""lsof for other programs: fields on lines, fields with NULs, JSON. All tell what the table tells."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

FIELDS = """\
p2210
cbeam.smp
u104
Lrabbit
f5
au
tIPv6
d51120
PTCP
n*:5672
TST=LISTEN
TQR=3
TQS=0
f6
tIPv6
d51144
PTCP
n10.0.0.1:5672->10.0.0.2:40112
TST=CLOSE_WAIT
TQR=1
TQS=0
f7
tIPv4
PUDP
n*:8125
p2300
cagent
u0
f9
tsock
i51177
nprotocol: TCP
"""
JSON = {
    "lsof_version": "4.99.7",
    "processes": [
        {"pid": 2210, "command": "beam.smp", "uid": 104, "login": "rabbit", "files": [
            {"fd": "5", "type": "IPv6", "device": "51120", "protocol": "TCP", "name": "*:5672",
             "tcp_info": {"state": "LISTEN", "recv_queue": 3, "send_queue": 0}},
            {"fd": "6", "type": "IPv6", "device": "51144", "protocol": "TCP", "name": "10.0.0.1:5672->10.0.0.2:40112",
             "tcp_info": {"state": "CLOSE_WAIT", "recv_queue": 1, "send_queue": 0}},
            {"fd": "7", "type": "IPv4", "protocol": "UDP", "name": "*:8125"}]},
        {"pid": 2300, "command": "agent", "uid": 0, "files": [
            {"fd": "9", "type": "sock", "inode": "51177", "name": "protocol: TCP"}]},
    ],
}  # fmt: skip
LINES = "\n".join(
    json.dumps({**{key: told for key, told in process.items() if key != "files"}, **file})
    for process in JSON["processes"]  # type: ignore[union-attr] # a literal, read as what it is
    for file in process["files"]  # type: ignore[index] # the same
)
NULS = FIELDS.replace("\np", "\0\np").replace("\nf", "\0\nf").replace("\n", "\0").replace("\0\0", "\0\n")
COLUMNS = (
    "protocol", "local_address", "local_port", "remote_address", "remote_port", "state", "recv_queue_bytes",
    "accept_queue_conns", "pid", "process", "fd", "inode", "uid", "user",
)  # fmt: skip
WANTED = [
    ("tcp6", "*", 5672, None, None, "LISTEN", None, 3, 2210, "beam.smp", 5, 51120, 104, "rabbit"),
    ("tcp6", "10.0.0.1", 5672, "10.0.0.2", 40112, "CLOSE_WAIT", 1, None, 2210, "beam.smp", 6, 51144, 104, "rabbit"),
    ("tcp", None, None, None, None, None, None, None, 2300, "agent", 9, 51177, 0, None),
]


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        (FIELDS, "lsof_fields"),
        (f"$ lsof -F -nPi\n{FIELDS}", "lsof_fields"),
        (NULS, "lsof_fields_nul"),
        (f"# lsof -F0 -nPi\n{NULS}", "lsof_fields_nul"),
        (json.dumps(JSON), "lsof_json"),
        (json.dumps(JSON, indent=2), "lsof_json"),
        (f"root@host:~# lsof -J -nPi\n{json.dumps(JSON)}\nroot@host:~# ", "lsof_json"),
        (LINES, "lsof_json"),
    ],
    ids=["fields", "behind a prompt", "NULs", "NULs behind a prompt", "JSON", "indented", "between prompts", "lines"],
)
def test_all_of_them_tell_the_same_sockets(text: str, format_name: str) -> None:
    """The way of writing changes nothing."""
    look = look_at(text)

    assert look.format == format_name
    assert look.sockets.select(COLUMNS).rows() == WANTED


def test_a_file_may_begin_with_any_field() -> None:
    """Who did not ask for descriptors gets files that begin with another field; a state alone says TCP."""
    look = look_at(
        "p12\ncjava\nPTCP\nn10.0.0.1:80->10.0.0.2:50\nPUDP\nn*:53\nn10.0.0.1:80->10.0.0.2:51\nTST=LAST_ACK\n"
    )

    assert look.sockets.select("process", "remote_port", "state").rows() == [
        ("java", 50, None),
        ("java", 51, "LAST_ACK"),
    ]


def test_repeat_mode_marks_its_moments() -> None:
    """Each `m` ends a look."""
    seen = looks(f"{FIELDS}m\n{FIELDS}m====13:20:08====\n".encode(), "dump.txt")

    assert [look.sockets.height for look in seen] == [3, 3]


def test_a_name_cut_at_the_end_is_cited() -> None:
    """The last field may be cut; half a port is no port."""
    look = look_at(FIELDS + "p1\ncx\nf3\ntIPv4\nPTCP\nn10.0.0.1:5672->10.0.0.")

    assert look.sockets.height == len(WANTED)
    assert [line.text for line in look.sight.lines_not_understood] == ["10.0.0.1:5672->10.0.0."]


def test_json_that_is_cut_gives_what_is_whole() -> None:
    """Files before the cut are read, even where their process is not whole."""
    text = json.dumps(JSON)
    look = look_at(text[: text.index('{"fd": "7"') + 20])

    assert look.sockets.select("fd", "state", "pid").rows() == [(5, "LISTEN", None), (6, "CLOSE_WAIT", None)]
    assert len(look.sight.lines_not_understood) == 1


def test_json_without_names_says_so() -> None:
    """4.99.7 gives sockets no name: rows have holder and state, and a reader is told where the addresses are."""
    file = {"fd": "5", "type": "IPv6", "device": "51120", "protocol": "TCP", "tcp_info": {"state": "CLOSE_WAIT"}}
    look = look_at(json.dumps({"lsof_version": "4.99.7", "processes": [{"pid": 1, "command": "x", "files": [file]}]}))

    assert look.sockets.select("local_address", "state", "inode").rows() == [(None, "CLOSE_WAIT", 51120)]
    assert "no addresses" in look.sight.caveats[-1]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(["pid", "fd", "files", "processes", "tcp_info", "name", "protocol"]), inside)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(ANY_JSON)
def test_json_of_any_shape_is_read_or_passed_over(told: Any) -> None:
    """Lists where objects belong, and the other way round, break nothing."""
    text = json.dumps({"lsof_version": "4.99.7", "processes": told})

    assert all(look.sight.rows == look.sockets.height for look in looks(text.encode(), "dump.txt"))
