"""`ss -s` of iproute2, old and new: how many TCP sockets there are, and a few of their states (kind `counts`).

    Total: 593 (kernel 1093)
    TCP:   33 (estab 4, closed 1, orphaned 0, synrecv 0, timewait 0/0), ports 0

What the numbers are is in iproute2's misc/ss.c, print_summary(), which reads /proc/net/sockstat and `CurrEstab` of
/proc/net/snmp; what the kernel puts there was measured on Linux 6.18:

- `estab` has the connections in CLOSE_WAIT in it; older kernels counted ESTABLISHED alone.
- `timewait` has in it the orphans in FIN_WAIT_2, which are kept in the same small form.
- `closed` is what exists and stands in no table (made, bound, or closed and still held), and `timewait` with it.
- `orphaned` are sockets of any state whose program has closed them. These and `closed` are of the whole host; the
  others are of one network namespace.
- LISTEN, SYN_SENT, LAST_ACK, CLOSING and both FIN_WAIT have no number of their own.
- Until iproute2 4.16, `synrecv` and what stands behind the slash came from /proc/slabinfo, where kernels of that time
  had nothing by those names any more.

The table below (`Transport Total IP IPv6`) counts sockets by family and tells no states.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.tcp.spellings import canonical

BEGINNING = r" *Total: +[0-9]+(?: +\(kernel [0-9]+\))? *$"
TOTALS = re.compile(
    r" *TCP: +(?P<total>[0-9]{1,12}) +\((?P<counts>[a-z]+ [0-9][^()]{0,200})"
)  # a mail may wrap the end
COUNT = re.compile(r"(?P<name>[a-z]+) +(?P<count>[0-9]{1,12})(?:/[0-9]+)?")
OTHER_LINES = re.compile(
    rf"{BEGINNING}|Transport +Total +IP +IPv6|(?:\*|RAW|UDP|TCP|INET|FRAG) +(?:[0-9]+|-)(?: +(?:[0-9]+|-)){{2}} *$"
)
FROM_SLABINFO = "synrecv"


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are of such a summary; none where its one line about TCP is missing."""
    totals = sum(TOTALS.match(line) is not None for line in lines)
    return totals and totals + sum(OTHER_LINES.match(line) is not None for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """Each summary as one look."""
    return [reading_of(found) for line in paste if (found := TOTALS.match(line))]


def reading_of(found: re.Match[str]) -> Reading:
    """What the line about TCP tells."""
    told = {count["name"]: int(count["count"]) for count in COUNT.finditer(found["counts"])}
    return Reading(
        format=FORMAT.name,
        kind="counts",
        states={state: count for name, count in told.items() if (state := canonical(name))},
        caveats=tuple(caveats(int(found["total"]), told)),
    )


def caveats(total: int, told: Mapping[str, int]) -> Iterator[str]:
    """What the summary counts besides states, and what it cannot tell."""
    if "estab" in told and "closed" in told:
        others = max(total - told["estab"] - told["closed"], 0)
        yield (
            f"ss -s counts {total:,} TCP sockets and gives CLOSE_WAIT no number: recent kernels count it as `estab`, "
            f"older ones among the {others:,} sockets that are neither `estab` nor `closed`."
        )
        yield "`closed` is what stands in no table, on the whole host, and `timewait` counted once more."
    if "timewait" in told:
        yield "`timewait` has in it the connections in FIN_WAIT_2 that their program has closed."
    if told.get("orphaned"):
        yield f"{told['orphaned']:,} sockets of this host are orphans: their program has closed them."
    if told.get(FROM_SLABINFO) == 0:
        yield "This version of ss tells 0 for synrecv whatever there is."


FORMAT = TextFormat(
    name="ss_summary",
    told_by="ss -s",
    opens=BEGINNING,
    recognises=recognises,
    read=read,
)
