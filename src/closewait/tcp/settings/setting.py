"""What a setting is: where it exists, what it does to which state, what it does not do, how to read and change it.

People are told to change settings that do not exist on their system, or that never touched the state they look at. So
each record says where it came from and which of its facts no source was opened for (`unverified`).
"""

import re
from dataclasses import dataclass
from typing import Literal

from closewait.records import record

#: The parts of a record that can rest on general knowledge alone.
Fact = Literal["versions", "default", "does", "replaced_by", "read", "set_now", "set_for_good", "risk"]

EVERYTHING: tuple[Fact, ...] = ("versions", "default", "does", "replaced_by", "read", "set_now", "set_for_good", "risk")


#: Which values of a setting people look for: a larger number, a smaller one (a shorter time, a lower first port), or
#: two ports further apart. A 0 means for ever, or what the kernel chooses, and is not the smallest.
Sought = Literal["more", "less", "wider"]

NUMBERS = re.compile(r"[0-9]{1,19}")

#: The number of a kernel, as far as it matters: (6, 14) for Linux 6.14 and all that is made of it.
Version = tuple[int, ...]


@record
class Way:
    """How settings of one kind are read and changed: commands in which {name} and {value} stand for the setting's."""

    kind: str
    read: str | None = None
    set_now: str | None = None
    set_for_good: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of one system. `value` is an example to set; None where changing it is no use or not possible."""

    name: str
    system: str
    way: Way
    default: str
    unit: str | None
    states: tuple[str, ...]  # those it has a say in
    does: str
    source: str
    does_not: tuple[str, ...] = ()  # what people hope for in vain
    aliases: tuple[str, ...] = ()
    versions: str | None = None  # where it exists; None: in every version in use
    replaced_by: str | None = None
    if_missing: str | None = None  # why it may not be found, and what to do then
    value: str | None = None
    sought: Sought | None = None  # None: no value is nearer to the goal than another
    risk: str | None = None
    unverified: tuple[Fact, ...] = ()
    since: Version | None = None  # the first kernel that has it; of Windows its own number (6.0: Vista, Server 2008)
    until: Version | None = None  # the last series that has it
    default_before: tuple[Version, str] | None = None  # kernels older than this had that default
    successor: str | None = None  # the setting of the same system that took its place
    measure: str | None = None  # how to find out what is in force, where reading the value does not tell

    @property
    def verified(self) -> bool:
        """Whether a source was opened, or the fact measured, for all that is said."""
        return not self.unverified

    @property
    def read(self) -> str | None:
        """The command that shows the value in force."""
        return self.way.read and self.way.read.format(name=self.name)

    @property
    def set_now(self) -> str | None:
        """The command that changes it until the next start."""
        return self._with_value(self.way.set_now)

    @property
    def set_for_good(self) -> str | None:
        """The command that changes it beyond the next start."""
        return self._with_value(self.way.set_for_good)

    def improves_on(self, value: str) -> bool:
        """Whether the example is another value than this, and no step back from it."""
        if self.value is None or value.split() == self.value.split():
            return False
        now, then = self._size(value), self._size(self.value)
        if self.sought is None or now is None or then is None:
            return True
        return then < now or now == 0 if self.sought == "less" else then > now

    def _size(self, value: str) -> int | None:
        """The one number of a value, the count in `start=10000 num=55536`, or the width of a range."""
        numbers = [int(number) for number in NUMBERS.findall(value)]
        if not numbers:
            return None
        return numbers[-1] - numbers[0] if self.sought == "wider" else numbers[-1]

    def _with_value(self, command: str | None) -> str | None:
        return command.format(name=self.name, value=self.value) if command and self.value else None


#: The hopes that are told most often. They hold on no system.
NOT_CLOSE_WAIT = "end CLOSE_WAIT: no setting of any system does; only the program that holds the socket can"
NOT_A_LEAK = "cure a leak of CLOSE_WAIT: it only moves the wall the leak runs into"
KEEPALIVE_NOT_CLOSE_WAIT = (
    "end CLOSE_WAIT while the peer's machine still answers. Where the peer is gone the row disappears, but the program "
    "keeps the descriptor: the leak is only harder to see"
)
