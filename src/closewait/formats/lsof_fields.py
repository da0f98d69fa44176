"""`lsof -F`: a field on each line, its first letter saying which. (`lsof_fields_nul`: each ending with a NUL.)

A set of fields about a process begins with `p`, its pid; sets about its files follow, each beginning with `f`, the
descriptor (lsof's manual, section OUTPUT FOR OTHER PROGRAMS). Who asked for fields without `f` gets sets that begin
with whichever of them comes first. In repeat mode (-r) a line `m` parts one moment from the next.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from closewait.formats import lsof_files
from closewait.formats.format import Reading, TextFormat
from closewait.formats.lsof_files import OpenFile
from closewait.formats.paste import Paste
from closewait.snapshot.sight import LineNotUnderstood

#: The fields read here, and what each tells.
OF_PROCESS = {"p": "pid", "c": "process", "u": "uid", "L": "user"}
OF_FILE = {"f": "fd", "t": "type", "d": "device", "i": "inode", "P": "protocol", "n": "name"}
OF_CONNECTION = {"ST=": "state", "QR=": "recv", "QS=": "send"}  # fields that begin with T

MARKER = re.compile(r"m(?:=.*)?")
FIELD = re.compile(
    r"p[0-9]+|[guR]-?[0-9]+|K[0-9]+|f(?:[0-9]+|cwd|rtd|txt|mem|NOFD|DEL|err)|a[rwu -]?|l[ rRwWuUNxX]?|tIPv[46]|"
    r"P(?:TCP|UDP)|TST=\w+|TQ[RS]=[0-9]+|G0x[0-9a-f]+(?:;0x[0-9a-f]+)?|D0x[0-9a-f]+|d(?:[0-9]+|0x[0-9a-f]+)|"
    r"o0[tx][0-9a-f]+|i[0-9]+"
)
PID = re.compile(r"p[0-9]+")


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are fields, if any of them is a pid."""
    fields = [line for line in map(str.rstrip, lines) if FIELD.fullmatch(line)]
    return len(fields) if any(map(PID.fullmatch, fields)) else 0


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of each moment in which lsof looked."""
    return readings(FORMAT.name, enumerate(paste, paste.first_line_no))


def readings(format_name: str, fields: Iterable[tuple[int, str]]) -> list[Reading]:
    """The TCP sockets of each moment in which lsof looked, from its fields with the numbers of their lines."""
    moments = groupby(fields, lambda field: MARKER.fullmatch(field[1]) is not None)
    found = [reading(format_name, files(moment)) for is_marker, moment in moments if not is_marker]
    return [each for each in found if each.columns] or found[:1]


def reading(format_name: str, told: Iterable[tuple[int, OpenFile]]) -> Reading:
    """One look; a name that is cut can only be the last."""
    whole: list[OpenFile] = []
    missed: list[LineNotUnderstood] = []
    for line_no, file in told:
        if lsof_files.is_whole(file) or not lsof_files.is_tcp(file):
            whole.append(file)
        else:
            missed.append(LineNotUnderstood(line_no, file.name or "", "the name is cut"))
    return lsof_files.reading(format_name, whole, missed)


def files(fields: Iterable[tuple[int, str]]) -> Iterator[tuple[int, OpenFile]]:
    """Each open file with what is told of its process, and the number of its last line; other lines are passed over."""
    process: dict[str, str] = {}
    file: dict[str, str] = {}
    last_line_no = 0
    for line_no, field in fields:
        letter, value = field[:1], field[1:].rstrip()
        begins_another = letter in OF_PROCESS or letter == "f" or OF_FILE.get(letter) in file
        if begins_another and file:
            yield last_line_no, OpenFile(**process, **file)
            file = {}
        if letter in OF_FILE:
            file[OF_FILE[letter]] = value
        elif letter == "T" and value[:3] in OF_CONNECTION:
            file[OF_CONNECTION[value[:3]]] = value[3:]
        elif letter == "p":
            process = {"pid": value}
        elif letter in OF_PROCESS:
            process |= {OF_PROCESS[letter]: value}
        last_line_no = line_no
    if file:
        yield last_line_no, OpenFile(**process, **file)


FORMAT = TextFormat(
    name="lsof_fields",
    told_by="lsof -F, a field on each line",
    opens=r"(?!)",  # every process begins alike
    recognises=recognises,
    read=read,
)
