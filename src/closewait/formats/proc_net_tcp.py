"""/proc/net/tcp and /proc/net/tcp6, saved or live: the kernel's own table in hexadecimal.

    sl: local:port remote:port st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode refs pointer rto … cwnd …

What the columns hold is in the kernel's net/ipv4/tcp_ipv4.c, get_tcp4_sock() and its two siblings (IPv6 alike):

- An address is printed as numbers of 32 bits, in the byte order of the host: on a little-endian host the bytes of each
  eight digits stand backwards. IPv4 is one such number, IPv6 four. A port is a plain number.
- `rx_queue` of a listener counts connections that wait to be accepted; the limit is not told.
- `tm->when` is in ticks of 1/100 s (USER_HZ). The column headed `timeout` holds the unanswered probes.
- A minisocket has no owner: TIME_WAIT and the orphan's FIN_WAIT_2 (timer 3, user always 0), and the half-open request
  (state 03, its listener's user). Their rows end after the pointer.

/proc/net/udp and raw have the same columns, and other meanings: state 07 there is no closed connection. Their rows are
passed over.
"""

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence

from closewait.errors import BadInput
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import ENDPOINT, NUMBER, REST, Layout, Part, Rows, read_rows
from closewait.formats.sock_diag.address_text import ipv4_text, ipv6_text
from closewait.formats.words import Numbers, masked, numbers_in, only, rows_with
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import from_linux_hex

USER_HZ = 100  # ticks a second, on every architecture but Alpha and old Itanium (include/asm-generic/param.h)

ADDRESS = r"(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})"
HEX_DIGITS = {8: "tcp", 32: "tcp6"}  # of an address
EIGHT = r"[0-9A-Fa-f]{8}"

ROWS = Layout(
    "[sl] local remote state queues timer retransmits uid probes inode [behind]",
    {
        "sl": Part(r"[0-9]+:"),
        "local": Part(ENDPOINT),
        "remote": Part(ENDPOINT),
        "state": Part(r"[0-9A-Fa-f]{2}", from_linux_hex),
        "queues": Part(f"{EIGHT}:{EIGHT}"),
        "timer": Part(r"[0-9A-Fa-f]{2}:[0-9A-Fa-f]{8,16}"),
        "retransmits": Part(EIGHT),
        "uid": Part(NUMBER),
        "probes": Part(NUMBER),
        "inode": Part(NUMBER),
        "behind": Part(REST),
    },
    begins=rf"[0-9]+:|{ADDRESS}:[0-9A-Fa-f]{{4}}",
)

HEADING = re.compile(r" *(?:sl +)?local_address +rem(?:ote)?_address +st\b")
WITH_DROPS = re.compile(r"\bdrops\b")  # only udp and raw have this column
NAMED = re.compile(r"\bnet/(tcp|udp|raw|icmp|unix|dccp)(?:lite)?6?\b", re.IGNORECASE)
CUT_ON_THE_LEFT = re.compile(r" *(?:\S+ +)?[0-9]+ +[0-9]+ +(?:[0-9a-f]{8}|[0-9a-f]{16})(?: +-?[0-9]+){5}")
UDP_WORDS_BEHIND = re.compile(r"[0-9]+ +[0-9a-f]+ +[0-9]+")  # references, pointer, drops

TIMERS = ("off", "retransmit", "keepalive", "time_wait", "zero_window_probe")
RETRANSMIT, TIME_WAIT = "01", "03"  # as the column `tr` tells them


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are headings or rows of this table."""
    return sum(HEADING.match(line) is not None or ROWS.places(line) is not None for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The one look of the table or tables in `paste`; those that are not of TCP are passed over."""
    rows = read_rows(paste, ROWS)
    others = paste.words.lines_but(rows.lines, rows.missed)
    is_tcp = [True]
    boundaries = [-1]
    ...
