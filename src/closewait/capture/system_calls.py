"""System calls in which a thread may stand, by machine: what it waits for, and whether they are about a descriptor.

The numbers are those of the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
(arm64, riscv64). A call that is not listed here is told by its number and waits for nothing we know.
"""

import platform
from collections.abc import Mapping
from typing import NamedTuple

from closewait.snapshot.evidence import WaitsFor


class SystemCall(NamedTuple):
    """One call: what a thread in it waits for (None: not to be told); its first argument may be a descriptor."""

    name: str
    waits_for: WaitsFor | None
    about_descriptor: bool = False


#: A futex is a lock, a condition or the idle place of a pool: the call alone does not tell.
CALLS = {
    "read": SystemCall("read", WaitsFor.READ, True),
    "readv": SystemCall("readv", WaitsFor.READ, True),
    "recvfrom": SystemCall("recvfrom", WaitsFor.READ, True),
    "recvmsg": SystemCall("recvmsg", WaitsFor.READ, True),
    "write": SystemCall("write", WaitsFor.WRITE, True),
    "writev": SystemCall("writev", WaitsFor.WRITE, True),
    "sendto": SystemCall("sendto", WaitsFor.WRITE, True),
    "sendmsg": SystemCall("sendmsg", WaitsFor.WRITE, True),
    "connect": SystemCall("connect", WaitsFor.CONNECT, True),
    "accept": SystemCall("accept", WaitsFor.ACCEPT, True),
    "accept4": SystemCall("accept4", WaitsFor.ACCEPT, True),
    "poll": SystemCall("poll", WaitsFor.EVENTS),
    "ppoll": SystemCall("ppoll", WaitsFor.EVENTS),
    "select": SystemCall("select", WaitsFor.EVENTS),
    "pselect6": SystemCall("pselect6", WaitsFor.EVENTS),
    "epoll_wait": SystemCall("epoll_wait", WaitsFor.EVENTS, True),
    "epoll_pwait": SystemCall("epoll_pwait", WaitsFor.EVENTS, True),
    "epoll_pwait2": SystemCall("epoll_pwait2", WaitsFor.EVENTS, True),
    "io_uring_enter": SystemCall("io_uring_enter", WaitsFor.EVENTS, True),
    "nanosleep": SystemCall("nanosleep", WaitsFor.TIME),
    "clock_nanosleep": SystemCall("clock_nanosleep", WaitsFor.TIME),
    "fsync": SystemCall("fsync", WaitsFor.DISK, True),
    "fdatasync": SystemCall("fdatasync", WaitsFor.DISK, True),
    "flock": SystemCall("flock", WaitsFor.LOCK, True),
    "futex": SystemCall("futex", None),
    "wait4": SystemCall("wait4", None),
    "pause": SystemCall("pause", None),
    "rt_sigtimedwait": SystemCall("rt_sigtimedwait", None),
    "rt_sigsuspend": SystemCall("rt_sigsuspend", None),
}
X86_64 = {
    0: "read", 1: "write", 7: "poll", 19: "readv", 20: "writev", 23: "select", 34: "pause", 35: "nanosleep",
    42: "connect", 43: "accept", 44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 61: "wait4", 73: "flock",
    74: "fsync", 75: "fdatasync", 128: "rt_sigtimedwait", 130: "rt_sigsuspend", 202: "futex", 230: "clock_nanosleep",
    232: "epoll_wait", 270: "pselect6", 271: "ppoll", 281: "epoll_pwait", 288: "accept4", 426: "io_uring_enter",
    441: "epoll_pwait2",
}  # fmt: skip
GENERIC = {
    22: "epoll_pwait", 32: "flock", 63: "read", 64: "write", 65: "readv", 66: "writev", 72: "pselect6", 73: "ppoll",
    82: "fsync", 83: "fdatasync", 98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 133: "rt_sigsuspend",
    137: "rt_sigtimedwait", 202: "accept", 203: "connect", 206: "sendto", 207: "recvfrom", 211: "sendmsg",
    212: "recvmsg", 242: "accept4", 260: "wait4", 426: "io_uring_enter", 441: "epoll_pwait2",
}  # fmt: skip
NUMBERS: Mapping[str, Mapping[int, str]] = {"x86_64": X86_64, "aarch64": GENERIC, "riscv64": GENERIC}


def system_call(number: int, machine: str | None = None) -> SystemCall:
    """The call with this number on `machine` (None: this one)."""
    name = NUMBERS.get(machine or platform.machine(), {}).get(number)
    return CALLS[name] if name else SystemCall(f"system call {number}", None)
