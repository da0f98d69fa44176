"""`netstat` of the BSD family as text: macOS, FreeBSD, OpenBSD, NetBSD; Junos, HP-UX and AIX print the same.

A row, and a row of -L (netstat inet.c of each, protopr(); `show system connections` on Junos):

    [PCB  [flow hash]]  tcp4  Recv-Q  Send-Q  address.port  address.port  STATE  [more columns]
    [PCB  [flow hash]]  [tcp4]  waiting/incomplete/limit  address.port

- The last dot stands before the port. Addresses and names are cut to fit their column, the port never.
- The queues count bytes, also those of a listener, which has none; HP-UX always prints 0. Only -L tells how many
  connections wait for accept().
- FreeBSD's -T tells three counters in place of the queues: segments sent again, received out of order, and windows of
  zero sent. With -T, -x or -R it tells no state; a `*` behind a state is a SYN or FIN still to be sent.
- macOS's -v tells by numbers or as `name:pid` which process used the socket last (see `macos_columns`).
- NetBSD's -An abbreviates the states.
- OpenBSD and NetBSD print the sockets of IPv6 as a section of their own, with another title and heading.

Rows of udp and other sockets in the same output are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from closewait.formats import macos_columns
from closewait.formats.arrays import masked, only, replaced, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import DOTTED_ENDPOINT, NUMBER, REST, Layout, Part, Rows, read_rows
from closewait.formats.words import Spans
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

ADDRESS_IN_KERNEL = r"(?:0x)?[0-9A-Fa-f]{1,16}"
PROTOCOL = r"(?i:tcp|toe)(?:4|6|46)?"  # FreeBSD's `toe`: the network card runs the connection
SIZES = r"[0-9]{1,9}/[0-9]{1,9}/[0-9]{1,9}"
LISTENING_END = r"(?:\*|localhost|[0-9]+(?:\.[0-9]+){3}|(?=\S*:)\S*)\.[^\s.:]+"  # and no `22/11/2026 10.30`

#: The words of NetBSD's -An (inet.c, shorttcpstates), which are states beside a PCB only: elsewhere ESTABL is cut off.
SHORT_WORDS = {
    "SYNSEN": "SYN_SENT", "SYSRCV": "SYN_RECEIVED", "ESTABL": "ESTABLISHED", "CLWAIT": "CLOSE_WAIT",
    "FWAIT1": "FIN_WAIT_1", "CLOSNG": "CLOSING", "LASTAK": "LAST_ACK", "FWAIT2": "FIN_WAIT_2", "TMWAIT": "TIME_WAIT",
}  # fmt: skip


def known_state(word: str) -> str | None:
    """The state that a word of netstat spells."""
    return SHORT_WORDS.get(word) or canonical(word.rstrip("*"))


PARTS = {
    "pcb": Part(ADDRESS_IN_KERNEL),
    "flow": Part(ADDRESS_IN_KERNEL),
    "protocol": Part(PROTOCOL),
    "first": Part(NUMBER),
    "second": Part(NUMBER),
    "third": Part(NUMBER),
    "local": Part(DOTTED_ENDPOINT),
    "remote": Part(DOTTED_ENDPOINT),
    "state": Part(r"[A-Z][A-Z_0-9]*\*?", known_state),
    "more": Part(REST),
}
ROW = Layout(
    "[pcb [flow]] protocol first second [third] local remote [state] [more]",
    PARTS,
    begins=f"{PROTOCOL}|{ADDRESS_IN_KERNEL}",
)
QUEUE_ROW = Layout(
    "[pcb [flow]] [protocol] sizes local",
    PARTS | {"sizes": Part(SIZES), "local": Part(LISTENING_END)},
    begins=f"{PROTOCOL}|{ADDRESS_IN_KERNEL}|{SIZES}",
)

#: What stands behind the ends where the options make FreeBSD omit the state: -x (buffers, then timers), -R (flow).
IN_PLACE_OF_STATE = re.compile(r"(?:[0-9]+ +){11}[0-9]+(?: +[0-9.]+)*|[0-9a-f]{8} +[0-9]+")

NOBODY = "*.*"  # an end without address and port

TITLE = r" *(?:Active (?:Multipath )?Internet6? connections|Current listen queue sizes)"
HEADING = re.compile(
    r" *(?:(?:PCB|Socket|Tcpcb) .*)?(?:Proto +(?:Recv-Q|Rexmit) .*(?:state\)|TCP-State|R-MBUF|0-win)|"
    r"(?:Proto +)?Listen +Local Address)"
)
JUNOS_COMMAND = r"\S*[>#%] *(?:run +)?show +system +conn"
OF_ANOTHER_SECTION = re.compile(
    rf" *$|{TITLE}|.*\bProto +Recv-Q\b|(?:.* )?(?:udp|raw|ip|icm|div|igm)\S* +[0-9]+ +[0-9]+ "
)

#: What shows that a line was meant to be a row, or is the end of one.
BEGINS_LIKE_A_ROW = re.compile(rf" *(?:{ADDRESS_IN_KERNEL} +){{0,2}}{PROTOCOL}(?: +[0-9]+\b(?! *:)|$)")
ENDS_LIKE_A_ROW = re.compile(r" *\S*\.(?:[0-9]+|\*) +\S+\.(?:[0-9]+|\*) +[A-Z][A-Z_0-9]{3,} *$")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of netstat on a BSD."""
    return sum(bool(protocol_of(line) or QUEUE_ROW.places(line) or HEADING.match(line)) for line in lines)


def protocol_of(line: str) -> str | None:
    """The protocol that a row tells; None when the line is no row."""
    told = {name: line[slice(*place)] for name, place in (ROW.places(line) or {}).items()}
    if "state" in told:
        whole = "pcb" in told or told["state"] not in SHORT_WORDS
    else:
        whole = "third" in told or IN_PLACE_OF_STATE.fullmatch(told.get("more", "")) is not None
    return told["protocol"] if whole else None


def continues(dump: Paste, section: Paste) -> bool:
    """Whether `section` tells the IPv6 sockets of the run that told the others in `dump`."""
    rows = dropwhile(OF_ANOTHER_SECTION.match, section)
    return protocol_of(next(rows, "")) == "tcp6" and all(protocol_of(line) in (None, "tcp") for line in dump)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of netstat."""
    rows = socket_rows(paste)
    if not len(rows) and len(queues := read_rows(paste, QUEUE_ROW)):
        return [Reading(format=FORMAT.name, columns=queue_columns(queues))]
    columns = socket_columns(rows) | used_by(rows, paste)
    return [
        Reading(
            format=FORMAT.name,
            columns=columns,
            lines_not_understood=tuple(not_understood(paste, rows)),
            owners_told=True if "pid" in columns else None,
        )
    ]


def used_by(rows: Rows, paste: Paste) -> dict[str, ColumnValues]:
    """What macOS tells behind the state."""
    if not rows.any_told("more"):
        return {}
    behind_a_state = rows.columns["more"].where(rows.columns["state"].are_told())
    headings = paste[: int(rows.lines[0])]
    return macos_columns.read(behind_a_state.coded, bytes_alone=any(map(macos_columns.BYTES_ALONE.match, headings)))


def socket_rows(paste: Paste) -> Rows:
    """Every row of `paste` that is whole."""
    rows = read_rows(paste, ROW)
    pcb, third, state, more = (rows.columns[name] for name in ("pcb", "third", "state", "more"))
    stateless = state.are_missing()
    instead = third.are_told() | more.where(stateless).are(IN_PLACE_OF_STATE.fullmatch)
    cut = pcb.are_missing() & state.are(SHORT_WORDS.__contains__)
    return rows.only(~(cut | (stateless & ~instead)))


def socket_columns(rows: Rows) -> dict[str, ColumnValues]:
    """The rows as columns of the one table."""
    state = states(rows)
    listening = rows_with(state, lambda name: name == "LISTEN")
    first, second = rows.numbers("first"), rows.numbers("second")
    with_counters = ~masked(rows.numbers("third"))
    columns: dict[str, ColumnValues] = {
        "protocol": protocols(rows),
        **rows.endpoint("local", "local", b"."),
        **rows.endpoint("remote", "remote", b"."),
        "state": state,
        "recv_queue_bytes": only(first, ~listening & ~with_counters),
        "send_queue_bytes": only(second, ~listening & ~with_counters),
    }
    if with_counters.any():
        columns["retransmitted_segments"] = only(first, with_counters)
    return columns


def states(rows: Rows) -> Coded:
    """Each row's state; where none is told, LISTEN for a socket that has a port and no peer."""
    state = rows.coded("state").mapped(lambda word: word and known_state(word))
    untold = rows.columns["state"].are_missing()
    if not untold.any():
        return state
    alone = rows.columns["remote"].where(untold).are(NOBODY.__eq__)
    return replaced(state, alone & ~rows.columns["local"].where(alone).are(NOBODY.__eq__), "LISTEN")


def queue_columns(rows: Rows) -> dict[str, ColumnValues]:
    """The listeners and their queues, as -L tells them; what waits incomplete is of no column."""
    sizes = rows.columns["sizes"]
    waiting, limit = before_slash(sizes), sizes.parted(b"/")[1]
    return {
        "protocol": protocols(rows),
        **rows.endpoint("local", "local", b"."),
        "state": ["LISTEN"] * len(rows),
        "accept_queue_conns": waiting.numbers,
        "accept_queue_limit": limit.numbers,
    }


def before_slash(sizes: Spans) -> Spans:
    """What stands before the first of two slashes."""
    return sizes.parted(b"/")[0].parted(b"/")[0]


def protocols(rows: Rows) -> Coded:
    """`tcp6` for sockets of IPv6, also those that accept IPv4 (`tcp46`); `tcp` for all others."""
    return rows.coded("protocol").mapped(lambda word: "tcp6" if (word or "").endswith("6") else "tcp")


def not_understood(paste: Paste, rows: Rows) -> Iterator[LineNotUnderstood]:
    """Rows that are cut at one end, or changed by somebody beyond reading."""
    for line in rows.missed.tolist():
        if BEGINS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(
                line, "It begins like a row of netstat, but not all of a row's columns are there."
            )
    for line in paste.words.lines_beginning(lambda word: word[-1:].isdigit() and "." in word).tolist():
        if ENDS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(line, "It ends like a row of netstat; its beginning is cut off.")


FORMAT = TextFormat(
    name="netstat_bsd",
    told_by="netstat of macOS, FreeBSD, OpenBSD, NetBSD, HP-UX and AIX, and Junos `show system connections`, as text",
    opens=rf"{TITLE}|{HEADING.pattern}|{JUNOS_COMMAND}",
    recognises=recognises,
    read=read,
    continues=continues,
)
