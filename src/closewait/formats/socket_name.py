"""What a person calls one socket: both ends of its connection, its inode, or a descriptor of a process.

10.0.0.1:443-203.0.113.9:50123    [2001:db8::1]:443-[2001:db8::9]:50123    `->` and a blank part the ends as well
inode:48211                       as `ls -l /proc/PID/fd` tells it
4121:17                           process id and descriptor
"""

import re
from typing import NamedTuple

from closewait.formats.addresses import Endpoint, endpoint
from closewait.records import record
from closewait.snapshot.filters.condition import Condition, Within, all_of
from closewait.snapshot.filters.values import addresses, ports

BETWEEN_ENDS = re.compile(r"\s*(?:<?->?|,|\s)\s*")
WITH_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[0-9A-Fa-f:.]+|[\w.-]+):(?:\d{1,5}|[A-Za-z][\w-]*)")
INODE = re.compile(r"(?:inode|ino|socket):\[?(\d{1,18})\]?", re.IGNORECASE)
NUMBER = re.compile(r"\d{1,18}")
LONGEST = 300  # characters; two IPv6 addresses with their interfaces are shorter
DESCRIPTOR = re.compile(r"(\d{1,10}):(\d{1,10})")


class Holding(NamedTuple):
    """A descriptor of a process."""

    pid: int
    fd: int


@record
class SocketName:
    """What was asked for, the condition that its row meets, and the same with both ends exchanged, where it has ends.

    `holding` is the descriptor that one holder must have, where that was the name.
    """

    asked: str
    condition: Condition
    from_the_other_end: Condition | None = None
    holding: Holding | None = None


def socket_named(word: str) -> SocketName | None:
    """The socket that `word` names, or None where it names none. A bare number is no name here: see `inode_named`."""
    word = word.strip()
    if len(word) > LONGEST:
        return None
    if found := INODE.fullmatch(word):
        return inode_named(word, found[1])
    if found := DESCRIPTOR.fullmatch(word):
        holding = Holding(int(found[1]), int(found[2]))
        return SocketName(word, all_of(_is("pid", holding.pid), _is("fd", holding.fd)), holding=holding)
    for between in BETWEEN_ENDS.finditer(word):
        here, there = word[: between.start()], word[between.end() :]
        if WITH_PORT.fullmatch(here) and WITH_PORT.fullmatch(there):
            ends = endpoint(here), endpoint(there)
            return SocketName(word, _between(*ends), from_the_other_end=_between(*reversed(ends)))
    return None


def inode_named(asked: str, number: str | None = None) -> SocketName | None:
    """The socket with this inode; None where it is no number."""
    number = asked.strip() if number is None else number
    return SocketName(asked, _is("inode", int(number))) if NUMBER.fullmatch(number) and int(number) else None


def _is(column: str, number: int) -> Condition:
    return Within(column, ((number, number),))


def _between(here: Endpoint, there: Endpoint) -> Condition:
    """The condition to have these two ends; a port told by a name is its number where that is well known."""
    return all_of(*(part for side, end in (("local", here), ("remote", there)) for part in _end(side, end)))


def _end(side: str, end: Endpoint) -> tuple[Condition, ...]:
    port = end.service if end.port is None else str(end.port)
    return addresses(side, [end.address]), ports(side, "=", [port or "*"])
