from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks, netstat_aix, read
from closewait.formats.paste import Paste
from closewait.snapshot.table import Snapshot

ROWS = """\
# netstat -Aan | grep 1334
f1000e0000180bb8 tcp4       0      0  *.1334                *.*                   LISTEN
f1000e000258d3b8 tcp        1      0  192.0.2.1.1334        192.0.2.2.58420       CLOSE_WAIT
"""
QUESTION = "# rmsock f1000e000258d3b8 tcpcb\n"
ANSWER = "The socket 0xf1000e000258d008 is being held by proccess 3211434 (writesrv).\n"


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (QUESTION, ANSWER),
        (QUESTION.replace("f1000", "0xF1000"), ANSWER.replace("proccess", "process")),
        ("root@aix:/> rmsock f1000e000258d3b8 tcpcb\n\n", ANSWER),
        ("rmsock f1000e000258d3b8 tcpcb\n", f"  {ANSWER}"),
    ],
)
def test_an_answer_names_the_holder_of_the_row_asked_about(asked: str, answered: str) -> None:
    """The address in the answer is the socket's, not the PCB's, so the question tells the row."""
    look = look_at(ROWS + asked + answered)

    assert look.format == "netstat_aix"
    assert look.sockets.select("local_port", "state", "pid", "process").rows() == [
        (1334, "LISTEN", None, None),
        (1334, "CLOSE_WAIT", 3211434, "writesrv"),
    ]


@pytest.mark.parametrize(
    "below",
    [
        ANSWER,
        QUESTION,
        QUESTION + "The socket 0xf1000e000258d008 is being held by Kernel/Kernel Extension.\n",
        QUESTION + "socket 0x258d008 is removed.\n",
        QUESTION.replace("tcpcb", "inpcb") + ANSWER,
        QUESTION.replace("258d3b8", "258dbb8") + ANSWER,
    ],
    ids=["no question", "no answer", "kernel", "removed", "udp", "another row"],
)
def test_nothing_else_names_a_holder(below: str) -> None:
    """A wrong holder is worse than none."""
    assert look_at(ROWS + below).sockets["pid"].to_list() == [None, None]


def test_the_heading_alone_tells_aix() -> None:
    """Without it and without rmsock, AIX prints what a BSD prints."""
    heading = "PCB/ADDR         Proto Recv-Q Send-Q  Local Address      Foreign Address    (state)\n"

    assert look_at(heading + ROWS).format == "netstat_aix"
    assert look_at(ROWS).format == "netstat_bsd"


def test_unix_sockets_are_passed_over() -> None:
    """They take two lines each, the second a number alone."""
    look = look_at(f"""\
{QUESTION}{ROWS}
Active UNIX domain sockets
SADR/PCB         Type   Recv-Q Send-Q      Inode            Conn             Refs           Nextref      Addr
f1000f000010a408 dgram       0      0 f1000b02a0354c20                0                0                0 /dev/SRC
f1000f000557b280
""")

    assert (look.sight.rows, look.sight.lines_not_understood) == (2, ())


LINES = st.sampled_from([*ROWS.splitlines(), QUESTION.strip(), ANSWER.strip(), "PCB/ADDR  Proto", "", "f1000e tcp4 0"])


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(LINES, max_size=12))
def test_any_text_gives_rows_or_one_complaint(lines: list[str]) -> None:
    """Whatever stands in a file, it is read or refused, and every column has a value for each row."""
    text = "\n".join(lines)
    found = [*netstat_aix.read(Paste.of(text))]
    with suppress(BadInput):
        found += read(text.encode(), name="dump.txt")

    for each in found:
        assert len({len(column) for column in each.columns.values()}) <= 1
