"""`ss` of iproute2 as text: any version, with and without heading, Netid and State columns, -p -o -e -i -m -O -T.

A row (iproute2 misc/ss.c, sock_state_print() and inet_addr_print()):

    [Netid]  [State]  Recv-Q  Send-Q  local:port  peer:port  [words]

- Netid stands where more than one protocol was asked for; rows of others than TCP are passed over. Without it, only
  the command line or the states tell TCP from UDP.
- State is missing where one state was asked for; the command line names it.
- Of a listener, the queues count connections: those waiting for accept(), and the limit.
- The words behind the ends are read by `ss_words`, what they leave out by `ss_omissions`, wrapped rows by `ss_lines`.
- A holder that is not shown may not exist, or be hidden from this user: `ownerless` tells which.
"""

import re
from collections.abc import Iterator, Sequence

from closewait.formats import ownerless, ss_command, ss_omissions, ss_tails
from closewait.formats.arrays import Mask, alike, only, rows_with, side_by_side
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import ENDPOINT, NUMBER, REST, Layout, Part, Rows, read_rows
from closewait.formats.ss_command import Command
from closewait.formats.ss_lines import Unwrapped, unwrapped
from closewait.records import record
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical


def begins_with_a_state(text: str) -> bool:
    """netstat has the state behind the addresses, in some languages as two words; ss has nothing like it there."""
    words = text.split(maxsplit=2)
    return any(canonical(" ".join(words[:count])) for count in (1, 2))


STATE = Part(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*", canonical)
PARTS = {
    "netid": Part("tcp"),
    "state": STATE,
    "recv": Part(NUMBER),
    "send": Part(NUMBER),
    "local": Part(ENDPOINT),
    "peer": Part(ENDPOINT),
    "words": Part(REST),
}
WITH_STATE = Layout("[netid] state recv send local peer [words]", PARTS, begins=rf"tcp|{STATE.pattern}")
WITHOUT_STATE = Layout(
    "[netid] recv send local peer [words]",
    PARTS | {"words": Part(REST, lambda text: not begins_with_a_state(text))},
    begins="tcp|[0-9]+",
)

HEADING = re.compile(r" *(?P<netid>Netid +)?(?P<state>State +)?Recv-Q +Send-Q\b(?! +Local Address +Foreign)")
OTHER_ROW = re.compile(
    r" *(?:udp|udplite|raw|icmp6|sctp|dccp|mptcp|nl|xdp|[upv]_[a-z]+|ti_[a-z]+|\?\?\?) +[A-Z-]+ +[0-9]+ +[0-9]+ "
)
WRAPPED_ROW = re.compile(rf" *(?:tcp +)?(?P<state>{STATE.pattern}) +[0-9]+ +[0-9]+(?: +{ENDPOINT})? *$")
CUT_ROW = re.compile(rf" *(?:tcp +)?(?:(?!UNCONN){STATE.pattern} +|(?=[0-9]+ +[0-9]+ ))[0-9]+(?: |$)")
CUT_ON_THE_LEFT = re.compile(r"[0-9A-Fa-f:.\[\]]*[0-9\]*]:(?:[0-9]+|\*)")
OF_UDP = {"UNCONN", "ESTAB"}  # the states of udp, raw and netlink sockets, of which TCP shows only the second


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are headings or rows of ss, of whatever protocol."""
    return sum(is_of_ss(line) for line in lines)


def is_of_ss(line: str) -> bool:
    """Whether this line is a heading or a row of ss, or the first line of one."""
    if HEADING.match(line) or OTHER_ROW.match(line) or WITH_STATE.places(line) or WITHOUT_STATE.places(line):
        return True
    wrapped = WRAPPED_ROW.match(line)
    return wrapped is not None and canonical(wrapped["state"]) is not None


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of ss."""
    told = preamble(paste)
    layout = WITH_STATE if told.with_state else WITHOUT_STATE
    whole = unwrapped(paste, layout)
    rows = read_rows(whole.rows, layout)
    rows = rows.chosen(are_tcp(rows, told))
    state = states_of(rows, told)
    tails, local, remote = side_by_side(
        len(rows),
        lambda: ss_tails.read(rows.columns["words"], state),
        lambda: rows.endpoint("local", "local"),
        lambda: rows.endpoint("peer", "remote"),
    )
    columns = {
        "protocol": alike("tcp", len(rows)),
        "state": state,
        **local,
        **remote,
        **queues_of(rows, rows_with(state, lambda name: name == "LISTEN")),
        **tails.columns,
    }
    if told.command.timers_asked and "timer_left_s" not in columns:
        columns |= ss_omissions.idle_timers(len(rows))
    asked = told.command.holders_asked or bool(tails.held.any())
    hidden = ownerless.hidden(columns, state, tails.held) if asked and not told.command.as_root else 0
    return (
        Reading(
            format=FORMAT.name,
            columns=columns,
            holders=tails.holders,
            lines_not_understood=tuple(not_understood(whole, rows)),
            owners_told=not hidden if asked else None,
            caveats=(ownerless.caveat(hidden),) if hidden else (),
        ),
    )


@record
class Preamble:
    """What the lines above the rows say: which columns there are, and the command."""

    with_state: bool
    with_netid: bool
    command: Command


def preamble(paste: Paste) -> Preamble:
    """The last command and the last heading above the first row; without a heading, the first row tells."""
    command, heading = Command(), None
    first_row = None
    for line in (paste[index] for index in range(len(paste))):  # not all of a long paste, only its beginning
        if found := HEADING.match(line):
            heading = found
        elif told := ss_command.read(line):
            command, heading = told, None
        elif is_of_ss(line):
            first_row = line
            break
    if heading:
        return Preamble(heading["state"] is not None, heading["netid"] is not None, command)
    with_state = WITHOUT_STATE.places(first_row) is None if first_row else command.state is None
    return Preamble(with_state, with_netid=False, command=command)


def are_tcp(rows: Rows, told: Preamble) -> Mask:
    """Which rows are TCP's. Without a Netid column all are alike: the command or the states say what they are."""
    tcp = rows.columns["netid"].are_told()
    if told.with_netid or tcp.any():
        return tcp
    states = {word for word in rows.coded("state").values if word} if told.with_state else set()
    if told.command.without_tcp or ("UNCONN" in states and states <= OF_UDP):
        return tcp
    return ~tcp


def states_of(rows: Rows, told: Preamble) -> Coded:
    """Each row's state; without a State column the command's, or LISTEN where the peer has no port."""
    if told.with_state:
        return rows.coded("state").mapped(state_of)
    return rows.coded("peer").mapped(
        lambda peer: told.command.state or ("LISTEN" if peer and peer.endswith(":*") else None)
    )


def state_of(word: str | None) -> str | None:
    """The state that ss spells so. A TCP socket is listed as UNCONN only if it has a port (TCPF_BOUND_INACTIVE)."""
    return "BOUND" if word == "UNCONN" else word and canonical(word)


def queues_of(rows: Rows, listening: Mask) -> dict[str, ColumnValues]:
    """The two queues: bytes, or a listener's connections."""
    received, sent = rows.numbers("recv"), rows.numbers("send")
    return {
        "recv_queue_bytes": only(received, ~listening),
        "send_queue_bytes": only(sent, ~listening),
        "accept_queue_conns": only(received, listening),
        "accept_queue_limit": only(sent, listening),
    }


def not_understood(whole: Unwrapped, rows: Rows) -> Iterator[LineNotUnderstood]:
    """Rows that are cut at one end or the other."""
    for line in rows.missed.tolist():
        if CUT_ROW.match(whole.rows[line]):
            yield whole.paste.not_understood(
                whole.first_line(line), "It begins like a row of ss, but not all of a row's columns are there."
            )
    continuations = whole.continuations
    for line in whole.paste.words.lines_beginning(CUT_ON_THE_LEFT.fullmatch).tolist():
        if line not in continuations:
            yield whole.paste.not_understood(line, "It ends like a row of ss; its beginning is cut off.")


FORMAT = TextFormat(
    name="ss_text",
    told_by="ss of iproute2, as text",
    opens=HEADING.pattern,
    recognises=recognises,
    read=read,
)
