"""A place in tracefs of our own: found or mounted for this process alone, made, and taken away again.

An instance has its own buffers, clock and events, so that nobody else's tracing is touched. It belongs to no process:
one whose maker was killed stays, and the next to come removes it. Its name says who made it.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from closewait.errors import CannotSee

USUAL = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))  # the second: mounted with debugfs
PREFIX = "closewait-"
OURS = re.compile(rf"{PREFIX}(\d+)(-\d+)?")
EVENT = "events/sock/inet_sock_set_state"
NEEDED = "Exact transitions need the kernel's tracing"

# fsopen(2), fsconfig(2), fsmount(2): one number on every machine (include/uapi/asm-generic/unistd.h); Linux 5.2.
SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 430, 431, 432
CLOEXEC, FSCONFIG_CMD_CREATE = 1, 6


def refuse_elsewhere() -> None:
    """Raise CannotSee on a system without it."""
    if sys.platform != "linux":
        raise CannotSee(f"Only Linux tells transitions as they happen; this is {sys.platform}.")


@contextmanager
def tracefs() -> Iterator[Path]:
    """The root of tracefs: where it is mounted, else a mount that no other process sees and that ends with the block.

    Raises CannotSee.
    """
    refuse_elsewhere()
    mounted = next((root for root in USUAL if _is_tracefs(root)), None)
    if mounted is not None:
        yield mounted
        return
    if os.geteuid() != 0:
        raise CannotSee(f"{NEEDED}, which only root may use: run it as root (sudo closewait trace).")
    descriptor = _mount()
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _is_tracefs(root: Path) -> bool:
    """Whether tracefs is mounted there and may be used."""
    try:
        (root / "instances").stat()
    except FileNotFoundError:
        return False
    except PermissionError:
        raise CannotSee(f"{NEEDED}, and {root} is closed to you: run it as root (sudo closewait trace).") from None
    return True


def _mount() -> int:
    """A mount of tracefs without a place in the tree, by its descriptor."""
    import ctypes  # 10 ms, where nobody has mounted it

    libc = ctypes.CDLL(None, use_errno=True)

    def call(*arguments: object) -> int:
        answer = int(libc.syscall(*arguments))
        if answer < 0:
            number = ctypes.get_errno()
            raise CannotSee(
                f"{NEEDED}: tracefs is not mounted here, and mounting it was refused ({os.strerror(number)}). "
                "As root on the host: mount -t tracefs nodev /sys/kernel/tracing. A container needs CAP_SYS_ADMIN."
            )
        return answer

    opened = call(SYS_FSOPEN, b"tracefs", CLOEXEC)
    try:
        call(SYS_FSCONFIG, opened, FSCONFIG_CMD_CREATE, None, None, 0)
        return call(SYS_FSMOUNT, opened, CLOEXEC, 0)
    finally:
        os.close(opened)


@contextmanager
def instance(root: Path) -> Iterator[Path]:
    """An instance of this process, `closewait-PID`, removed behind the block; those of the dead are removed first.

    Every file in it must be closed by then. Raises CannotSee.
    """
    remove_left_behind(root)
    place = _made(root)
    try:
        yield place
    finally:
        with suppress(OSError):
            write(place / EVENT / "enable", "0")
        _remove(place)


def _made(root: Path) -> Path:
    """A new instance; a second one of this process has a number behind its name."""
    names = (f"{PREFIX}{os.getpid()}{'' if number == 1 else f'-{number}'}" for number in range(1, 100))
    for name in names:
        try:
            (root / "instances" / name).mkdir()
        except FileExistsError:
            continue
        except OSError as refused:
            raise CannotSee(
                f"{NEEDED}, and the kernel refused an instance of it: {refused.strerror}. Run as root, on the host "
                "or with CAP_SYS_ADMIN; a kernel locked down against tracing cannot be helped."
            ) from None
        return root / "instances" / name
    raise CannotSee(f"{NEEDED}, and this process has a hundred instances of it already.")


def remove_left_behind(root: Path) -> None:
    """Remove the instances whose maker is dead, or had our number before us, as process 1 of every container has.

    One that is in use stays: the kernel refuses (EBUSY). What may not be removed, or was by somebody faster, is left.
    """
    with suppress(OSError):
        for place in (root / "instances").iterdir():
            named = OURS.fullmatch(place.name)
            if named and (int(named[1]) == os.getpid() or not Path("/proc", named[1]).exists()):
                _remove(place)


def _remove(place: Path) -> None:
    with suppress(OSError):
        place.rmdir()


def write(file: Path, value: str) -> None:
    """Tell the kernel `value`; these files want it in one piece."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)
