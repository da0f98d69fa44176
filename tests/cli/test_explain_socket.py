"""One socket's story, live in every state and both roles, and from dumps; and the sequences as they are drawn."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from closewait.cli import run
from closewait.tcp.standing import states_of_the_peer
from closewait.tcp.states import state as state_named
from tests.kernel_states import STATES, STEPS, Ends, Namespace, ends_in, namespace

#: The ends that Linux lists, each in the role of the client and, once accepted, of the server.
STANDING = [
    *((state, False) for state in STATES if state != "CLOSED"),
    *((state, True) for state in STEPS),
]

#: States that were brought about by losing packets: the other end has not got so far as in a textbook.
BY_LOSS = ("CLOSING", "LAST_ACK")

DUMP = """State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
LISTEN     0 128            0.0.0.0:443       0.0.0.0:*     users:(("java",pid=4121,fd=6))
CLOSE-WAIT 1 0             10.0.0.1:443   203.0.113.9:50123 users:(("java",pid=4121,fd=17)) ino:48211 sk:1
FIN-WAIT-2 0 0             10.0.0.1:443   203.0.113.9:50124
TIME-WAIT  0 0             10.0.0.1:443   203.0.113.9:50125
CLOSE-WAIT 1 0      [2001:db8::1]:443  [2001:db8::9]:50123 users:(("ja\u202eva",pid=4122,fd=3))
"""


@pytest.fixture(scope="module")
def ns() -> Iterator[Namespace]:
    """One namespace for all states: each test frees its sockets."""
    with namespace() as ns:
        yield ns


@pytest.fixture
def dump(tmp_path: Path) -> str:
    """A dump in a file."""
    file = tmp_path / "dump.txt"
    file.write_text(DUMP)
    return str(file)


def name_of(ends: Ends) -> str:
    """How a person names the end in the wanted state."""
    if ends.remote is None:
        return f"inode:{os.fstat(ends.here.fileno()).st_ino}"
    here, there = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in (ends.local, ends.remote))
    return f"{here}-{there}"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `closewait explain … --json` answers."""
    assert run(["explain", *words, "--json"]) == 0
    story: dict[str, Any] = json.loads(capsys.readouterr().out)
    return story


def text(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The same for a person; it fits into 80 columns, and nothing in it steers the terminal."""
    assert run(["explain", *words]) == 0
    page = capsys.readouterr().out
    assert [line for line in page.splitlines() if len(line) > 80] == []
    assert not {"\x1b", "\u202e"} & set(page)
    return page


def in_words(page: str) -> str:
    """The page without its line breaks."""
    return " ".join(page.split())


@pytest.mark.parametrize(
    ("state", "as_server"), STANDING, ids=[f"{s}-{'server' if r else 'client'}" for s, r in STANDING]
)
def test_the_story_of_a_real_socket(
    state: str, as_server: bool, ns: Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who closed first, whose move it is and the place in the sequence are those of the state the kernel has it in."""
    with ends_in(state, ns, as_server=as_server) as ends:
        name = name_of(ends)
        story = told(capsys, name, f"netns:{ns.path}")
        page = text(capsys, name, f"netns:{ns.path}")

    fact = state_named(state)
    assert (story["state"], story["whose_move"], story["closed_first"]) == (
        state, fact.whose_move.value, fact.closed_first,
    )  # fmt: skip
    assert story["how_we_know"]
    assert story["here_may"]
    assert story["ends_when"]
    if state in STEPS:
        assert [story["sequence"]["steps"][at]["here"] for at in story["sequence"]["you_are_here"]] == [state] * len(
            story["sequence"]["you_are_here"]
        )
        assert "you are here" in page
        assert story["here"]["role"] == ("server" if as_server else "client")


@pytest.mark.parametrize("as_server", [False, True], ids=["client", "server"])
@pytest.mark.parametrize("state", [s for s in STEPS if s != "TIME_WAIT"])
def test_both_ends_on_this_host_are_shown(
    state: str, as_server: bool, ns: Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other end is in the same look, in a state that the sequences allow, and the place is that of both."""
    with ends_in(state, ns, as_server=as_server) as ends:
        story = told(capsys, name_of(ends), f"netns:{ns.path}")

    there = story["there"]["state"]
    assert there in " ".join(story["there_may"])
    if state in BY_LOSS:
        return
    assert there in states_of_the_peer(state)
    steps = story["sequence"]["steps"]
    assert {(steps[at]["here"], steps[at]["there"]) for at in story["sequence"]["you_are_here"]} == {(state, there)}


def test_a_socket_is_found_under_each_of_its_names(ns: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    """Its ends, its inode and its descriptor are one socket; IPv6 in brackets."""
    with ends_in("CLOSE_WAIT", ns, socket.AF_INET6) as ends:
        fd = ends.here.fileno()
        inode = os.fstat(fd).st_ino
        names = [name_of(ends), f"inode:{inode}", str(inode), f"{os.getpid()}:{fd}"]
        stories = [told(capsys, name, f"netns:{ns.path}") for name in names]

    assert "[::1]" in names[0]
    assert {story["here"]["inode"] for story in stories} == {inode}


def test_the_clock_of_an_orphan_is_told_with_its_value_here(ns: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    """tcp_fin_timeout is read where the socket lives, and the time left is the kernel's."""
    ns.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=37")
    with ends_in("FIN_WAIT_2", ns) as ends:
        name = name_of(ends)
        held = told(capsys, name, f"netns:{ns.path}")
        ends.here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
        ends.here.close()
        orphan = told(capsys, name, f"netns:{ns.path}")

    assert held["clocks"] == []
    assert "without limit" in " ".join(held["ends_when"])
    assert orphan["here_may"] == ["nothing: no program holds the socket any more, the kernel finishes it"]
    assert orphan["clocks"][0]["settings"] == [{"name": "net.ipv4.tcp_fin_timeout", "value": "37"}]
    assert 0 < orphan["timer_left_s"] <= 37


def test_a_connection_that_nobody_has_accepted(ns: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    """Its move is the listener's program's, which has to accept it first."""
    listener = ns.call(socket.create_server, ("127.0.0.1", 0))
    client = ns.call(socket.create_connection, listener.getsockname())
    with listener, client:
        here, there = listener.getsockname(), client.getsockname()
        story = told(capsys, f"127.0.0.1:{here[1]}-127.0.0.1:{there[1]}", f"netns:{ns.path}")

    assert story["here"]["accepted"] is False
    assert story["here_may"] == ["accept the connection first: until then nothing else"]


def test_an_untold_queue_is_not_an_empty_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Windows tells no queues: whether there is something left to read is not known."""
    (tmp_path / "windows.txt").write_text(
        "Active Connections\n\n  Proto  Local Address    Foreign Address       State           PID\n"
        "  TCP    10.0.0.1:443     203.0.113.9:50123     CLOSE_WAIT      4121\n"
    )
    story = told(capsys, "10.0.0.1:443-203.0.113.9:50123", str(tmp_path / "windows.txt"))

    assert story["here_may"][0] == "read what has come, if anything, then the end"


@pytest.mark.parametrize(
    ("name", "state", "first"),
    [
        ("10.0.0.1:443-203.0.113.9:50123", "CLOSE_WAIT", "the peer"),
        ("10.0.0.1:443->203.0.113.9:50124", "FIN_WAIT_2", "this end"),
        ("203.0.113.9:50125-10.0.0.1:443", "TIME_WAIT", "this end"),
        ("[2001:db8::1]:443-[2001:db8::9]:50123", "CLOSE_WAIT", "the peer"),
        ("10.0.0.1:https-203.0.113.9:50123", "CLOSE_WAIT", "the peer"),
        ("4121:17", "CLOSE_WAIT", "the peer"),
        ("inode:48211", "CLOSE_WAIT", "the peer"),
    ],
)
def test_the_story_from_a_dump(
    name: str, state: str, first: str, dump: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dump tells less, and its story is right all the same; what it does not tell is said."""
    story, page = told(capsys, name, dump), text(capsys, name, dump)

    assert (story["state"], story["closed_first"]) == (state, first)
    assert "not in this look" in page
    assert story["there"] is None


def test_what_a_dump_does_not_tell_is_said(dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No value of a setting is made up."""
    page = in_words(text(capsys, "10.0.0.1:443-203.0.113.9:50124", dump))

    assert "net.ipv4.tcp_fin_timeout (its value here is not told)" in page
    assert "Held by not told" in page or "Held by no process" in page


def test_a_hostile_name_is_shown_and_not_obeyed(dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As everywhere."""
    assert r"ja\u202eva" in text(capsys, "4122:3", dump)


@pytest.mark.parametrize("name", ["10.0.0.1:443-203.0.113.9:1", "inode:1", "4121:99", "999999999"])
def test_a_socket_that_is_not_there(name: str, dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The error says so, what is near, and what to do."""
    assert run(["explain", name, dump]) == 4

    said = capsys.readouterr().err
    assert f"No socket here is {name}." in said
    assert "closewait list" in said
    assert name != "4121:99" or "Near it are: 0.0.0.0:443-0.0.0.0:*, 10.0.0.1:443-203.0.113.9:50123." in said


def test_what_is_near_is_shown_and_not_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names sockets of the dump, whose names are anybody's."""
    file = tmp_path / "dump.txt"
    file.write_text(DUMP.replace("203.0.113.9:50123", "ho\u202est:50123"))

    assert run(["explain", "4121:99", str(file)]) == 4
    assert "\u202e" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["close", "half-close", "simultaneous", "reset"])
def test_the_textbook_sequences(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is drawn from the table, in 80 columns, and told for programs as well."""
    page, facts = text(capsys, "--sequence", name), told(capsys, "--sequence", name)

    assert facts["steps"][0]["here"] == "ESTABLISHED"
    assert facts["steps"][-1]["here"] == facts["steps"][-1]["there"] == "CLOSED"
    assert all(step["happens"] in page for step in facts["steps"])
    assert "you are here" not in page


def test_words_are_explained_without_the_table_engine() -> None:
    """A socket's name is told from a word before anything heavy is loaded."""
    tell = (
        "import sys; from closewait.cli import run; run(sys.argv[1:]);"
        "print(*[name for name in ('polars', 'numpy') if name in sys.modules], file=sys.stderr)"
    )
    for words in (["CLOSE_WAIT"], ["08"], ["--sequence", "close"]):
        done = subprocess.run(
            [sys.executable, "-c", tell, "explain", *words], capture_output=True, text=True, check=True
        )

        assert done.stderr.strip() == ""


@pytest.mark.parametrize("words", [[], ["--sequence", "open"], ["XYZZY"], ["4121:17", "no-such-file.txt"]])
def test_bad_usage_says_why(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 4, and one line."""
    assert run(["explain", *words]) == 4
    assert capsys.readouterr().err.startswith("closewait: ")
