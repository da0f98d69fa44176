"""Every exception raised on purpose, each with the exit status the command ends with.

Exit statuses: 0 healthy, 1 warnings, 2 critical, 3 could not see (permission, nothing read),
4 bad usage or bad input, 5 our own error.
"""

from typing import ClassVar


class ClosewaitError(Exception):
    """Something closewait can explain: what happened, where, and what to do next."""

    exit_status: ClassVar[int] = 5


class CannotSee(ClosewaitError):
    """The place exists but may not be looked at, or nothing at all could be read there."""

    exit_status = 3


class BadUsage(ClosewaitError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_status = 4


class BadInput(ClosewaitError):
    """The bytes are not a dump that any reader knows, or a dump that breaks its own promises."""

    exit_status = 4


class CannotPlay(ClosewaitError):
    """A lab scene lacks a permission or a program here, or did not come about in time."""

    exit_status = 3


class CannotAct(ClosewaitError):
    """What was asked for is not done: a permission is missing, it was declined, or a guard stands before it."""

    exit_status = 3


class KernelRefused(CannotSee):
    """The kernel answered a request with an error number."""

    def __init__(self, asked: str, errno_number: int, errno_text: str) -> None:
        self.errno = errno_number
        super().__init__(f"{asked}: the kernel answered errno {errno_number} ({errno_text})")
