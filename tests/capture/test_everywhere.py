"""Every network namespace in one run: named or known by a process, with sockets or empty, open or closed to us."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from closewait import capture
from closewait.capture.namespace import inode_of, place
from closewait.capture.namespaces import Namespace, namespaces
from tests.capture.named_namespaces import named_namespaces

#: Everything is imported as root, whose folders nobody may read; then the looks are nobody's.
AS_NOBODY = """
import json, os, socket
from closewait import capture
capture.look_everywhere()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.create_server(("127.0.0.1", 0)) as own:
    seen = capture.look_everywhere()
print(json.dumps([[look.source for look in seen.looks], seen.caveats]))
"""


def server_and_clients(clients: int) -> list[socket.socket]:
    """A listener, and connections to it with both of their ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends = [listener]
    for _ in range(clients):
        ends += [socket.create_connection(listener.getsockname()), listener.accept()[0]]
    return ends


def test_each_has_a_look_of_its_own() -> None:
    """Sockets, holders and inode of each; what has no socket is counted and not shown."""
    with named_namespaces(3) as (first, second, empty), ExitStack() as open_ends:
        for there, clients in ((first, 1), (second, 2)):
            for end in there.call(server_and_clients, clients):
                open_ends.enter_context(end)
        seen = capture.look_everywhere()
    looks = {look.netns: look for look in seen.looks}

    assert (looks[first.name].states, looks[second.name].states) == (
        {"ESTABLISHED": 2, "LISTEN": 1}, {"ESTABLISHED": 4, "LISTEN": 1},
    )  # fmt: skip
    assert set(looks[second.name].sockets["pid"]) == {os.getpid()}
    assert looks[second.name].holders["fd"].n_unique() == 5
    assert looks[first.name].netns_inode != looks[second.name].netns_inode
    assert empty.name not in looks
    assert seen.empty >= 1
    assert looks[first.name].source == f"netns:{first.name}"


def test_one_without_a_name_is_called_by_a_process() -> None:
    """As containers are; its process id leads there."""
    listening = (
        f"{sys.executable} -c 'import socket; s = socket.create_server((\"\", 0)); print(1, flush=True); input()'"
    )
    command = ["unshare", "--net", "sh", "-c", f"exec {listening}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as there:
        assert there.stdout is not None
        there.stdout.readline()
        seen = capture.look_everywhere()
        netns = f"pid:{there.pid}"
        again = capture.look(netns=netns)
        there.communicate("\n")
    (look,) = [look for look in seen.looks if look.netns == netns]

    assert look.states == again.states == {"LISTEN": 1}
    assert look.sockets["pid"].to_list() == [there.pid]


def test_this_place_comes_first_and_by_no_name() -> None:
    """It is where commands can be run as they are."""
    with socket.create_server(("127.0.0.1", 0)):
        seen = capture.look_everywhere()

    assert (seen.looks[0].netns, seen.looks[0].source) == (None, "this host")


def test_a_name_without_a_namespace_is_none(tmp_path: Path) -> None:
    """What ip-netns(8) leaves behind after a crash is a plain file; a name that looks like ours is told as a path."""
    with named_namespaces(1) as (there,):
        (tmp_path / "left-behind").touch()
        (tmp_path / "pid:7").symlink_to(place(there.name))
        (tmp_path / "web").symlink_to(place(there.name))
        (tmp_path / "proc").mkdir()
        found = namespaces(tmp_path / "proc", tmp_path).namespaces
        inode = inode_of(place(there.name))

    assert found[1:] == (Namespace(f"{tmp_path}/pid:7", inode or 0),)


def test_anybody_else_is_told_what_is_hidden() -> None:
    """One's own namespace is seen, and the capability that would show the others is named."""
    with named_namespaces(1) as (there,), there.call(socket.create_server, ("127.0.0.1", 0)):
        done = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, timeout=60, check=True)
    sources, caveats = json.loads(done.stdout)

    assert sources == ["this host"]
    assert any("CAP_SYS_PTRACE" in caveat for caveat in caveats)
    assert any("may not be entered" in caveat and "CAP_SYS_ADMIN" in caveat for caveat in caveats)


def test_where_there_are_none() -> None:
    """Another system has no such folder."""
    with pytest.raises(OSError, match="No such file"):
        namespaces(Path("/nowhere"))
