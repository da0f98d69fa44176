"""The words `ss` prints after the two addresses: holders, timer, details and tcp_info, each with its column.

The words and their units are those of ss(8) and of iproute2's misc/ss.c (`inet_show_sock`, `tcp_stats_print`,
`print_ms_timer`). They come in this order, on the row's own line, on the next, or wrapped anywhere between two words:

    users:(("nginx",pid=12,fd=3)) timer:(on,200ms,3) uid:33 ino:812 sk:1f cgroup:/web.slice <->
         skmem:(…) cubic wscale:7,7 rto:204 rtt:0.5/0.2 mss:1448 cwnd:10 … lastsnd:12 lastrcv:8 lastack:8 …

A word that is not in the tables here tells nothing that the one table has a column for.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

LARGEST = 2**63 - 1  # what an integer column holds


class Holder(NamedTuple):
    """A process that holds the socket; `fd` is None when the paste cuts it off."""

    pid: int
    process: str
    fd: int | None


class Told(NamedTuple):
    """What the words of one row tell: a value for each column, and every holder, lowest pid first."""

    columns: dict[str, Any]
    holders: list[Holder]


#: `("nginx",pid=12,fd=3)`, in old versions `("nginx",12,3)`, with `tid=` (-T) and the contexts of -Z and -z. The
#: kernel cuts names at 15 bytes, ss itself at a closing parenthesis; a name may hold quotes and commas.
HOLDER = re.compile(
    r'\("(?P<process>.{0,64}?)",(?:pid=)?(?P<pid>[0-9]{1,10}),'
    r"(?:tid=(?P<tid>[0-9]{1,10}),)?(?:proc_ctx=[^\s)]{0,256}?,(?=fd=))?"
    r"(?:(?:fd=)?(?P<fd>[0-9]{1,10})(?:,sock_ctx=[^\s)]{0,256})?\))?"
)
USERS = "users:("

TIMER = re.compile(r"\((?P<name>\w*),(?P<left>[^,()]*),(?P<count>[0-9]+)\)", re.ASCII)
TIMERS = {
    "off": "off",
    "on": "retransmit",  # retransmission, early retransmit or tail loss probe
    "keepalive": "keepalive",
    "timewait": "time_wait",
    "persist": "zero_window_probe",
}

#: What the third value of `timer:(…)` counts depends on the timer (kernel net/ipv4/inet_diag.c, inet_sk_diag_fill).
TIMER_COUNTS = {
    "retransmit": "unanswered_retransmits",
    "keepalive": "unanswered_probes",
    "zero_window_probe": "unanswered_probes",
}

#: `12min`, `1min58sec`, `42sec`, `1.595ms` (1 s and 595 ms, whatever it looks like), `052ms`, nothing: due now.
TIME_LEFT = re.compile(
    r"(?:(?P<min>[0-9]{1,9})min)?(?:(?P<sec>[0-9]{1,9})(?:sec|\.(?=[0-9]+ms)))?(?:(?P<ms>[0-9]{1,9})ms)?"
)

#: `<->`: a side that is shut down has lost its arrow head; the left one is receiving.
ARROWS = {"<->": "none", "-->": "receive", "<--": "send", "---": "both"}


HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}")
REAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?(?:e[+-]0[0-9])?")


def integer(text: str) -> int | None:
    """Decimal digits that an integer column can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def cookie(text: str) -> int | None:
    """The hexadecimal number after `sk:`; kernel pointers, which old versions print there, are no cookies."""
    number = int(text, 16) if HEXADECIMAL.fullmatch(text) else None
    return number if number is None or number <= LARGEST else None


def microseconds(milliseconds: str) -> int | None:
    """`0.358` ms as 358 µs; ss prints six significant digits, `1.2e+06` from there on."""
    number = round(float(milliseconds) * 1000) if REAL.fullmatch(milliseconds) else None
    return number if number is None or number <= LARGEST else None


def seconds_left(text: str) -> float | None:
    """The time in `timer:(…)` in seconds; ss drops the milliseconds above 9 s and the seconds above 9 min."""
    found = TIME_LEFT.fullmatch(text)
    if found is None:
        return None
    minutes, seconds, milliseconds = (int(part or 0) for part in found.groups())
    return minutes * 60 + seconds + milliseconds / 1000


Reader = Callable[[str], Any]

#: `word:value` → the column it fills, and how its value is read. A slash or comma in the word's value separates two.
VALUES: Mapping[str, tuple[tuple[str, Reader], ...]] = {
    "uid": (("uid", integer),),
    "ino": (("inode", integer),),
    "sk": (("cookie", cookie),),
    "wscale": (("send_window_scale", integer), ("receive_window_scale", integer)),
    "rto": (("rto_us", microseconds),),
    "backoff": (("backoff", integer),),
    "rtt": (("rtt_us", microseconds), ("rtt_variation_us", microseconds)),
    "minrtt": (("min_rtt_us", microseconds),),
    "mss": (("send_mss_bytes", integer),),
    "cwnd": (("congestion_window_segments", integer),),
    "bytes_sent": (("bytes_sent", integer),),
    "bytes_acked": (("bytes_acked", integer),),
    "bytes_received": (("bytes_received", integer),),
    "notsent": (("bytes_not_sent", integer),),
    "segs_out": (("segments_out", integer),),
    "segs_in": (("segments_in", integer),),
    "lastsnd": (("last_sent_ms", integer),),
    "lastrcv": (("last_received_ms", integer),),
    "lastack": (("last_ack_ms", integer),),
    "unacked": (("unacked_segments", integer),),
    "retrans": (("", integer), ("retransmitted_segments", integer)),  # the first: retransmitted and still in flight
    "lost": (("lost_segments", integer),),
    "snd_wnd": (("peer_window_bytes", integer),),
}

#: Words of other columns or of none, by which a wrapped row's next line is known as its own.
OTHER_WORDS = frozenset({
    "users", "timer", "cgroup", "skmem", "mem", "fwmark", "v6only", "tos", "tclass", "class_id", "opt", "inet-sockopt",
    "ato", "qack", "pmtu", "rcvmss", "advmss", "ssthresh", "bytes_retrans", "data_segs_out", "data_segs_in", "bbr",
    "dctcp", "delivered", "delivered_ce", "busy", "rwnd_limited", "sndbuf_limited", "sacked", "dsack_dups", "fackets",
    "reordering", "reord_seen", "rcv_rtt", "rcv_space", "rcv_ssthresh", "rcv_ooopack", "md5keys", "tcp-ulp-tls",
    "tcp-ulp-mptcp", "rcv_wnd", "rehash",
})  # fmt: skip

WORD = re.compile(r"(?<!\S)([a-z_]+):(\S+)")
ARROW = re.compile(r"(?<!\S)[<-]-[->](?!\S)")
SEPARATOR = re.compile(r"[/,]")


def is_told_by(line: str) -> bool:
    """Whether some word of `line` is one that ss prints after the addresses."""
    for word in line.split():
        key, colon, _ = word.partition(":")
        if colon and (key in VALUES or key in OTHER_WORDS):
            return True
    return False


def read(text: str) -> Told:
    """What the words after the addresses tell; `text` may hold anything."""
    columns: dict[str, Any] = {}
    holders: list[Holder] = []
    start = text.find(USERS)
    if start >= 0:
        holders, end = holders_at(text, start + len(USERS))
        text = f"{text[:start]} {text[end:]}"
    for key, value in WORD.findall(text):
        if key in VALUES:
            readers = VALUES[key]
            parts = SEPARATOR.split(value, maxsplit=1) if len(readers) > 1 else (value,)
            for (column, reader), part in zip(readers, parts, strict=False):
                if column and (told := reader(part)) is not None:
                    columns[column] = told
        elif key == "timer":
            columns.update(timer(value))
        elif key == "cgroup":
            columns.update(cgroup(value))
    if ("cookie" in columns or "inode" in columns) and (arrow := ARROW.search(text)):
        columns["shutdown"] = ARROWS[arrow[0]]  # on other rows it is a remark that somebody wrote beside them
    if holders:
        columns.update(pid=holders[0].pid, process=holders[0].process, fd=holders[0].fd)
    return Told(columns, holders)


def holders_at(text: str, start: int) -> tuple[list[Holder], int]:
    """The holders listed from `start` on, each (pid, fd) once, lowest first, and where the list ends.

    With -T every thread is listed; the one whose tid is the pid lends the process its name.
    """
    found: dict[tuple[int, int | None], str] = {}
    while (match := HOLDER.match(text, start)) is not None:
        pid, fd = int(match["pid"]), match["fd"]
        key = (pid, None if fd is None else int(fd))
        if key not in found or match["tid"] == match["pid"]:
            found[key] = match["process"]
        start = match.end() + text.startswith(",", match.end())
    closing = 1 if text.startswith(")", start) else 0
    lowest_first = sorted(found, key=lambda key: (key[0], -1 if key[1] is None else key[1]))
    return [Holder(pid, found[pid, fd], fd) for pid, fd in lowest_first], start + closing


def timer(value: str) -> dict[str, Any]:
    """The columns of `timer:(name,time left,count)`; a timer of unknown name tells its time and count alone."""
    found = TIMER.match(value)
    if found is None:
        return {}
    known, count = TIMERS.get(found["name"]), integer(found["count"])
    told = {"timer": known, "timer_left_s": seconds_left(found["left"]), "timer_retransmits": count}
    if known in TIMER_COUNTS:
        told[TIMER_COUNTS[known]] = count
    return {column: value for column, value in told.items() if value is not None}


def cgroup(value: str) -> dict[str, Any]:
    """The control group's path, or its number where ss could not find the path (`unreachable:7b`)."""
    hidden, colon, number = value.partition(":")
    if hidden == "unreachable" and colon:
        return {"cgroup_id": told} if (told := cookie(number)) is not None else {}
    return {"cgroup": value} if value else {}
