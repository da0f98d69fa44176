"""`netstat -A` of AIX as text, and the holders that `rmsock` names for its rows.

AIX's netstat names no process. People take the PCB from the first column of -A and ask for its holder, in one paste:

    PCB/ADDR         Proto Recv-Q Send-Q  Local Address  Foreign Address  (state)
    f1000e0000180bb8 tcp4       0      0  *.1334         *.*              LISTEN

    # rmsock f1000e0000180bb8 tcpcb
    The socket 0xf1000e0000180808 is being held by proccess 3211434 (writesrv).

`proccess` is AIX's spelling. The address in the answer is the socket's, not the one that was asked for, so an answer
belongs to the question above it. A holder can also be `Kernel/Kernel Extension`. The rows are those of `netstat_bsd`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from closewait.formats import netstat_bsd
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste

HEADING = re.compile(r" *PCB/ADDR +Proto\b")
QUESTION = re.compile(r".*\brmsock +(?:0x)?(?P<pcb>[0-9A-Fa-f]{6,16}) +tcpcb\b")
ANSWER = re.compile(r" *The socket \S+ is being held by proc+ess (?P<pid>[0-9]{1,10}) *\((?P<process>[^()]*)\)")


class Holder(NamedTuple):
    """The process that holds a socket."""

    pid: int
    process: str


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are AIX's, counting the rows, which a BSD would print alike, only beside others."""
    own = sum(bool(HEADING.match(line) or QUESTION.match(line) or ANSWER.match(line)) for line in lines)
    return own and own + netstat_bsd.recognises(lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of netstat, with the holders asked for below it."""
    rows = netstat_bsd.socket_rows(paste)
    columns = netstat_bsd.socket_columns(rows)
    besides = [paste[line] for line in paste.words.lines_besides(rows.lines)]
    if holders := holders_by_pcb(besides):
        pcbs = rows.coded("pcb")
        told = [holders.get(plain(pcb)) if pcb else None for pcb in pcbs.values]
        columns["pid"] = pcbs.spread([holder and holder.pid for holder in told])
        columns["process"] = pcbs.spread([holder and holder.process for holder in told])
    return [
        Reading(
            format=FORMAT.name,
            columns=columns,
            lines_not_understood=tuple(netstat_bsd.not_understood(paste, rows)),
        )
    ]


def holders_by_pcb(besides: Iterable[str]) -> Mapping[str, Holder]:
    """The holder of each PCB that somebody asked rmsock about, if it is a process, from the lines that are no rows."""
    holders: dict[str, Holder] = {}
    asked = None
    for line in besides:
        if question := QUESTION.match(line):
            asked = plain(question["pcb"])
        elif asked and (answer := ANSWER.match(line)):
            holders[asked] = Holder(int(answer["pid"]), answer["process"])
            asked = None
    return holders


def plain(pcb: str) -> str:
    """The address of a PCB in one spelling."""
    return pcb.lower().removeprefix("0x")


FORMAT = TextFormat(
    name="netstat_aix",
    told_by="netstat -A of AIX, with what rmsock says of its rows, as text",
    opens=HEADING.pattern,
    recognises=recognises,
    read=read,
)
