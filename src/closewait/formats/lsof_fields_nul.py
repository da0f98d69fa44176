"""`lsof -F0`: fields as in `lsof_fields`, each ending with a NUL, and each set of them with a newline besides."""

import re
from collections.abc import Sequence

from closewait.formats import lsof_fields
from closewait.formats.format import BytesFormat, Reading

BEGINNING_OCTETS = 4096  # there may be a command above the first process
OURS = re.compile(rb"(?:^|\n)p[0-9]{1,10}\0(?:[gRcuLKMzZ][^\0\n]*\0)*\n")


def recognises(data: bytes) -> bool:
    """Whether this begins with the fields of a process."""
    return OURS.search(data[:BEGINNING_OCTETS]) is not None


def read(data: bytes) -> Sequence[Reading]:
    """The TCP sockets of each moment in which lsof looked."""
    lines = enumerate(data.decode(errors="replace").split("\n"), start=1)
    return lsof_fields.readings(
        FORMAT.name, ((line_no, field) for line_no, line in lines for field in line.split("\0"))
    )


FORMAT = BytesFormat(
    name="lsof_fields_nul",
    told_by="lsof -F0, each field ending with a NUL",
    recognises=recognises,
    read=read,
)
