"""The columns that macOS's `netstat` prints behind the state, with -b and -v.

They changed from release to release (network_cmds, netstat.tproj/inet.c; what `netstat -anv` prints on macOS 26):

    [rxbytes  txbytes]  [rhiwat  shiwat]  [pid  epid | process:pid]  [state  options  gencnt  flags  ...]

- The process is the one that used the socket last, perhaps not the only one that holds it; its name is cut to sixteen
  characters and may hold blanks, parentheses and colons.
- The columns from `state` on are hexadecimal with leading zeros, so a row tells without its heading where the decimal
  ones end. A pid of 0 is the kernel, or nobody.
"""

import re
from typing import NamedTuple

from closewait.formats.format import ColumnValues
from closewait.snapshot.coded import Coded

DECIMALS = re.compile(r"(?:(?:0|[1-9][0-9]{0,17})(?= |$) *)*")
OWNER = re.compile(r"(?P<process>\S.{0,40}?) ?:(?P<pid>[0-9]{1,10})(?= |$)")
BYTES_ALONE = re.compile(r".*\(state\) +rxbytes +txbytes *$")  # the heading of -b without -v


class Use(NamedTuple):
    """Who used a socket last, and how many bytes went through it; None is "not told"."""

    pid: int | None = None
    process: str | None = None
    bytes_received: int | None = None
    bytes_sent: int | None = None


def read(more: Coded, *, bytes_alone: bool) -> dict[str, ColumnValues]:
    """What the text behind each row's state tells; a column that no row tells is left out."""
    uses = [use(text, bytes_alone=bytes_alone) if text else Use() for text in more.values]
    columns = zip(Use._fields, zip(*uses, strict=True), strict=True) if uses else ()
    return {name: more.spread(values) for name, values in columns if any(value is not None for value in values)}


def use(more: str, *, bytes_alone: bool = False) -> Use:
    """What the text behind one row's state tells; two numbers alone tell bytes only where the heading says so.

    >>> use("0 0 131072 131072 Code Helper (Plu:21891 00100 00000106")
    Use(pid=21891, process='Code Helper (Plu', bytes_received=0, bytes_sent=0)
    """
    decimals = DECIMALS.match(more)
    numbers = [int(word) for word in decimals[0].split()] if decimals else []
    numbers = numbers[: len(numbers) // 2 * 2]  # a last one alone is a `state` without a leading zero
    owner = OWNER.match(more, decimals.end() if decimals else 0)
    if owner and numbers:
        received, sent = numbers[:2] if len(numbers) > 2 else (None, None)
        return Use(int(owner["pid"]), owner["process"], received, sent)
    if len(numbers) < 4:
        return Use(None, None, *numbers) if bytes_alone else Use()
    received, sent = numbers[:2] if len(numbers) > 4 else (None, None)
    return Use(numbers[-2] or None, None, received, sent)
