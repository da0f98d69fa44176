"""What of a filter the kernel can decide itself: a mask of states, and a program that it runs on each socket.

The program (INET_DIAG_REQ_BYTECODE) is a row of comparisons. One that holds goes on with the next; one that does not
jumps forward: to the end, which accepts the socket, or 4 bytes behind it, which refuses it (inet_diag_bc_run() and
inet_diag_bc_audit() in net/ipv4/inet_diag.c). What the kernel cannot decide is left out, so that it sends at least what
is wanted, and our own filter decides over the rest. This file needs only the standard library.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network

from closewait.formats.sock_diag import layout
from closewait.formats.sock_diag.asked import Asked
from closewait.snapshot.filters.condition import (
    EVERYTHING,
    Among,
    Condition,
    Either,
    Every,
    Inside,
    Leaf,
    Not,
    Span,
    Within,
    weakened,
)
from closewait.tcp.spellings import LINUX_NUMBERS

# include/uapi/linux/inet_diag.h
OPERATION = struct.Struct("=BBH")  # struct inet_diag_bc_op: code, and how far to go on if it holds, and if not
HOST_CONDITION = struct.Struct("=BBxxi")  # struct inet_diag_hostcond: family, prefix length, port; the address follows
JUMP = 1
AT_LEAST = {"local_port": 2, "remote_port": 4}
AT_MOST = {"local_port": 3, "remote_port": 5}
ADDRESS = {"local_address": 7, "remote_address": 8}
ANY_PORT = -1
GREATEST_PORT = 65535

#: Columns that no kernel tells: no socket meets a condition about them.
NEVER_TOLD = frozenset({"local_service", "remote_service"})
DECIDABLE = frozenset({"state", *AT_LEAST, *ADDRESS}) | NEVER_TOLD

#: A longer program costs the kernel more than sending the rows. The attribute itself could hold 64 KiB.
LONGEST_BYTES = 4096

BITS = {number: 1 << number for number in LINUX_NUMBERS}
LISTENERS = BITS[layout.LISTEN]


def asked_for(condition: Condition, *, with_listeners: bool = False) -> Asked:
    """The least that can be asked for and holds what meets `condition`, and all listeners too if they are needed."""
    known = weakened(condition, _is_decidable)
    states = _states(known)
    if with_listeners:
        return Asked(states | LISTENERS)
    return Asked(states, Program.of(weakened(known, _is_about_addresses)))


def _is_decidable(leaf: Leaf) -> bool:
    return leaf.column in DECIDABLE


def _is_about_addresses(leaf: Leaf) -> bool:
    return leaf.column in DECIDABLE - {"state"}


def _states(condition: Condition) -> int:
    """A mask with the states that a socket may be in if it meets the condition."""
    if isinstance(condition, Every):
        mask = layout.EVERY_STATE
        for part in condition.parts:
            mask &= _states(part)
        return mask
    if isinstance(condition, Either):
        mask = 0
        for part in condition.parts:
            mask |= _states(part)
        return mask
    if isinstance(condition, Among) and condition.column == "state":
        return sum(bit for number, bit in BITS.items() if LINUX_NUMBERS[number] in condition.patterns)
    if isinstance(condition, Not) and isinstance(condition.part, Among) and condition.part.column == "state":
        return layout.EVERY_STATE & ~_states(condition.part)
    return layout.EVERY_STATE


@dataclass(slots=True)
class Label:
    """A place in the program, known once everything before it is written."""

    at: int = 0


Writer = Callable[[Label], None]


class Program:
    """Comparisons in the order in which the kernel makes them; each knows where to go on if it does not hold."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, int, bytes, Label]] = []  # where it stands, code, operand, where to go if not
        self._size = 0

    @classmethod
    def of(cls, condition: Condition) -> bytes:
        """The program that accepts what meets `condition`; empty for everything, and in place of one too long."""
        if condition == EVERYTHING:
            return b""
        program, refused = cls(), Label()
        program._write(condition, refused)
        refused.at = program._size + OPERATION.size
        if program._size > LONGEST_BYTES:
            return b""
        return b"".join(
            OPERATION.pack(code, OPERATION.size + len(operand), if_not.at - at) + operand
            for at, code, operand, if_not in program._steps
        )

    def _write(self, condition: Condition, if_not: Label) -> None:
        """Write a condition; whatever stands behind it runs if it holds."""
        if isinstance(condition, Every):
            for part in condition.parts:
                self._write(part, if_not)
        elif isinstance(condition, Either):
            self._write_either([partial(self._write, part) for part in condition.parts], if_not)
        elif isinstance(condition, Not):
            not_met = Label()
            self._write(condition.part, not_met)
            self._step(JUMP, b"", if_not)
            not_met.at = self._size
        elif isinstance(condition, Within):
            self._write_either([partial(self._write_ports, condition.column, span) for span in condition.spans], if_not)
        elif isinstance(condition, Inside):
            hosts = [partial(self._write_host, condition.column, network) for network in condition.networks]
            self._write_either(hosts, if_not)
        else:
            self._step(JUMP, b"", if_not)  # a column that no kernel tells

    def _write_either(self, alternatives: Sequence[Writer], if_not: Label) -> None:
        """One of several: the first that holds leaps over the others. Without any, nothing holds."""
        met = Label()
        for write in alternatives[:-1]:
            otherwise = Label()
            write(otherwise)
            self._step(JUMP, b"", met)
            otherwise.at = self._size
        if alternatives:
            alternatives[-1](if_not)
        else:
            self._step(JUMP, b"", if_not)
        met.at = self._size

    def _write_ports(self, column: str, span: Span, if_not: Label) -> None:
        """A port between two others. The kernel's port 0 is our "no port", which is in no span."""
        low, high = span
        for code, port in ((AT_LEAST[column], low or 1), (AT_MOST[column], GREATEST_PORT if high is None else high)):
            if not 0 <= port <= GREATEST_PORT:
                self._step(JUMP, b"", if_not)  # such as: greater than the greatest
                return
            self._step(code, OPERATION.pack(0, 0, int(port)), if_not)

    def _write_host(self, column: str, network: IPv4Network | IPv6Network, if_not: Label) -> None:
        """An address in a network."""
        family = layout.AF_INET if isinstance(network, IPv4Network) else layout.AF_INET6
        condition = HOST_CONDITION.pack(family, network.prefixlen, ANY_PORT)
        self._step(ADDRESS[column], condition + network.network_address.packed, if_not)

    def _step(self, code: int, operand: bytes, if_not: Label) -> None:
        self._steps.append((self._size, code, operand, if_not))
        self._size += OPERATION.size + len(operand)
