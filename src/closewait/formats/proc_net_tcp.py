"""/proc/net/tcp and /proc/net/tcp6, saved or live: the kernel's own table in hexadecimal.

    sl: local:port remote:port st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode refs pointer rto … cwnd …

What the columns hold is in the kernel's net/ipv4/tcp_ipv4.c, get_tcp4_sock() and its two siblings (IPv6 alike):

- An address is printed as numbers of 32 bits in the byte order of the host: on a little-endian host the bytes of each
  eight digits stand backwards. IPv4 is one such number, IPv6 four. A port is a plain number.
- `rx_queue` of a listener counts connections that wait to be accepted; the limit is not told.
- `tm->when` is in ticks of 1/100 s (USER_HZ). The column headed `timeout` holds the unanswered probes.
- A minisocket has no owner: TIME_WAIT and the orphan's FIN_WAIT_2 (timer 3, user always 0), and the half-open request
  (state 03, its listener's user). Their rows end after the pointer.

/proc/net/udp and raw have the same columns, and other meanings: state 07 there is no closed connection. Their rows are
passed over.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from closewait.formats.arrays import Mask, numbers_in, only, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import NUMBER, REST, Layout, Part, Rows, read_rows
from closewait.formats.sock_diag.address_text import ipv4_text, ipv6_text
from closewait.formats.words import Spans
from closewait.snapshot.coded import Coded
from closewait.tcp.spellings import from_linux_hex

USER_HZ = 100  # ticks a second, on every architecture but Alpha and Itanium (include/uapi/asm-generic/param.h)

EIGHT = r"[0-9A-Fa-f]{8}"
ENDPOINT = rf"{EIGHT}(?:(?:{EIGHT}){{3}})?:[0-9A-Fa-f]{{4}}"
HEXADECIMAL = re.compile(r"[0-9A-Fa-f]*")


def are_endpoints(column: Spans) -> Mask:
    """Which rows have an address and a port there."""
    address, port = column.halves
    whole: Mask = ((address.lengths == 8) | (address.lengths == 32)) & (port.lengths == 4)
    return whole & are_hexadecimal(address) & are_hexadecimal(port)


def are_hexadecimal(column: Spans) -> Mask:
    """Which rows have nothing but such digits there; where all have, one look at all of them is enough."""
    if HEXADECIMAL.fullmatch("".join(text for text in column.coded.values if text)):
        return column.are_told()
    return column.are(HEXADECIMAL.fullmatch)


def are_serials(column: Spans) -> Mask:
    """Which rows have a number and a colon there."""
    number, behind = column.halves
    mask: Mask = number.are_numbers() & (behind.lengths == 0)
    return mask


ROWS = Layout(
    "[sl] local remote state queues timer retransmits uid probes inode [behind]",
    {
        "sl": Part(r"[0-9]+:", in_bulk=are_serials),
        "local": Part(ENDPOINT, in_bulk=are_endpoints),
        "remote": Part(ENDPOINT, in_bulk=are_endpoints),
        "state": Part(r"[0-9A-Fa-f]{2}", from_linux_hex),
        "queues": Part(f"{EIGHT}:{EIGHT}"),
        "timer": Part(r"[0-9A-Fa-f]{2}:[0-9A-Fa-f]{8,16}"),
        "retransmits": Part(EIGHT),
        "uid": Part(NUMBER),
        "probes": Part(NUMBER),
        "inode": Part(NUMBER),
        "behind": Part(REST),
    },
    begins=f"[0-9]+:|{ENDPOINT}",
)

HEADING = re.compile(r" *(?:sl +)?local_address +rem(?:ote)?_address +st\b")
OF_TCP = re.compile(r"\bnet/tcp", re.IGNORECASE)
OF_OTHERS = re.compile(r"\bnet/(?:udp|raw|icmp|dccp)|\bref +pointer +drops\b", re.IGNORECASE)  # a file, a heading
CUT_ON_THE_LEFT = re.compile(r" *(?:\S+ +)?[0-9]+ +[0-9]+ +(?:[0-9a-f]{8}|[0-9a-f]{16})(?: +-?[0-9]+){5} *$")

WORDS_BEFORE = 9  # from the local address to the inode
#: Behind the inode of UDP stand its references and pointer, and in newer kernels its drops: with these states no row
#: of TCP has so many words there (none, two or seven).
UDP_BY_WORDS_BEHIND = {2: ("07",), 3: ("01", "07")}

PROTOCOLS = {8: "tcp", 32: "tcp6"}  # by the digits of an address
TIMERS = ("off", "retransmit", "keepalive", "time_wait", "zero_window_probe")
RETRANSMIT, TIME_WAIT = TIMERS.index("retransmit"), TIMERS.index("time_wait")
WITHOUT_TCP_INFO = ("LISTEN", "TIME_WAIT", "SYN_RECEIVED")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are headings or rows of such a table."""
    return sum(HEADING.match(line) is not None or ROWS.places(line) is not None for line in lines)


def continues(dump: Paste, section: Paste) -> bool:
    """Whether `section` is the tcp6 to the tcp that `dump` ends with: two files of one moment, printed in turn."""
    return (first_protocol(reversed(dump)), first_protocol(section)) == ("tcp", "tcp6")


def first_protocol(lines: Iterable[str]) -> str | None:
    """`tcp` or `tcp6`, by the first of these lines that is a row."""
    for line in lines:
        if places := ROWS.places(line):
            return PROTOCOLS[len(line[slice(*places["local"])].partition(":")[0])]
    return None


def read(paste: Paste) -> Sequence[Reading]:
    """The one look that the table or tables in `paste` make together; those that are not of TCP are passed over."""
    rows = read_rows(paste, ROWS)
    others = paste.words.lines_besides(rows.lines, rows.missed)
    if not len(rows) and not any(HEADING.match(paste[line]) for line in others):
        return ()
    cut = sorted(rows.missed.tolist() + [line for line in others if CUT_ON_THE_LEFT.match(paste[line])])
    tcp = ~are_of_udp(paste, rows)
    for first, last in tables_besides_tcp(paste, others):
        tcp[slice(*rows.lines.searchsorted((first, last + 1)))] = False
        del cut[bisect_left(cut, first) : bisect_right(cut, last)]
    return (
        Reading(
            format=FORMAT.name,
            columns=columns_of(rows.chosen(tcp)),
            lines_not_understood=tuple(paste.not_understood(line, "the row is cut") for line in cut),
        ),
    )


def are_of_udp(paste: Paste, rows: Rows) -> Mask:
    """Which rows stand in no table of TCP's, to judge by the rows alone."""
    behind = paste.words.counts[rows.lines] - rows.columns["sl"].are_told() - WORDS_BEFORE
    mask: Mask = behind < 0
    for words, states in UDP_BY_WORDS_BEHIND.items():
        mask |= (behind == words) & rows.columns["state"].are(states.__contains__)
    return mask


def tables_besides_tcp(paste: Paste, others: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last line of each table that a heading, or the name of its file above it, says is not TCP's."""
    begin = None
    named = False  # whether the file was named since the last heading
    for line in others:
        text = paste[line]
        if OF_OTHERS.search(text):
            begin, named = line if begin is None else begin, not HEADING.match(text)
        elif OF_TCP.search(text) or (HEADING.match(text) and not named):
            if begin is not None:
                yield begin, line - 1
            begin, named = None, False
        elif HEADING.match(text):
            named = False
    if begin is not None:
        yield begin, len(paste)


def columns_of(rows: Rows) -> dict[str, ColumnValues]:
    """The columns of the one table."""
    state = rows.coded("state").mapped(lambda text: text and from_linux_hex(text))
    listening = rows_with(state, lambda name: name == "LISTEN")
    queues, timer = rows.coded("queues"), rows.coded("timer")
    sent, received = (numbers_in(queues, hexadecimal(part)) for part in (slice(0, 8), slice(9, 17)))
    running = numbers_in(timer, hexadecimal(slice(0, 2)))
    ticks = numbers_in(timer, hexadecimal(slice(3, None)))
    retransmits, probes = numbers_in(rows.coded("retransmits"), hexadecimal(slice(None))), rows.numbers("probes")
    connected = ~rows_with(state, WITHOUT_TCP_INFO.__contains__) & (running != TIME_WAIT)
    return {
        **ends_of(rows),
        "state": state,
        "recv_queue_bytes": only(received, ~listening),
        "send_queue_bytes": only(sent, ~listening),
        "accept_queue_conns": only(received, listening),
        "uid": only(rows.numbers("uid"), running != TIME_WAIT),
        "inode": rows.numbers("inode"),
        "timer": timer.mapped(timer_name),
        "timer_left_s": only(ticks, running > 0) / USER_HZ,
        "timer_retransmits": retransmits * (running == RETRANSMIT) + probes * (running != RETRANSMIT) * (running > 0),
        "unanswered_retransmits": only(retransmits, connected),
        "unanswered_probes": only(probes, connected),
    }


def ends_of(rows: Rows) -> dict[str, ColumnValues]:
    """The columns of both ends, and which of the two tables each row is from."""
    local, local_port = (half.coded for half in rows.columns["local"].halves)
    remote, remote_port = (half.coded for half in rows.columns["remote"].halves)
    forwards = are_written_forwards({*local.values, *remote.values})
    return {
        "protocol": local.mapped(lambda digits: digits and PROTOCOLS[len(digits)]),
        "local_address": addresses(local, forwards),
        "local_port": numbers_in(local_port, port),
        "remote_address": addresses(remote, forwards),
        "remote_port": numbers_in(remote_port, port),
    }


def are_written_forwards(addresses: Collection[str | None]) -> bool:
    """Whether the host is big-endian: then loopback addresses begin with their 127, elsewhere they end with it."""
    told = [digits.upper() for digits in addresses if digits]
    return any(digits.startswith("7F0000") for digits in told) and not any(digits.endswith("7F") for digits in told)


def addresses(column: Coded, forwards: bool) -> Coded:
    """The column of addresses in words of hexadecimal digits: `0100007F` is 127.0.0.1, unless written `forwards`."""
    texts: dict[str | None, str] = {}
    for size, text_of in ((4, ipv4_text), (16, ipv6_text)):
        alike = [digits for digits in column.values if digits and len(digits) == 2 * size]
        words = array("I", bytes.fromhex("".join(alike)))
        if not forwards:
            words.byteswap()
        octets = words.tobytes()
        texts |= zip(alike, text_of(octets[at : at + size] for at in range(0, len(octets), size)), strict=True)
    return column.mapped(texts.get)


def port(digits: str | None) -> int | None:
    """A port in four hexadecimal digits; 0 is none."""
    return int(digits, 16) or None if digits else None


def hexadecimal(part: slice) -> Callable[[str | None], int | None]:
    """Reads the hexadecimal number in `part` of a text."""
    return lambda text: int(text[part], 16) if text else None


def timer_name(text: str | None) -> str | None:
    """The timer that runs, of `tr:tm->when`; None for a number that no kernel has."""
    number = int(text[:2], 16) if text else len(TIMERS)
    return TIMERS[number] if number < len(TIMERS) else None


FORMAT = TextFormat(
    name="proc_net_tcp",
    told_by="/proc/net/tcp, /proc/net/tcp6",
    opens=r" *(?:sl +)?local_address +rem_address +st\b(?!.*\bdrops\b)",  # tcp6 belongs to the tcp before it
    recognises=recognises,
    read=read,
    continues=continues,
)
