"""Real kernel sockets in every TCP state, each in a network namespace of the test's own.

    with namespace() as ns, socket_in("CLOSING", ns) as (local, remote):
        assert "CLOSING" in ns.run("ss", "-tan")

A namespace lives in one thread, which leaves the host's namespace and never comes back. What that thread does
(`ns.call`, `ns.run`) happens inside; a socket it makes belongs to the namespace and may be used from any thread.
Nothing gets a name on the host, so nothing can be left behind: with the thread and its last socket the kernel drops
the namespace and its packet filter, also when the test is killed.

Where a peer must stay silent, nftables drops its segments on arrival. Needs Linux, root, `ip` and `nft`.
"""

import ctypes
import os
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

Result = TypeVar("Result")
Address = tuple[str, int]

CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare() came with Python 3.12
DEADLINE_S = 3.0
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
SOCKET_TABLE = {socket.AF_INET: "/proc/thread-self/net/tcp", socket.AF_INET6: "/proc/thread-self/net/tcp6"}
ADDRESS_WORDS = {socket.AF_INET: 1, socket.AF_INET6: 4}  # of 32 bits, each in the byte order of the host
RETRANSMIT = 1  # the timer that runs until what was sent is acknowledged, net/ipv4/tcp_ipv4.c get_tcp4_sock()
CLOSE_WITH_A_RESET = struct.pack("ii", 1, 0)  # SO_LINGER, on, 0 seconds

#: The order of include/net/tcp_states.h, counted from 1: the kernel's own numbers, written down apart from the product.
TCP_STATES_H = MappingProxyType(dict(enumerate((
    "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT",
    "LAST_ACK", "LISTEN", "CLOSING",
), start=1)))  # fmt: skip


class Namespace:
    """A network namespace with its loopback up and no way out."""

    def __init__(self) -> None:
        missing = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
        if missing:
            raise RuntimeError(f"{' and '.join(missing)} not found: apt-get install iproute2 nftables")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="netns")
        self._thread_id = self.call(_leave_the_namespace_of_the_host)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def path(self) -> str:
        """The file that stands for this namespace while it lives, as `nsenter --net=` takes it."""
        return f"/proc/{os.getpid()}/task/{self._thread_id}/ns/net"

    def call(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """What `function` returns when it is called inside."""
        return self._thread.submit(function, *args, **kwargs).result()

    def run(self, *command: str, text_in: str = "") -> str:
        """What `command` prints when it runs inside; RuntimeError with its complaint if it fails."""
        done = self.call(subprocess.run, command, input=text_in, capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return str(done.stdout)

    def rows(self, family: socket.AddressFamily = socket.AF_INET) -> list["KernelRow"]:
        """The lines of /proc/net/tcp (or tcp6) in here."""
        return self.call(rows_here, family)

    def close(self) -> None:
        """End the thread; the namespace ends with its last socket."""
        self._thread.shutdown()


def _leave_the_namespace_of_the_host() -> int:
    """Give the calling thread a network namespace of its own; returns the thread's id."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"cannot make a network namespace ({os.strerror(errno)}): run these tests as root")
    return threading.get_native_id()


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A fresh network namespace, gone afterwards."""
    ns = Namespace()
    try:
        yield ns
    finally:
        ns.close()


@dataclass(frozen=True, slots=True)
class KernelRow:
    """One line of /proc/net/tcp: both ends, the state as the two digits it is told in, the queues, the timer's rest."""

    local: Address
    remote: Address
    state_hex: str
    send_queue: int
    recv_queue: int
    timer: int  # 0 none, 1 retransmit, 2 keepalive, 3 TIME_WAIT, 4 zero window probe
    timer_left_s: float

    @classmethod
    def of_line(cls, line: str, family: socket.AddressFamily) -> "KernelRow":
        """The row a line tells. Source: Linux net/ipv4/tcp_ipv4.c, get_tcp4_sock()."""
        _, local, remote, state_hex, queues, timer, *_ = line.split()
        send_queue, recv_queue = (int(queue, 16) for queue in queues.split(":"))
        kind, left = (int(part, 16) for part in timer.split(":"))
        ends = _address_of_text(local, family), _address_of_text(remote, family)
        return cls(*ends, state_hex, send_queue, recv_queue, kind, left / os.sysconf("SC_CLK_TCK"))


def rows_here(family: socket.AddressFamily) -> list[KernelRow]:
    """The lines of /proc/net/tcp (or tcp6) of the calling thread's namespace."""
    return [KernelRow.of_line(line, family) for line in Path(SOCKET_TABLE[family]).read_text().splitlines()[1:]]


def wait_until_nothing_is_on_its_way(call: Callable[..., list[KernelRow]]) -> None:
    """Return when all that was sent in the namespace where `call` calls is acknowledged, the FINs too.

    An acknowledgement may be delayed (40 ms, include/net/tcp.h TCP_DELACK_MIN, or more on a busy machine): until then
    an end that has closed is in FIN_WAIT_1, and a look shows that state.
    """
    give_up_at_s = time.monotonic() + DEADLINE_S
    while waiting := [row for family in SOCKET_TABLE for row in call(rows_here, family) if row.timer == RETRANSMIT]:
        if time.monotonic() > give_up_at_s:
            raise TimeoutError(f"{len(waiting)} sockets wait for an acknowledgement, as {waiting[0]}")
        time.sleep(0.002)


def _address_of_text(text: str, family: socket.AddressFamily) -> Address:
    """`0100007F:1F90` is ("127.0.0.1", 8080): words in the host's byte order, then the port."""
    digits, port = text.split(":")
    words = (int(digits[8 * i : 8 * i + 8], 16) for i in range(ADDRESS_WORDS[family]))
    return socket.inet_ntop(family, b"".join(struct.pack("=I", word) for word in words)), int(port, 16)


def _address_of(sock: socket.socket) -> Address:
    """The socket's own address, alike for IPv4 and IPv6."""
    host, port, *_ = sock.getsockname()
    return host, port


@dataclass(frozen=True, slots=True)
class Ends:
    """A socket in the wanted state and, where there is one, its peer.

    `local` and `remote` are the addresses of the kernel's row. `here` is the descriptor of that end; for SYN_RECEIVED,
    a request that no descriptor holds yet, it is the listener. Without a peer, `remote` and `there` are None.
    """

    local: Address
    remote: Address | None
    here: socket.socket
    there: socket.socket | None


@contextmanager
def socket_in(
    state: str, ns: Namespace, family: socket.AddressFamily = socket.AF_INET
) -> Iterator[tuple[Address, Address | None]]:
    """The two addresses of a socket that is in `state` (named as in RFC 9293 with underscores, or BOUND)."""
    with ends_in(state, ns, family) as ends:
        yield ends.local, ends.remote


@contextmanager
def ends_in(
    state: str, ns: Namespace, family: socket.AddressFamily = socket.AF_INET, *, as_server: bool = False
) -> Iterator[Ends]:
    """Both ends of a connection whose one end is in `state`; everything is reset and freed afterwards.

    With `as_server` the end that accepted is the one in `state`, where the state is one of an accepted connection.
    """
    if state not in STATES:
        raise LookupError(f"no way is known to bring a socket into {state!r}; known: {', '.join(STATES)}")
    with ExitStack() as stack:
        stage = Stage(ns, family, stack)
        here, there = WAYS[state](stage) if state in WAYS else stage.connection_after(STEPS[state], as_server=as_server)
        ends = Ends(_address_of(here), _address_of(there) if there else None, here, there)
        if state not in ("BOUND", "CLOSED"):  # /proc/net/tcp does not list these two
            stage.wait_until_told(state, ends)
        yield ends


class Stage:
    """Where sockets are led into a state: one namespace, one address family, and what must be undone."""

    def __init__(self, ns: Namespace, family: socket.AddressFamily, stack: ExitStack) -> None:
        self.ns, self.family, self._stack = ns, family, stack

    def new_socket(self) -> socket.socket:
        """A socket of this namespace; when the stage is left it is closed with a reset, so that none lingers."""
        return self._reset_afterwards(self.ns.call(socket.socket, self.family, socket.SOCK_STREAM))

    def bound_socket(self) -> socket.socket:
        """A socket that has taken a free port on loopback."""
        bound = self.new_socket()
        bound.bind((LOOPBACK[self.family], 0))
        return bound

    def listener(self) -> socket.socket:
        """A socket in LISTEN on a free port."""
        listener = self.bound_socket()
        listener.listen(8)
        return listener

    def connection_after(
        self, steps: Sequence["Step"], *, as_server: bool = False
    ) -> tuple[socket.socket, socket.socket]:
        """An accepted connection after `steps`: the end that connected (or the other one), and its peer."""
        listener, here = self.listener(), self.bound_socket()
        here.connect(listener.getsockname())
        there = self._reset_afterwards(listener.accept()[0])
        if as_server:
            here, there = there, here
        for step in steps:
            step(self, here, there)
        return here, there

    def silence(self, sender: socket.socket, receiver: socket.socket) -> None:
        """From now on nothing that `sender` sends arrives at `receiver`."""
        (_, sport), (_, dport) = _address_of(sender), _address_of(receiver)
        table, drop = f"silence_{sport}_{dport}", f"tcp sport {sport} tcp dport {dport} drop"
        chain = f"chain arriving {{ type filter hook input priority 0; {drop}; }}"
        self.ns.run("nft", "-f", "-", text_in=f"table inet {table} {{ {chain}; }}")
        self._stack.callback(self.ns.run, "nft", "delete", "table", "inet", table)

    def wait_until_told(self, state: str, ends: Ends) -> None:
        """Return when /proc/net/tcp tells the local end in `state`; TimeoutError with what it tells instead."""
        give_up_at_s = time.monotonic() + DEADLINE_S
        while state not in (told := self._states_told(ends)):
            if time.monotonic() > give_up_at_s:
                raise TimeoutError(f"{ends.local} to {ends.remote}: wanted {state}, the kernel tells {told}")
            time.sleep(0.002)

    def _states_told(self, ends: Ends) -> list[str | None]:
        return [
            TCP_STATES_H.get(int(row.state_hex, 16))
            for row in self.ns.rows(self.family)
            if row.local == ends.local and (ends.remote is None or row.remote == ends.remote)
        ]

    def _reset_afterwards(self, sock: socket.socket) -> socket.socket:
        sock.settimeout(DEADLINE_S)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_A_RESET)
        self._stack.callback(sock.close)
        return sock


Step = Callable[[Stage, socket.socket, socket.socket], None]


def here_falls_silent(stage: Stage, here: socket.socket, there: socket.socket) -> None:
    """What this end sends from now on is lost."""
    stage.silence(here, there)


def here_sends_its_fin(stage: Stage, here: socket.socket, there: socket.socket) -> None:
    """This end closes its direction; nobody waits for the FIN to arrive."""
    here.shutdown(socket.SHUT_WR)


def its_fin_arrives(stage: Stage, here: socket.socket, there: socket.socket) -> None:
    """The peer has this end's FIN."""
    _wait_for_a_fin(there)


def the_peer_closes(stage: Stage, here: socket.socket, there: socket.socket) -> None:
    """The peer closes its direction, and its FIN has arrived here."""
    there.shutdown(socket.SHUT_WR)
    _wait_for_a_fin(here)


def _wait_for_a_fin(receiver: socket.socket) -> None:
    arrival = select.poll()
    arrival.register(receiver, select.POLLRDHUP)
    if not arrival.poll(DEADLINE_S * 1000):
        raise TimeoutError("the FIN did not arrive")


def _closed(stage: Stage) -> tuple[socket.socket, None]:
    """A socket just made: no port, no connection."""
    return stage.new_socket(), None


def _bound(stage: Stage) -> tuple[socket.socket, None]:
    """A port taken with bind(), and nothing more."""
    return stage.bound_socket(), None


def _listen(stage: Stage) -> tuple[socket.socket, None]:
    """A listener without clients."""
    return stage.listener(), None


def _syn_sent(stage: Stage) -> tuple[socket.socket, socket.socket]:
    """A client whose SYN is lost."""
    client, listener = stage.bound_socket(), stage.listener()
    stage.silence(client, listener)
    _start_to_connect(client, listener)
    return client, listener


def _syn_received(stage: Stage) -> tuple[socket.socket, socket.socket]:
    """A listener whose answer to a SYN is lost."""
    client, listener = stage.bound_socket(), stage.listener()
    stage.silence(listener, client)
    _start_to_connect(client, listener)
    return listener, client


def _start_to_connect(client: socket.socket, listener: socket.socket) -> None:
    client.setblocking(False)
    client.connect_ex(listener.getsockname())


#: How a socket gets into a state that no accepted connection has.
WAYS: Mapping[str, Callable[[Stage], tuple[socket.socket, socket.socket | None]]] = {
    "CLOSED": _closed,
    "BOUND": _bound,
    "LISTEN": _listen,
    "SYN_SENT": _syn_sent,
    "SYN_RECEIVED": _syn_received,
}

#: What happens to an accepted connection until its one end is in a state.
STEPS: Mapping[str, Sequence[Step]] = {
    "ESTABLISHED": (),
    "FIN_WAIT_1": (here_falls_silent, here_sends_its_fin),
    "FIN_WAIT_2": (here_sends_its_fin, its_fin_arrives),
    "CLOSE_WAIT": (the_peer_closes,),
    "CLOSING": (here_falls_silent, here_sends_its_fin, the_peer_closes),
    "LAST_ACK": (here_falls_silent, the_peer_closes, here_sends_its_fin),
    "TIME_WAIT": (here_sends_its_fin, its_fin_arrives, the_peer_closes),
}

STATES = (*WAYS, *STEPS)
