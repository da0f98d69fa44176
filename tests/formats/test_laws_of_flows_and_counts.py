"""Laws of the formats of flows, of counts and of Windows' other tools, whatever is done to what they print."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import (
    conntrack,
    get_nettcpconnection,
    looks,
    proc_net_sockstat,
    ss_summary,
    summary,
    tcpvcon,
    volatility_netscan,
)
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.snapshot.columns import FLOWS, SOCKETS
from closewait.snapshot.table import frame
from tests.formats.mangled_text import mangled

FORMATS = [
    module.FORMAT
    for module in (conntrack, get_nettcpconnection, tcpvcon, volatility_netscan, summary, ss_summary, proc_net_sockstat)
]
GOLDEN = Path(__file__).parent / "golden"
RECORDED = {
    format.name: [file.read_text() for file in sorted((GOLDEN / format.name).glob("*.txt"))] for format in FORMATS
}
PIECES = (
    "tcp 6 9 CLOSE_WAIT src=1 dst=2 sport=3 dport=4 ", "a 1 ", "ipv4 2 tcp 6 1(", "src=1 dst=", "[NEW] tcp 6 1 ",
    "LocalAddress ", '"LocalAddress",', "LocalPort : ", '{"LocalPort":', "10.0.0.1 443 ", "--- ", ":: 1 :: 2 Listen ",
    "TCP,a,1,", "[TCP] a ", "0x3e6daa58 TCPv4 a:1 ", "0x1 ", "7 CLOSE_WAIT ", "CLOSE_WAIT 7 ", "| ", "1,000",
    "TCP: 1 (estab 1, ", "TCP: inuse 1 orphan ", "tw 1 ", " ", "\\",
)  # fmt: skip


def heights(readings: Sequence[Reading]) -> int:
    """How many rows all readings have; raises where their columns do not fit into the table."""
    return sum(
        frame(FLOWS if reading.kind == "flows" else SOCKETS, reading.columns).height + len(reading.states or ())
        for reading in readings
    )


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_mangled_dump_is_read_or_refused(format: TextFormat, data: st.DataObject) -> None:
    """Whatever is cut out or put in, there are rows or counts that fit the table, or one clear error."""
    text = data.draw(mangled(RECORDED[format.name]))
    paste = Paste.of(text)

    assert format.recognises([*paste]) >= 0
    assert heights(format.read(paste)) <= 4 * (text.count("\n") + 1)
    with suppress(BadInput):
        assert looks(text.encode(errors="replace"), "mangled")


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@pytest.mark.parametrize("piece", PIECES)
def test_the_time_is_proportional_to_the_text(format: TextFormat, piece: str) -> None:
    """One endless line, or many of the same, are read as fast as rows are; a quadratic reader takes minutes."""
    for text in (piece * (60_000 // len(piece)), f"{piece}\n" * (60_000 // len(piece))):
        paste = Paste.of(text)
        format.recognises([*paste])
        assert heights(format.read(paste)) >= 0


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_many_dumps_take_as_long_as_all_of_them(format: TextFormat) -> None:
    """Twenty thousand lines of what the tool prints; a reader that looks at all lines for each row takes minutes."""
    text = "\n".join(RECORDED[format.name])
    paste = Paste.of(text * (1 + 20_000 // text.count("\n")))

    assert format.recognises([*paste]) >= 0
    assert heights(format.read(paste)) > 0
