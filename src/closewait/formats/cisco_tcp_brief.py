"""What Cisco routers tell of their TCP connections, one row each, as text.

`show tcp brief [all] [numeric]` of IOS and IOS XE, the same of IOS XR, `show control-plane host open-ports` of IOS
(Cisco's command references; rows of IOS XE as people publish them):

    TCB               address.port  address.port  (state)
    PCB  [VRF-ID]  Recv-Q  Send-Q  address:port  address:port  State
    Prot              address:port  address:port  Service  State

- IOS puts a dot before the port and cuts names to fit; IOS XR a colon. The foreign port of a listener is `*` or 0,
  its foreign address may be the only one it accepts.
- States have no underscore: ESTAB, SYNSENT, TIMEWAIT, CLOSEWAIT.
- The service is the part of IOS that holds the port; its name may have a blank.
"""

import re
from collections.abc import Sequence

from closewait.formats.arrays import only, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import DOTTED_ENDPOINT, ENDPOINT, NUMBER, Layout, Part, Rows, read_rows
from closewait.tcp.spellings import canonical

ADDRESS_IN_MEMORY = r"(?:0x)?[0-9A-Fa-f]{6,16}"
STATE = Part(r"[A-Z][A-Z0-9_-]*", canonical)
IOS = Layout(
    "tcb local remote state",
    {
        "tcb": Part(ADDRESS_IN_MEMORY),
        "local": Part(DOTTED_ENDPOINT),
        "remote": Part(DOTTED_ENDPOINT),
        "state": STATE,
    },
    begins=ADDRESS_IN_MEMORY,
)
IOS_XR = Layout(
    "pcb [vrf] recv send local remote state",
    {
        "pcb": Part(r"0x[0-9a-f]{1,16}"),
        "vrf": Part(r"0x[0-9a-f]{1,8}"),
        "recv": Part(NUMBER),
        "send": Part(NUMBER),
        "local": Part(ENDPOINT),
        "remote": Part(ENDPOINT),
        "state": STATE,
    },
    begins=r"0x[0-9a-f]{1,16}",
)


def known_state(word: str) -> str | None:
    """The state that a word spells; there is room for eight letters in the list of open ports."""
    return "ESTABLISHED" if word == "ESTABLIS" else canonical(word)


OPEN_PORTS = Layout(
    "protocol local remote service state",
    {
        "protocol": Part(r"tcp"),
        "local": Part(ENDPOINT),
        "remote": Part(ENDPOINT),
        "service": Part(r"[A-Za-z][^\s:]*(?: [^\s:]+){0,3}?", lambda text: not known_state(text)),
        "state": Part(STATE.pattern, known_state),
    },
    begins=r"tcp",
)
DIVIDERS = {IOS: b".", IOS_XR: b":", OPEN_PORTS: b":"}

#: What shows that a line was meant to be a row.
BEGINS_LIKE_A_ROW = re.compile(
    rf" *(?:{ADDRESS_IN_MEMORY} +{DOTTED_ENDPOINT}|0x[0-9a-f]+ +(?:0x[0-9a-f]+ +)?[0-9]+ +[0-9]+|tcp +{ENDPOINT})"
    r"(?: |$)"
)
HEADING = re.compile(r" *(?:TCB +Local Address|PCB +(?:VRF-ID +)?Recv-Q|Prot +Local Address)\b")
COMMAND = r"\S*[#>] *(?:sh(?:ow?)? +tcp +br|sh(?:ow?)? +control\S* +h\S* +o)"


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of a Cisco router."""
    return sum(any(layout.places(line) for layout in DIVIDERS) or bool(HEADING.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP connections of one router."""
    rows, divider = max(((read_rows(paste, layout), divider) for layout, divider in DIVIDERS.items()), key=row_count)
    return [
        Reading(
            format=FORMAT.name,
            columns=connection_columns(rows, divider),
            lines_not_understood=tuple(
                paste.not_understood(line, "It begins like a row of a router's table, but is none.")
                for line in rows.missed.tolist()
                if BEGINS_LIKE_A_ROW.match(paste[line])
            ),
        )
    ]


def row_count(found: tuple[Rows, bytes]) -> int:
    """How many rows were found."""
    return len(found[0])


def connection_columns(rows: Rows, divider: bytes) -> dict[str, ColumnValues]:
    """The rows as columns of the one table."""
    state = rows.coded("state").mapped(lambda word: word and known_state(word))
    columns: dict[str, ColumnValues] = {
        "protocol": ["tcp"] * len(rows),
        **rows.endpoint("local", "local", divider),
        **rows.endpoint("remote", "remote", divider),
        "state": state,
    }
    if "recv" in rows.columns:
        listening = rows_with(state, lambda name: name == "LISTEN")
        columns["recv_queue_bytes"] = only(rows.numbers("recv"), ~listening)
        columns["send_queue_bytes"] = only(rows.numbers("send"), ~listening)
    if "service" in rows.columns:
        columns["process"] = rows.coded("service")
    return columns


FORMAT = TextFormat(
    name="cisco_tcp_brief",
    told_by="Cisco IOS, IOS XE and IOS XR `show tcp brief`, IOS `show control-plane host open-ports`, as text",
    opens=rf"{HEADING.pattern}|{COMMAND}",
    recognises=recognises,
    read=read,
)
