"""Where a scene plays: real processes and real sockets, for a limited time, with certain clean-up.

A stage lives in a thin process of its own (`stagehand.py`), so that its actors are small forks and the caller may
carry threads. The actors hang on the stagehand, the stagehand hangs on the caller (`leash.py`): whoever is killed, all
end. Endings that can be asked for (SIGTERM and its kin) are kept blocked and looked at between the steps, so that
clean-up is never interrupted half way.
"""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from closewait.errors import CannotPlay
from closewait.lab import leash, netns, socket_table

SETUP_S = 20.0  # a scene holds within a fraction of this, also on a slow machine
LOOK_EVERY_S = 0.01  # while waiting for the kernel to reach the states
DELAYED_ACK_S = 0.2  # the longest a FIN may wait for its acknowledgement (Linux include/net/tcp.h, TCP_DELACK_MAX)
PASSING = frozenset({"SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "CLOSING", "LAST_ACK"})
OVERTIME_S = 1.0  # actors outlive the limit by this, so that normally the stagehand ends them

Address = tuple[str, int]


def endings() -> frozenset[signal.Signals]:
    """The signals that ask a stage to end. Windows, where scenes are listed and not played, has no SIGHUP."""
    return frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class Ended(Exception):
    """Somebody asked the stage to end while the scene was still being set."""


def _stay(_held: object) -> NoReturn:
    """Do nothing until the end; what is handed in stays open."""
    while True:
        signal.pause()


def _act_beyond(act: Callable[..., object], *props: object) -> object:
    """What an actor on another host does: go there, wait for the cable (or for its own end), act."""
    netns.go_beyond()
    while not netns.cable_is_laid():
        time.sleep(LOOK_EVERY_S)
    netns.plug_in()
    return act(*props)


class Stage:
    """What a scene works with: actors to cast, addresses to use, conditions to wait for."""

    def __init__(self, *, limit_s: float, growth_per_s: float = 0.0, own_netns: bool = False) -> None:
        self.netns: str | None = None
        self.growth_per_s = growth_per_s
        self.where: Address | None = None
        self._own_netns = own_netns
        self._ends_at_s = time.monotonic() + limit_s
        self._children: dict[int, str] = {}
        self._arrived: dict[str, list[int]] = {}
        # Actors write on the callboard that they have arrived, or why they cannot go on.
        self._callboard, self._chalk = os.pipe()
        os.set_blocking(self._callboard, False)

    def __enter__(self) -> "Stage":
        """Take the place: a namespace of its own where one is asked for."""
        leash.adopt_orphans()
        if self._own_netns:
            self.netns = netns.make(os.getpid())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End every actor by its process id, wait until each is gone, and give the namespace back."""
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        try:
            while True:
                os.wait()
        except ChildProcessError:
            pass  # Nobody is left, grandchildren included: they end with their parent and are adopted.
        if self.netns is not None:
            netns.delete(self.netns)

    # --- the place

    def listen(self, host: str = "127.0.0.1", backlog_conns: int = 1024) -> socket.socket:
        """A listening socket on a port the kernel chooses; its address becomes `where` this scene plays."""
        listener = socket.create_server((host, 0), backlog=backlog_conns)
        self.where = listener.getsockname()
        return listener

    @property
    def address(self) -> Address:
        """Where the actors meet: the address of the listener."""
        assert self.where is not None, "listen() comes first"
        return self.where

    def reach_beyond(self, role: str, act: Callable[..., object], *props: object) -> int:
        """Cast an actor on another host: in a namespace of its own, at the far end of a cable, where nobody looks.

        What is done to the cable is done in a namespace of our own, too. From there, `netns.HERE` is this stage.
        """
        self._must_own_the_namespace()
        pid = self.cast(role, _act_beyond, act, *props)
        self.wait_until("another host", lambda: netns.is_beyond(pid))
        netns.lay_cable(pid)
        return pid

    def add_address(self, host: str) -> None:
        """Give the namespace one more address. Never outside a namespace of our own."""
        self._must_own_the_namespace()
        netns.ip("address", "add", f"{host}/32", "dev", "lo")

    def narrow_ports(self, first: int, count: int) -> None:
        """Leave connect() only `count` local ports from `first` on. Never outside a namespace of our own."""
        self._must_own_the_namespace()
        Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"{first} {first + count - 1}")

    def make_room(self, descriptors: int) -> None:
        """Let each actor open `descriptors` and stay under half of its limit, so that no second illness shows."""
        import resource  # Windows has none, and lists the scenes all the same

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * descriptors + 64
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise CannotPlay(
                f"This scene needs {wanted} descriptors for each process, and the hard limit here is {hard}.\n"
                "Ask for a smaller --count, or raise the hard limit (ulimit -Hn)."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    def _must_own_the_namespace(self) -> None:
        if self.netns is None:
            raise CannotPlay("This would change the host's own network, so it is done in an own namespace only.")

    # --- the actors

    def cast(self, role: str, act: Callable[..., object], *props: object) -> int:
        """Fork an actor that runs `act(*props)`, then holds what that returned until the end; return its pid.

        Sockets among `props` are the actor's from here on: the caller's copies are closed.
        """
        parent_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be(role, parent_pid, act, props)
        self._children[pid] = role
        for prop in props:
            if isinstance(prop, socket.socket):
                prop.close()
        return pid

    def _be(self, role: str, parent_pid: int, act: Callable[..., object], props: tuple[object, ...]) -> NoReturn:
        """Live as an actor: never return into the code of the parent."""
        try:
            leash.tie(role, parent_pid=parent_pid, limit_s=self.left_s + OVERTIME_S, ends_by=signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            self._write_on_callboard("arrived", role, str(os.getpid()))
            _stay(act(*props))
        except BaseException as error:  # noqa: BLE001  whatever it is, the scene is told and the actor ends here
            self._write_on_callboard("failed", role, str(error) or type(error).__name__)
        finally:
            os._exit(1)

    def _write_on_callboard(self, *words: str) -> None:
        line = "\t".join(words).replace("\n", " ")
        os.write(self._chalk, f"{line[:500]}\n".encode())  # under PIPE_BUF, so lines never mix (pipe(7))

    def roll_call(self) -> dict[str, list[int]]:
        """The actors that have arrived so far, by role, those cast by other actors included."""
        self._read_callboard()
        return self._arrived

    def _read_callboard(self) -> None:
        try:
            lines = os.read(self._callboard, 65536).decode().splitlines()
        except BlockingIOError:
            return
        for line in lines:
            what, role, rest = line.split("\t", 2)
            if what == "failed":
                raise CannotPlay(f"{role} could not go on: {rest}")
            self._arrived.setdefault(role, []).append(int(rest))

    # --- the time

    @property
    def left_s(self) -> float:
        """Seconds until the time limit; never negative."""
        return max(0.0, self._ends_at_s - time.monotonic())

    def wait_until(self, what: str, condition: Callable[[], object]) -> None:
        """Return as soon as `condition()` is true; `what` names it for the reader of the error."""
        gives_up_at_s = time.monotonic() + min(SETUP_S, self.left_s)
        while not condition():
            self._notice_who_left()
            if signal.sigpending() & endings():
                raise Ended
            if time.monotonic() > gives_up_at_s:
                raise CannotPlay(f"The scene did not come about in time: waited for {what}.")
            time.sleep(LOOK_EVERY_S)

    def settle(self) -> None:
        """Wait until the kernel's own exchange is over: no socket of this scene is on its way to another state."""
        port = self.address[1]

        def settled() -> bool:
            passing = [one for one in socket_table.sockets() if one.state in PASSING and port in one.ports]
            return len(passing) <= self.growth_per_s * DELAYED_ACK_S

        self.wait_until("every goodbye to be acknowledged", settled)

    def hold(self) -> None:
        """Leave everything as it is until the time is up or somebody asks to end."""
        while self.left_s > 0:
            told = signal.sigtimedwait(endings() | {signal.SIGCHLD}, self.left_s)
            if told is None or told.si_signo in endings():
                return
            self._notice_who_left()

    def _notice_who_left(self) -> None:
        """An actor that ends before its time ends the scene, for it would show something else from now on."""
        # Looked at and left for __exit__ to collect, so that no pid can be another process's by then.
        looking = os.WEXITED | os.WNOHANG | os.WNOWAIT
        ended = os.waitid(os.P_ALL, 0, looking) if self._children else None
        self._read_callboard()  # second, for whoever failed has written why before it ended
        if ended is not None and self.left_s > 0:
            role = self._children.get(ended.si_pid, "an actor")
            how = "ended by itself" if ended.si_code == os.CLD_EXITED else f"was ended by signal {ended.si_status}"
            raise CannotPlay(f"{role}[{ended.si_pid}] {how}: the scene is over.")

    # --- the sight

    def sockets(self, **wanted: str | int) -> list[socket_table.Socket]:
        """The sockets of this namespace whose fields equal `wanted`."""
        return [
            one
            for one in socket_table.sockets()
            if all(getattr(one, field) == value for field, value in wanted.items())
        ]

    def held(self, **wanted: str | int) -> list[socket_table.Socket]:
        """Those of `sockets(**wanted)` that some process has open: accepted, not orphaned, not in TIME_WAIT."""
        return [one for one in self.sockets(**wanted) if one.inode != 0]
