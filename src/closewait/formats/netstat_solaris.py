"""`netstat` of Solaris and illumos (SmartOS, OmniOS) as text: -a, -n, -u, -v, -f and -P in any mixture.

A row, and with -v its two lines (illumos cmd-inet/usr.bin/netstat/netstat.c, tcp_report_item_v4() and _v6()):

    address.port  address.port  [User Pid Command]  Swind Send-Q Rwind Recv-Q  STATE  [interface]

    address.port
    address.port  Swind Snext Suna Rwind Rnext Rack Rto Mss  STATE  [interface]  [User Pid arguments]

- There is no protocol column: a title stands above each section, `TCP: IPv4`, `TCP: IPv6`, `UDP: IPv4`. Rows of udp and
  sctp have other columns and are passed over.
- The last dot stands before the port. Columns that overrun push the others to the right.
- Send-Q is what the peer has not acknowledged. Recv-Q is what this end has not acknowledged, not what the program has
  not read: that shows, if at all, as a receive window (Rwind) that has shrunk.
- -u repeats the row for each process that holds the socket, and leaves the three columns blank when none does.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence

from closewait.formats.arrays import only, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.ownerless import HELD
from closewait.formats.paste import Paste
from closewait.formats.rows import DOTTED_ENDPOINT, NUMBER, REST, Layout, Part, Rows, read_rows
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

SEQUENCE_NUMBER = r"[0-9a-f]{8}"
PARTS = {
    "local": Part(DOTTED_ENDPOINT),
    "remote": Part(DOTTED_ENDPOINT),
    "user": Part(r"\S+"),
    "pid": Part(NUMBER),
    "command": Part(r"\S(?:.*?\S)?"),
    "swind": Part(NUMBER),
    "sendq": Part(NUMBER),
    "rwind": Part(NUMBER),
    "recvq": Part(NUMBER),
    "snext": Part(SEQUENCE_NUMBER),
    "suna": Part(SEQUENCE_NUMBER),
    "rnext": Part(SEQUENCE_NUMBER),
    "rack": Part(SEQUENCE_NUMBER),
    "rto": Part(NUMBER),
    "mss": Part(NUMBER),
    "state": Part(r"[A-Z][A-Z_0-9]*", canonical),
    "interface": Part(r"[a-z]\w*[0-9](?::[0-9]+)?"),
    "arguments": Part(REST),
}
ROW = Layout(
    "local remote [user pid command] swind sendq rwind recvq state [interface]",
    PARTS,
    begins=DOTTED_ENDPOINT,
    behind=r"(?:<-.*|(?<=  ).*)?",  # remarks that somebody wrote beside the row
)
SECOND_LINE = Layout(
    "remote swind snext suna rwind rnext rack rto mss state [interface] [user pid arguments]",
    PARTS,
    begins=DOTTED_ENDPOINT,
)

TITLE = r" *(?:TCP|UDP|SCTP): *(?:IPv[46])? *$"
HEADING = re.compile(r".*\bSwind +S(?:end-Q|next)\b")
BEGINS_LIKE_A_ROW = re.compile(rf" *{DOTTED_ENDPOINT} +{DOTTED_ENDPOINT} +[0-9]+(?: |$)")

RECEIVE_QUEUE_CAVEAT = (
    "Recv-Q of Solaris and illumos counts what was not acknowledged yet, not what the program has not read: 0 does not "
    "say that the program reads."
)


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of netstat on Solaris."""
    return sum(bool(ROW.places(line) or SECOND_LINE.places(line) or HEADING.match(line)) for line in lines)


def continues(dump: Paste, section: Paste) -> bool:
    """Whether `section` tells the IPv6 sockets of the run that told those of IPv4 in `dump`."""
    first_line = next((line for line in section if line and not line.isspace()), "")
    return tcp_titles(dump) == ["TCP: IPv4"] and first_line.strip() == "TCP: IPv6"


def tcp_titles(paste: Paste) -> list[str]:
    """The titles of the sections that are TCP's."""
    return [paste[line].strip() for line in paste.words.lines_beginning("TCP:".__eq__).tolist()]


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of netstat."""
    rows = read_rows(paste, ROW)
    if not len(rows):
        rows = rows_of_two_lines(paste)
    state = rows.coded("state").mapped(lambda word: word and canonical(word))
    columns = socket_columns(rows, state)
    return [
        Reading(
            format=FORMAT.name,
            columns={"protocol": protocols(rows, paste), "state": state, **columns},
            lines_not_understood=tuple(not_understood(paste, rows)),
            owners_told=every_holder_told(rows, state) if "pid" in columns else None,
            caveats=(RECEIVE_QUEUE_CAVEAT,) if "recv_queue_bytes" in columns and len(rows) else (),
        )
    ]


def rows_of_two_lines(paste: Paste) -> Rows:
    """The rows of -v: each second line, with the end that stands alone on the line above it."""
    rows = read_rows(paste, SECOND_LINE)
    rows = rows.chosen(rows.lines > 0)
    rows = rows.chosen(paste.words.counts[rows.lines - 1] == 1)
    local = paste.words.run(rows.lines - 1, 0, 0)
    return Rows(rows.lines, {**rows.columns, "local": local}, rows.missed).chosen(local.are_dotted_endpoints())


def socket_columns(rows: Rows, state: Coded) -> dict[str, ColumnValues]:
    """What the rows tell besides protocol and state, as columns of the one table."""
    columns = rows.endpoint("local", "local", b".") | rows.endpoint("remote", "remote", b".")
    if rows.any_told("interface"):
        columns["interface"] = rows.coded("interface")
    if "recvq" in rows.columns:
        listening = rows_with(state, lambda name: name == "LISTEN")
        columns["recv_queue_bytes"] = only(rows.numbers("recvq"), ~listening)
        columns["send_queue_bytes"] = only(rows.numbers("sendq"), ~listening)
    else:
        columns["send_mss_bytes"] = rows.numbers("mss")
    if rows.any_told("pid"):
        columns |= {"user": rows.coded("user"), "pid": rows.numbers("pid"), "process": processes(rows)}
    return columns


def protocols(rows: Rows, paste: Paste) -> list[str]:
    """What the title above each row says."""
    lines = paste.words.lines_beginning("TCP:".__eq__).tolist()
    names = ["tcp", *("tcp6" if "IPv6" in paste[line] else "tcp" for line in lines)]
    return [names[bisect(lines, row)] for row in rows.lines.tolist()]


def processes(rows: Rows) -> Coded:
    """The command; of -v's arguments, the name of the program."""
    if "command" in rows.columns:
        return rows.coded("command")
    return rows.coded("arguments").mapped(lambda text: text and text.split()[0].rpartition("/")[2])


def every_holder_told(rows: Rows, state: Coded) -> bool:
    """Whether every socket that a process should hold shows one."""
    return not bool((rows_with(state, HELD.__contains__) & rows.columns["pid"].are_missing()).any())


def not_understood(paste: Paste, rows: Rows) -> Iterator[LineNotUnderstood]:
    """Rows that are cut, or changed by somebody beyond reading."""
    for line in rows.missed.tolist():
        if BEGINS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(
                line, "It begins like a row of netstat, but not all of a row's columns are there."
            )


FORMAT = TextFormat(
    name="netstat_solaris",
    told_by="netstat of Solaris and illumos, as text",
    opens=rf"{TITLE}|{HEADING.pattern}",
    recognises=recognises,
    read=read,
    continues=continues,
)
