"""What is known of a host besides its sockets: told by files that lie beside a dump, or asked of the live kernel.

Each fact keeps its origin (a file's name, a path under /proc), so that a finding can say where it comes from.
"""

from dataclasses import field
from enum import StrEnum

from closewait.records import record
from closewait.snapshot.host import Host


class WaitsFor(StrEnum):
    """What a thread is stopped at, as its innermost frames or its system call tell."""

    LOCK = "a lock"
    READ = "bytes to read"
    WRITE = "room to write"
    CONNECT = "a connection"
    ACCEPT = "the next connection"
    EVENTS = "events"  # epoll, poll, select: the idle place of a program that watches its sockets
    NAME = "a name to be resolved"
    TIME = "time to pass"
    DISK = "a disk"
    STOPPED = "a signal to go on"  # SIGSTOP, a debugger, a frozen cgroup


class Sign(StrEnum):
    """What a line of a log says has happened; how systems and programs word it stands in formats/evidence/signs.py."""

    NO_DESCRIPTOR = "too many open files"  # EMFILE: a process is at its limit
    NO_DESCRIPTOR_ON_HOST = "too many open files on the host"  # ENFILE
    NO_LOCAL_PORT = "no local port left"  # EADDRNOTAVAIL, Windows 10048, 10055, events 4227 and 4231
    SYN_FLOODING = "possible SYN flooding"  # so the kernel calls a full queue of a listener, too
    ORPHANS = "too many orphaned sockets"
    SOCKET_MEMORY = "out of socket memory"  # kernels before 2.6.39 say so of too many orphans, too
    CONNTRACK_FULL = "conntrack table full"
    TIME_WAIT_OVERFLOW = "TIME_WAIT table overflow"
    OUT_OF_MEMORY = "out of memory, a process was killed"


@record
class Told:
    """A file that was understood: what it is, in words."""

    origin: str
    what: str


@record
class ProcessFact:
    """Descriptors and limits of a process; `pid` None where the file does not name one."""

    origin: str
    pid: int | None = None
    process: str | None = None
    descriptors: int | None = None
    descriptor_limit: int | None = None


@record
class Thread:
    """One thread: where it stands, innermost frame first, and what it waits for; None is not told, or not known."""

    origin: str
    name: str | None = None
    pid: int | None = None
    tid: int | None = None
    frames: tuple[str, ...] = ()
    waits_for: WaitsFor | None = None
    descriptor: int | None = None  # that its system call is about
    running: bool | None = None  # it uses the processor
    line: str | None = None  # of the program's own code, where that can be told: `shop.py:88, in fetch`
    run_ns: int | None = None  # how long it has used it since it began; told of live threads only

    @property
    def is_live(self) -> bool:
        """It was seen in /proc, not in a saved stack: a moment, and no frames but its system call."""
        return self.run_ns is not None


@record
class Watch:
    """One epoll set of a process: the inodes of what it waits for."""

    pid: int
    descriptor: int
    inodes: tuple[int, ...]  # ascending


@record
class Message:
    """A line of a kernel's or a program's log that bears on sockets; `sign` is its kind, a `Sign`."""

    origin: str
    sign: str
    text: str
    port: int | None = None


@record
class Timeout:
    """A time limit that a program's configuration sets, by the configuration's own name for it."""

    origin: str
    name: str
    seconds: float


@record
class SettingFact:
    """The value of a setting, as told, under its own system's name for it; only settings that tcp/settings knows."""

    origin: str
    name: str
    value: str


@record
class Listing:
    """Every setting whose name begins so was told: one that was not does not exist there, or was never created."""

    origin: str
    beginning: str


@record
class Remark:
    """What a person wrote, word for word: hearsay, shown as such."""

    origin: str
    text: str


@record
class Evidence:
    """Everything known besides the sockets."""

    told: tuple[Told, ...] = ()
    host: Host = field(default_factory=Host)
    processes: tuple[ProcessFact, ...] = ()
    threads: tuple[Thread, ...] = ()
    watches: tuple[Watch, ...] = ()
    messages: tuple[Message, ...] = ()
    timeouts: tuple[Timeout, ...] = ()
    remarks: tuple[Remark, ...] = ()
    settings: tuple[SettingFact, ...] = ()
    listings: tuple[Listing, ...] = ()

    def joined(self, other: "Evidence") -> "Evidence":
        """This and `other`; where both tell one fact of the host, this one's holds."""
        return Evidence(
            told=self.told + other.told,
            host=self.host.joined(other.host),
            processes=self.processes + other.processes,
            threads=self.threads + other.threads,
            watches=self.watches + other.watches,
            messages=self.messages + other.messages,
            timeouts=self.timeouts + other.timeouts,
            remarks=self.remarks + other.remarks,
            settings=self.settings + other.settings,
            listings=self.listings + other.listings,
        )

    def messages_of(self, sign: str) -> tuple[Message, ...]:
        """The messages with this sign."""
        return tuple(message for message in self.messages if message.sign == sign)


NO_EVIDENCE = Evidence()
