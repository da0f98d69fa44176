"""`lsof` as a table: -i, -p or everything, with the columns of any option.

A row (lsof's print.c, print_file()), in which only what is in brackets may be missing:

    COMMAND PID [TID TASKCMD] [more] USER FD TYPE [more] DEVICE [SIZE/OFF] [NLINK] NODE NAME (STATE [QR=0 QS=0])

- COMMAND is cut, mostly to nine characters; a blank in it is `\\x20` but for old versions.
- A row of a thread (-K) repeats its process's sockets, and so does each process that shares one: rows as told.
- In repeat mode (-r) a line of `=` parts one moment from the next.

Rows of other files and protocols are passed over.
"""

import re
from collections.abc import Sequence

from closewait.formats import lsof_files
from closewait.formats.format import Reading, TextFormat
from closewait.formats.lsof_files import INTERNET, OpenFile
from closewait.formats.paste import Paste

HEADING = re.compile(r" *COMMAND +PID\b.* FD +TYPE\b")
DESCRIPTOR = re.compile(r"\*?[0-9]+[a-zA-Z-]*|cwd|rtd|txt|mem|mmap|pd|err|jld|ltx|tr|DEL|NOFD|L[0-9]+|M[0-9a-f]+")
SOCKET_TYPES = {*INTERNET, "sock"}
TYPES = {
    *SOCKET_TYPES, "unix", "REG", "DIR", "CHR", "BLK", "FIFO", "PIPE", "LINK", "KQUEUE", "netlink", "raw", "raw6",
    "pack", "systm", "ndrv", "rte", "key", "PSXSHM", "PSXSEM", "NPOLICY", "CHAN", "GDIR", "GREG", "VDIR", "VREG",
    "VCHR", "VBLK", "VFIFO", "DOOR", "PORT", "a_inode", "pidfd", "unknown", "0000",
}  # fmt: skip
PROTOCOLS = {"TCP", "UDP", "UDPLITE", "ICMP", "SCTP", "RAW", "ICMPV6", "HOPOPTS"}
MOST_COLUMNS_BEFORE_FD, MOST_COLUMNS_BEFORE_NODE = 16, 8
INFORMATION = re.compile(r"(?P<name>no PCB[^()]*|\S+)(?: \((?P<told>[^()]*)\)?)?")
MAY_BE_A_SOCKET = re.compile("|".join(SOCKET_TYPES))  # most lines of a whole system's listing are files
SEPARATOR = re.compile(r" *={4,}(?:[^=]*={4,})? *$")
ENDS_LIKE_A_ROW = re.compile(r" 0t[0-9]+ +TCP +\S+ \([A-Z_0-9]+")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of lsof."""
    return sum(bool(HEADING.match(line) or file_in(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of each moment in which lsof looked."""
    cuts = [line for line, text in enumerate(paste) if "====" in text and SEPARATOR.match(text)]
    moments = [
        paste[begin:end] for begin, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(paste)], strict=True)
    ]
    readings = [moment(part) for part in moments]
    return [reading for reading in readings if reading.columns] or readings[:1]


def moment(paste: Paste) -> Reading:
    """The TCP sockets of one look."""
    files: list[OpenFile] = []
    cut: list[tuple[int, str]] = []
    sockets = (line for line in enumerate(paste) if MAY_BE_A_SOCKET.search(line[1]))
    told = {line: file for line, text in sockets if (file := file_in(text))}
    with_state = any(file.state for file in told.values())
    for line, file in told.items():
        if is_cut(file, with_state):
            cut.append((line, "It begins like a row of lsof, but not all of a row's columns are there."))
        else:
            files.append(file)
    cut += [
        (line, "It ends like a row of lsof; its beginning is cut off.")
        for line, text in enumerate(paste)
        if line not in told and " TCP " in text and ENDS_LIKE_A_ROW.search(text)
    ]
    return lsof_files.reading(FORMAT.name, files, (paste.not_understood(*each) for each in sorted(cut)))


def is_cut(file: OpenFile, with_state: bool) -> bool:
    """Whether the end of this row is missing; `with_state`: rows of this dump show a state."""
    if file.type == "sock":
        return file.name is None
    if file.type in INTERNET and file.protocol is None:
        return True
    return lsof_files.is_tcp(file) and (not lsof_files.is_whole(file) or (with_state and file.state is None))


def file_in(line: str) -> OpenFile | None:
    """The open file of which a line tells; None when it is no row."""
    words = line.split()
    at = type_place(words)
    if at is None:
        return None
    before, behind = words[: at - 1], words[at + 1 :]
    pid = next((place for place, word in enumerate(before) if place and word.isdecimal()), None)
    if pid is None or len(before) < pid + 2:
        return None
    user = before[-1]
    told = {
        "process": " ".join(before[:pid]),
        "pid": before[pid],
        "user": None if user.isdecimal() else user,
        "uid": user if user.isdecimal() else None,
        "fd": words[at - 1],
        "type": words[at],
    }
    if words[at] == "sock":
        return OpenFile(**told, **sock_in(behind))
    return OpenFile(**told, **socket_in(behind)) if words[at] in INTERNET else OpenFile(**told)


def type_place(words: Sequence[str]) -> int | None:
    """Where the type stands: behind a descriptor, not before the fourth column."""
    for place in range(3, min(len(words), MOST_COLUMNS_BEFORE_FD)):
        if words[place] in TYPES and DESCRIPTOR.fullmatch(words[place - 1]):
            return place
    return None


def socket_in(words: Sequence[str]) -> dict[str, str | None]:
    """Device, protocol, name and state, from the words behind the type of an Internet socket."""
    node = next((place for place, word in enumerate(words[:MOST_COLUMNS_BEFORE_NODE]) if word in PROTOCOLS), None)
    if node is None:
        return {}
    before = [word for word in words[:node] if not word.startswith("0t")]  # without the offset
    name, told = information(" ".join(words[node + 1 :]))
    state, *queues = told.split() or [""]
    sizes = dict(size.split("=", 1) for size in queues if "=" in size) if queues else {}
    return {
        "device": before[-1] if before else None,
        "protocol": words[node],
        "name": name,
        "state": state or None,
        "recv": sizes.get("QR"),
        "send": sizes.get("QS"),
    }


def information(text: str) -> tuple[str, str]:
    """What stands in NAME, and in the parentheses behind it."""
    found = INFORMATION.match(text)
    return (found["name"], found["told"] or "") if found else ("", "")


def sock_in(words: Sequence[str]) -> dict[str, str | None]:
    """Inode and name, from the words behind the type of a socket that is in no table: `0,9 0t0 1234 protocol: TCP`."""
    numbers = [place for place, word in enumerate(words[:MOST_COLUMNS_BEFORE_NODE]) if word[:1].isdigit()]
    if not numbers:
        return {}
    name = " ".join(words[numbers[-1] + 1 :])
    whole = name.startswith(("protocol: ", lsof_files.UNIDENTIFIED))
    return {"inode": words[numbers[-1]], "name": name if whole else None}


FORMAT = TextFormat(
    name="lsof",
    told_by="lsof, as a table",
    opens=HEADING.pattern,
    recognises=recognises,
    read=read,
)
