"""A look as a whole: which rung it stands on and why, every state, who is hidden, and what a closed way leaves."""

import errno
import json
import os
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from closewait import capture
from closewait.capture import netlink
from closewait.capture.source import Source, Wish
from closewait.errors import BadUsage, CannotSee, KernelRefused
from closewait.formats.format import Reading
from tests.formats.netlink_messages import NLM_F_DUMP_INTR, end_mark, refusal, socket_message
from tests.kernel_states import STATES, Namespace, namespace, socket_in

#: Everything is imported as root, whose folders nobody may read; then the look is nobody's.
AS_NOBODY = """
import json, os, socket
from closewait import capture
capture.look()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
own = socket.create_server(("127.0.0.1", 0))
look = capture.look()
rows = look.sockets.select("local_port", "inode", "pid").rows()
print(json.dumps([look.format, look.sight.owners_hidden, look.sight.owners_told, look.sight.caveats,
                  own.getsockname()[1], os.getpid(), rows]))
"""


@pytest.fixture
def ns() -> Iterator[Namespace]:
    """A network namespace of the test's own."""
    with namespace() as here:
        yield here


@pytest.fixture
def server(ns: Namespace) -> Iterator[socket.socket]:
    """A listener, held by this process."""
    with ns.call(socket.create_server, ("127.0.0.1", 0)) as listener:
        yield listener


def refused(*_: object) -> socket.socket:
    """What a sandbox says when netlink is asked for."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def closed(*_: object) -> Reading:
    """A way that leads nowhere."""
    raise CannotSee("nothing to see there")


WITHOUT_NETLINK = (replace(netlink.SOURCE, read=partial(netlink.read, opener=refused)), *capture.SOURCES[1:])


class TestStates:
    """Every state the kernel has, in both families."""

    @pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
    @pytest.mark.parametrize("state", [state for state in STATES if state != "CLOSED"])
    def test_a_real_socket_in_each_state_is_told_in_it(
        self, state: str, family: socket.AddressFamily, ns: Namespace
    ) -> None:
        """Also BOUND, which /proc/net/tcp does not list."""
        with socket_in(state, ns, family) as (local, remote):
            sockets = capture.look(holders=False, netns=ns.path).sockets
            rows = sockets.filter(local_address=local[0], local_port=local[1])
            if remote is not None:
                rows = rows.filter(remote_address=remote[0], remote_port=remote[1])

        assert rows["state"].to_list() == [state]
        assert set(rows["protocol"]) == {"tcp6" if family == socket.AF_INET6 else "tcp"}

    def test_a_socket_never_bound_is_not_listed(self, ns: Namespace) -> None:
        """CLOSED and nameless, it is a descriptor only."""
        with socket_in("CLOSED", ns):
            assert capture.look(holders=False, netns=ns.path).sockets.filter(state="CLOSED").height == 0


class TestRungs:
    """The best way that is open, and why not a better one."""

    def test_netlink_is_the_best(self, ns: Namespace, server: socket.socket) -> None:
        """Nothing was passed over, nothing is to be said."""
        look = capture.look(netns=ns.path)

        assert (look.format, look.sight.caveats, look.sight.owners_told) == ("sock_diag", (), True)
        assert look.source == f"netns:{ns.path}"
        assert {"sockets", "holders", "table"} == set(look.sight.took_s)

    def test_where_netlink_is_refused_the_table_in_proc_is_read(self, ns: Namespace, server: socket.socket) -> None:
        """The same sockets and holders, without tcp_info, and the reason is told."""
        look, best = capture.look(netns=ns.path, sources=WITHOUT_NETLINK), capture.look(netns=ns.path)
        columns = ["local_address", "local_port", "state", "inode", "pid", "process", "fd", "uid"]

        assert look.format == "proc_net_tcp"
        assert look.sight.caveats == ("NETLINK_SOCK_DIAG was not used: [Errno 1] Operation not permitted.",)
        assert look.sockets.select(columns).equals(best.sockets.select(columns))
        assert look.holders.equals(best.holders)

    def test_psutil_is_the_last(self) -> None:
        """It sees this process's own namespace only, and names the holders itself."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            look = capture.look(sources=capture.SOURCES[2:])
            row = look.sockets.filter(local_port=listener.getsockname()[1]).row(0, named=True)

            assert (row["state"], row["pid"], row["fd"]) == ("LISTEN", os.getpid(), listener.fileno())
            assert (os.getpid(), listener.fileno()) in look.holders.select("pid", "fd").rows()
            assert os.getpid() in look.processes["pid"]

    def test_another_system_than_linux_goes_on_to_psutil(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """No netlink, no /proc: both reasons are told."""
        monkeypatch.delattr(socket, "AF_NETLINK")
        look = capture.look(proc=tmp_path)

        assert look.format == "psutil"
        assert [caveat.partition(" was not used")[0] for caveat in look.sight.caveats] == [
            "NETLINK_SOCK_DIAG", "/proc/net/tcp, /proc/net/tcp6",
        ]  # fmt: skip

    def test_psutil_cannot_look_into_another_namespace(self, ns: Namespace) -> None:
        """That is said, and every other reason with it."""
        with pytest.raises(CannotSee, match="psutil was not used: psutil sees no other network namespace"):
            capture.look(netns=ns.path, sources=[Source("x", "x", closed), capture.SOURCES[2]])

    def test_a_hidden_proc_is_passed_over(self, tmp_path: Path) -> None:
        """An empty /proc has no table."""
        with pytest.raises(CannotSee, match="net/tcp cannot be read"):
            capture.look(sources=[capture.SOURCES[1]], proc=tmp_path)


class TestNetlink:
    """What may go wrong between asking and the end mark: a scripted kernel at the other end of a real socket."""

    ANSWER = socket_message() + end_mark()
    INTERRUPTED = socket_message(cookie=99) + end_mark(flags=NLM_F_DUMP_INTR)

    @pytest.mark.parametrize("interrupted", [[INTERRUPTED, end_mark()], [ANSWER, INTERRUPTED], [socket_message()], []])
    def test_an_answer_that_is_interrupted_or_stops_is_asked_for_again(self, interrupted: list[bytes]) -> None:
        """And nothing of the first one is kept."""
        reading = read_from(interrupted, [self.ANSWER, end_mark()])

        assert list(reading.columns["cookie"]) == [0x1_0000_0002]
        assert reading.caveats == ()

    def test_after_some_tries_what_there_is_must_do(self) -> None:
        """With a word about it."""
        reading = read_from(*[[self.INTERRUPTED, end_mark()]] * netlink.TRIES)

        assert list(reading.columns["cookie"]) == [99]
        assert reading.caveats == (netlink.LOST_PIECES,)

    def test_a_kernel_without_ipv6_has_the_sockets_of_ipv4(self) -> None:
        """That is no defect."""
        reading = read_from([self.ANSWER, refusal(errno.ENOENT)])

        assert len(reading.columns["state"]) == 1
        assert reading.caveats == ()

    @pytest.mark.parametrize(
        "answers", [[refusal(errno.ENOENT)], [refusal(errno.EPERM)], [ANSWER, refusal(errno.EPERM)]]
    )
    def test_a_refusal_closes_this_way(self, answers: list[bytes]) -> None:
        """With the kernel's own number."""
        with pytest.raises(KernelRefused) as refused:
            read_from(answers)

        assert refused.value.errno in (errno.ENOENT, errno.EPERM)


def read_from(*scripts: list[bytes]) -> Reading:
    """A reading of the answers in `scripts`: one list of datagrams for each time the kernel is asked anew."""
    with ExitStack() as held:
        plays = iter(scripts)

        def open_scripted() -> socket.socket:
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            held.enter_context(far)
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 20_000))
            for datagram in next(plays):
                far.send(datagram)
            return near

        return netlink.read(Wish(), open_scripted)


class TestHolders:
    """Who holds a socket, who does not, and who cannot be seen."""

    def test_a_process_is_told_with_its_descriptors_and_limit(self, ns: Namespace, server: socket.socket) -> None:
        """Only the processes that hold TCP sockets."""
        look = capture.look(netns=ns.path)
        (process,) = look.processes.iter_rows(named=True)

        assert process["pid"] == os.getpid()
        assert process["descriptors"] >= 4
        assert process["descriptor_limit"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert look.holders.row(0) == (0, os.getpid(), process["process"], server.fileno())

    def test_a_connection_nobody_accepted_has_no_holder_and_is_not_hidden(
        self, ns: Namespace, server: socket.socket
    ) -> None:
        """Inode 0: there is nobody to be seen."""
        with ns.call(socket.create_connection, server.getsockname()) as client:
            look = capture.look(netns=ns.path)
            waiting = look.sockets.filter(remote_port=client.getsockname()[1]).row(0, named=True)

        assert (waiting["inode"], waiting["pid"], waiting["process"]) == (0, None, None)
        assert (look.sight.owners_hidden, look.sight.owners_told) == (0, True)

    def test_what_another_user_may_not_see_is_counted(self, ns: Namespace, server: socket.socket) -> None:
        """Sockets of root, looked at by nobody: no traceback, an honest number, and what would help."""
        with ns.call(socket.create_connection, server.getsockname()):
            told = json.loads(ns.run(sys.executable, "-c", AS_NOBODY))
        way, hidden, owners_told, caveats, own_port, own_pid, rows = told

        assert way == "sock_diag"
        assert hidden == 2  # the listener and the client; the connection it waits with is nobody's
        assert owners_told is False
        assert len(caveats) == 1
        assert "CAP_SYS_PTRACE" in caveats[0]
        assert [pid for port, _, pid in rows if port == own_port] == [own_pid]
        assert [pid for port, _, pid in rows if port != own_port] == [None, None, None]

    def test_without_the_wish_no_process_is_looked_into(self, ns: Namespace, server: socket.socket) -> None:
        """And nothing is said about owners, neither told nor hidden."""
        look = capture.look(holders=False, netns=ns.path)

        assert (look.sight.owners_told, look.sight.owners_hidden) == (None, 0)
        assert look.holders.height == look.processes.height == 0


class TestWishes:
    """A look fills what it is asked for."""

    def test_without_tcp_info_the_rest_is_there(self, ns: Namespace, server: socket.socket) -> None:
        """Queues, timers, users; no clocks."""
        with ns.call(socket.create_connection, server.getsockname()):
            sockets = capture.look(tcp_info=False, netns=ns.path).sockets

        assert sockets["rtt_us"].null_count() == sockets.height
        assert sockets["recv_queue_bytes"].null_count() == 1  # the listener
        assert sockets["shutdown"].null_count() == 0

    def test_states_alone(self, ns: Namespace, server: socket.socket) -> None:
        """The cheapest look there is."""
        look = capture.look(columns=["state"], holders=False, netns=ns.path)

        assert look.states == {"LISTEN": 1}
        assert look.sockets.drop("state").null_count().sum_horizontal().item() == look.sockets.width - 1

    def test_a_count_is_what_the_rows_say(self, ns: Namespace, server: socket.socket) -> None:
        """Whichever rung it stands on."""
        with ns.call(socket.create_connection, server.getsockname()):
            expected = {"ESTABLISHED": 2, "LISTEN": 1}

            assert capture.count_states(netns=ns.path) == expected
            assert capture.look(netns=ns.path).states == expected
            assert capture.look(netns=ns.path, sources=capture.SOURCES[1:]).states == expected

    def test_the_hosts_settings_are_those_of_the_namespace(self, ns: Namespace) -> None:
        """They decide there, not here."""
        ns.run("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40999", "net.ipv4.tcp_fin_timeout=7")
        ns.run("sysctl", "-qw", "net.ipv4.ip_local_reserved_ports=40001,40010-40012")
        host = capture.look(netns=ns.path).host

        assert (host.system, host.time_wait_s, host.fin_timeout_s) == ("Linux", 60, 7)
        assert host.port_range == (40000, 40999)
        assert host.reserved_ports == (40001, 40010, 40011, 40012)
        assert host.ephemeral_ports == 996
        assert host.kernel == os.uname().release


class TestNamespaces:
    """Names that are none, and the way back."""

    @pytest.mark.parametrize("name", ["no-such-namespace", "/proc/0/ns/net", "a/b", "", ".."])
    def test_what_is_no_namespace_is_bad_usage(self, name: str) -> None:
        """It is said before anything is looked at."""
        with pytest.raises(BadUsage):
            capture.look(netns=name)

    def test_a_file_that_is_no_namespace_cannot_be_entered(self, tmp_path: Path) -> None:
        """The kernel says so."""
        (tmp_path / "file").touch()

        with pytest.raises(CannotSee, match="may not be entered"):
            capture.look(netns=str(tmp_path / "file"))

    def test_a_named_namespace_is_looked_into_and_left_again(self) -> None:
        """As `ip netns add` makes them; the test's own thread stays where it was."""
        here = Path("/proc/thread-self/ns/net").readlink()
        name = f"closewait-test-{os.getpid()}"
        subprocess.run(["ip", "netns", "add", name], check=True)
        try:
            look = capture.look(netns=name)
        finally:
            subprocess.run(["ip", "netns", "del", name], check=True)

        assert (look.sockets.height, look.source) == (0, f"netns:{name}")
        assert Path("/proc/thread-self/ns/net").readlink() == here
