"""lsof's JSON, since version 4.99.7: -J, one object with processes and their files, and -j, an object for each file.

The keys are in lsof's print.c, json_print_file() and json_print_proc_fields(): process (`pid`, `command`, `uid`,
`login`) and file (`fd`, `type`, `device`, `inode`, `protocol`, `name`, and `tcp_info` with `state` and queues); `-F`
chooses among them. Files there have the name that the kernel gave them, and a socket has none: 4.99.7 tells no
addresses. A name that does tell them is read.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from closewait.formats import lsof_files
from closewait.formats.format import Reading, TextFormat
from closewait.formats.json_values import values_in
from closewait.formats.lsof_files import OpenFile
from closewait.formats.paste import Paste
from closewait.snapshot.sight import LineNotUnderstood

ENVELOPE = re.compile(r'"lsof_version"\s*:')
DESCRIPTOR, TYPE = re.compile(r'"fd"\s*:\s*"'), re.compile(r'"type"\s*:\s*"(?:IPv[46]|sock|unix|REG|DIR|CHR|FIFO)"')
KEY = re.compile(r'"(?:lsof_version|fd|type|device|protocol|command|pid|name|access|tcp_info)"\s*:')

OF_PROCESS = {"pid": "pid", "command": "process", "uid": "uid", "login": "user"}
OF_FILE = {"fd": "fd", "type": "type", "device": "device", "inode": "inode", "protocol": "protocol", "name": "name"}
OF_CONNECTION = {"state": "state", "recv_queue": "recv", "send_queue": "send"}

NO_ADDRESSES = "lsof's JSON tells no addresses and ports here; its table (lsof -nPi) and its fields (lsof -nPi -F) do."


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines have keys of lsof's, where it is named, or descriptors have types that only it has."""
    has_files = any(map(DESCRIPTOR.search, lines)) and any(map(TYPE.search, lines))
    return sum(KEY.search(line) is not None for line in lines) if has_files or any(map(ENVELOPE.search, lines)) else 0


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of each envelope, or of the objects that stand outside one."""
    told, broken = values_in(paste)
    objects_told = [*objects(told)]
    looks = [files_in(value) for value in objects_told if "lsof_version" in value]
    outside = [file for value in objects_told if "lsof_version" not in value for file in files_in(value)]
    looks = [outside, *looks] if outside or not looks else looks
    return [look(files, broken if files is looks[0] else ()) for files in looks]


def look(files: Sequence[OpenFile], broken: Sequence[LineNotUnderstood]) -> Reading:
    """One look at these files."""
    reading = lsof_files.reading(FORMAT.name, files, broken)
    without = any(lsof_files.is_tcp(file) and file.name is None for file in files)
    return lsof_files.with_caveat(reading, NO_ADDRESSES) if without else reading


def files_in(told: Mapping[str, Any]) -> list[OpenFile]:
    """The files of an envelope, of a process, or the one that an object of -j tells."""
    if "processes" in told:
        return [file for process in objects(told["processes"]) for file in files_in(process)]
    if "files" in told:
        return [file_in({**told, **file}) for file in objects(told["files"])]
    return [file_in(told)]


def objects(told: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of them."""
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def file_in(told: Mapping[str, Any]) -> OpenFile:
    """A file with what is told of its process."""
    connection = told.get("tcp_info")
    of_connection = connection if isinstance(connection, dict) else {}
    return OpenFile(
        **{name: text(told.get(key)) for key, name in (OF_PROCESS | OF_FILE).items()},
        **{name: text(of_connection.get(key)) for key, name in OF_CONNECTION.items()},
    )


def text(told: Any) -> str | None:
    """A number or a text as text."""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else None


FORMAT = TextFormat(
    name="lsof_json",
    told_by="lsof -J or -j, as JSON",
    opens=r' *\{"lsof_version":',
    recognises=recognises,
    read=read,
)
