"""`netstat` of Linux as text: net-tools and busybox, with or without -p, -e, -o, -W and -n, in any language.

A row (net-tools netstat.c, tcp_do_one and finish_this_one; busybox networking/netstat.c):

    tcp  Recv-Q Send-Q  local:port  remote:port  STATE  [User Inode]  [PID/Program]  [timer (left/retransmits/probes)]

- The state and the timer's word may be translated; times have the locale's decimal mark.
- A program's name is cut to 20 characters together with its pid, and may hold blanks, slashes, colons and brackets.
- Of a listener, Recv-Q counts the connections that wait, and Send-Q is 0: /proc/net/tcp does not tell the limit. Some
  readers of netlink print the limit there.
- A `-` for the owner is no process (TIME_WAIT, or not accepted yet), or one that this user may not see. netstat says
  the latter once, in a remark before the table, on standard error: saved output has lost it.
- Old net-tools and busybox print IPv6 sockets as `tcp`; newer ones print a v4-mapped one as `tcp6` with a v4 address.

Rows of udp, raw and unix sockets in the same output are not TCP and are passed over.
"""

import re
from collections.abc import Iterator, Sequence

from closewait.formats import ownerless
from closewait.formats.arrays import numbers_in, only, replaced, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import ENDPOINT, NUMBER, Layout, Part, Rows, read_rows
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

ROW = Layout(
    "protocol [recv send] local remote state [user inode] [owner] [timer]",
    {
        "protocol": Part(r"tcp6?"),
        "recv": Part(NUMBER),
        "send": Part(NUMBER),
        "local": Part(ENDPOINT),
        "remote": Part(ENDPOINT),
        "state": Part(r"[^\s\d:(-][^\s:(]*(?: ACK)?", canonical),  # LAST_ACK is two words in Czech
        "user": Part(r"[^\s/()-][^\s/()]*"),
        "inode": Part(NUMBER),
        "owner": Part(r"-|[0-9]{1,10}/\S*+(?: (?!\(+[0-9.,]+/|<-)\S++)*?"),
        "timer": Part(r"\S+ \(+[0-9.,]+(?:/[0-9]+){1,2}\)"),
    },
    begins=r"tcp6?",
    behind=r"(?:<-.*|(?<=  ).*)?",  # remarks that somebody wrote beside the row
)

TITLE = r" *[^\W\d][\w ]{0,24}?(?:[Ii]nternet|インターネット|интернет)[\w ]{0,20}\(.+"
HEADING = re.compile(r" *Proto +(?!RefCnt)(?!.*\(state\))")  # not that of unix sockets, not that of a BSD

#: The remark that owners are hidden, in the languages of net-tools' message files and of real dumps; busybox's last.
OWNERS_HIDDEN = re.compile(
    r" *(?:[(（]|netstat: ).{0,60}?(?:Not all processes could be identified|nicht alle Prozesse identifiziert|"
    r"No todos los procesos pueden ser|processus ne peuvent être identifiés|Nem todos os processos|"
    r"Všechny procesy nemohly|Mõnesid protsesse|一部のプロセス|并非所有进程|並非所有|geteuid\(\)=[1-9]|"
    r"showing only processes with your user ID)"
)
TABLE_MISSING = re.compile(r"netstat: (?P<file>/proc/net/tcp6?): .+")
OTHER_SOCKETS = re.compile(r"(?:tcp|udp|udplite|raw|sctp|icmp)[46]*|unix|l2cap|rfcomm|dccp")

#: The timer's word in the languages of net-tools' message files and of real dumps. Old versions have no word for the
#: kernel's timer 4 (net/ipv4/tcp_ipv4.c, get_tcp4_sock): `unkn-4`.
TIMERS = {
    "off": ("off", "aus", "vyp", "eikäi", "desligado", "apagado", "オフ", "关闭"),
    "retransmit": ("on", "ein", "zapnut", "käib", "em", "オン", "打开"),
    "keepalive": ("keepalive", "キープアライブ", "保持连接"),
    "time_wait": ("timewait", "時間待ち"),
    "zero_window_probe": ("probe", "unkn-4", "nezn-4", "eitea-4", "desconh.-4", "不明-4"),
}
TIMER_OF_WORD = {word: timer for timer, words in TIMERS.items() for word in words}
TIMER = re.compile(r"(?P<word>\S+) \(+(?P<left>[0-9.,]+)/(?P<retransmits>[0-9]+)(?:/(?P<probes>[0-9]+))?\)")

UID = re.compile(r"[0-9]{1,10}")
MINISOCKETS = ("TIME_WAIT", "FIN_WAIT_2")  # the latter when no process holds it any more

#: What shows that a line was meant to be a row, or is the end of one.
BEGINS_LIKE_A_ROW = re.compile(r" *tcp6? *(?:$|[0-9]|.*:[0-9*])")
ENDS_A_ROW = re.compile(r"\S*:(?:[0-9]+|\*)|[A-Z][A-Z_0-9]*")
ENDS_LIKE_A_ROW = re.compile(r" *(?:\S*:[0-9*]+ +[A-Z][A-Z_0-9]{4,}|[A-Z][A-Z_0-9]* +[0-9]+/\S.*|[A-Z] +-) *$")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of netstat on Linux."""
    return sum(bool(ROW.places(line) or HEADING.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of netstat."""
    rows = read_rows(paste, ROW)
    besides = [
        paste[line] for line in paste.words.lines_beginning(lambda word: not OTHER_SOCKETS.fullmatch(word)).tolist()
    ]
    remark = any(OWNERS_HIDDEN.match(line) for line in besides)
    state, owner = rows.coded("state").mapped(lambda word: word and canonical(word)), rows.coded("owner")
    told = columns(rows, state, owner)
    asked = rows.any_told("owner")
    hidden = ownerless.hidden(told, state, rows_with(owner, pid_in)) if asked else 0
    return [
        Reading(
            format=FORMAT.name,
            columns=told,
            lines_not_understood=tuple(not_understood(paste, rows)),
            owners_told=not (hidden or remark) if asked or remark else None,
            caveats=tuple(caveats(besides, remark, hidden)),
        )
    ]


def columns(rows: Rows, state: Coded, owner: Coded) -> dict[str, ColumnValues]:
    """The rows as columns of the one table."""
    listening = rows_with(state, lambda name: name == "LISTEN")
    recv, send = rows.numbers("recv"), rows.numbers("send")
    told: dict[str, ColumnValues] = {
        "protocol": rows.coded("protocol"),
        **rows.endpoint("local", "local"),
        **rows.endpoint("remote", "remote"),
        "state": state,
        "recv_queue_bytes": only(recv, ~listening),
        "send_queue_bytes": only(send, ~listening),
        "accept_queue_conns": only(recv, listening),
        "accept_queue_limit": only(send, listening & (send.data > 0)),
        "pid": numbers_in(owner, pid_in),
        "process": owner.mapped(process_in),
    }
    if rows.any_told("user"):
        told |= user_columns(rows, state)
    return told | timer_columns(rows.coded("timer")) if rows.any_told("timer") else told


def user_columns(rows: Rows, state: Coded) -> dict[str, ColumnValues]:
    """What -e tells; minisockets have no user, and the kernel writes 0 (net/ipv4/tcp_ipv4.c, get_timewait4_sock)."""
    inode = rows.numbers("inode")
    mini = rows_with(state, MINISOCKETS.__contains__) & (inode.data == 0)
    user = replaced(rows.coded("user"), mini, None)
    return {
        "uid": numbers_in(user, lambda text: int(text) if text and UID.fullmatch(text) else None),
        "user": user.mapped(lambda text: None if text and UID.fullmatch(text) else text),
        "inode": inode,
    }


def timer_columns(timer: Coded) -> dict[str, ColumnValues]:
    """What `keepalive (12.30/0/2)` says: the timer, the seconds left, and what went unanswered so far."""
    found = [TIMER.fullmatch(text) if text else None for text in timer.values]
    names = [TIMER_OF_WORD.get(match["word"]) if match else None for match in found]
    lefts: list[float | None] = []
    counts: list[int | None] = []
    for name, match in zip(names, found, strict=True):
        running = match is not None and name is not None
        lefts.append(seconds(match["left"]) if match and running and name != "off" else None)
        counts.append(
            int(match["retransmits" if name == "retransmit" else "probes"] or 0) if match and running else None
        )
    return {
        "timer": Coded(names, timer.codes),
        "timer_left_s": timer.spread(lefts),
        "timer_retransmits": timer.spread(counts),
    }


def seconds(text: str) -> float | None:
    """A time as netstat prints it, with the locale's decimal mark; None when it is no number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def pid_in(owner: str | None) -> int | None:
    """The process in `4121/java`; None in `-`."""
    return None if owner is None or owner == "-" else int(owner.partition("/")[0])


def process_in(owner: str | None) -> str | None:
    """The program in `4121/java`; None in `-`."""
    return (owner or "").partition("/")[2] or None


def not_understood(paste: Paste, rows: Rows) -> Iterator[LineNotUnderstood]:
    """Rows that are cut at one end, or changed by somebody beyond reading."""
    for line in rows.missed.tolist():
        if BEGINS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(
                line, "It begins like a row of netstat, but not all of a row's columns are there."
            )
    for line in paste.words.lines_beginning(ENDS_A_ROW.fullmatch).tolist():
        if ENDS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(line, "It ends like a row of netstat; its beginning is cut off.")


def caveats(besides: Sequence[str], remark: bool, hidden: int) -> Iterator[str]:
    """What netstat could not see."""
    if remark:
        yield "netstat did not see the owners of other users' sockets: only root does."
    elif hidden:
        yield ownerless.caveat(hidden)
    for line in besides:
        if missing := TABLE_MISSING.match(line):
            yield f"netstat could not read {missing['file']}, so those sockets are missing."


FORMAT = TextFormat(
    name="netstat_linux",
    told_by="netstat of Linux (net-tools or busybox), as text",
    opens=rf"{TITLE}|{HEADING.pattern}|{OWNERS_HIDDEN.pattern}",
    recognises=recognises,
    read=read,
)
