"""/proc/net/sockstat: how many sockets the kernel has, and one state of TCP (kind `counts`).

    TCP: inuse 125217 orphan 65738 tw 103758 alloc 121429 mem 22016

What the numbers are is in the kernel's net/ipv4/proc.c, sockstat_seq_show(); measured on Linux 6.18:

- `inuse` are the sockets in a table (not those in TIME_WAIT), `alloc` all that exist but TIME_WAIT.
- `orphan` are sockets whose program has closed them; the limit is net.ipv4.tcp_max_orphans.
- `tw` are those in TIME_WAIT, and the orphans in FIN_WAIT_2, which are kept in the same small form.
- `mem` is in pages; the limits are net.ipv4.tcp_mem.
- `inuse` and `tw` are of one network namespace, the others of the whole host.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste

BEGINNING = r" *sockets: used [0-9]+ *$"
TCP = re.compile(r" *TCP: inuse [0-9]+ orphan [0-9]+ tw [0-9]+ alloc [0-9]+ mem [0-9]+ *$")
OTHER_LINES = re.compile(rf"{BEGINNING}| *(?:TCP6|(?:UDP|UDPLITE|RAW|FRAG)6?): inuse [0-9]+")
NUMBER = re.compile(r"(?P<name>[a-z]+) (?P<count>[0-9]{1,12})\b")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are of that file; none where its one line about TCP is missing."""
    of_tcp = sum(TCP.match(line) is not None for line in lines)
    return of_tcp and of_tcp + sum(OTHER_LINES.match(line) is not None for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """Each line about TCP as one look."""
    return [reading_of(line) for line in paste if TCP.match(line)]


def reading_of(line: str) -> Reading:
    """What the line about TCP tells."""
    told = {found["name"]: int(found["count"]) for found in NUMBER.finditer(line)}
    return Reading(
        format=FORMAT.name,
        kind="counts",
        states={"TIME_WAIT": told["tw"]} if "tw" in told else {},
        caveats=tuple(caveats(told)),
    )


def caveats(told: Mapping[str, int]) -> Iterator[str]:
    """What the line counts besides TIME_WAIT."""
    if told.keys() >= {"inuse", "alloc", "orphan", "mem"}:
        yield (
            f"/proc/net/sockstat counts {told['inuse']:,} TCP sockets in use besides TIME_WAIT; on the whole host "
            f"{told['alloc']:,} exist, {told['orphan']:,} are orphans (closed by their program), and they hold "
            f"{told['mem']:,} pages of memory."
        )
    yield "It tells no other state, and counts under TIME_WAIT also the orphans in FIN_WAIT_2."


FORMAT = TextFormat(
    name="proc_net_sockstat",
    told_by="/proc/net/sockstat",
    opens=BEGINNING,
    recognises=recognises,
    read=read,
)
