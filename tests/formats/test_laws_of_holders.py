"""Laws of the formats that tell who holds which descriptor, whatever is done to what their tools print."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks, lsof, lsof_fields, lsof_json, osquery, procstat, psutil_repr, sockstat
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import frame
from tests.formats.mangled_text import mangled

FORMATS = [module.FORMAT for module in (lsof, lsof_fields, lsof_json, sockstat, procstat, psutil_repr, osquery)]
GOLDEN = Path(__file__).parent / "golden"
RECORDED = {
    format.name: [file.read_text() for file in sorted((GOLDEN / format.name).glob("*.txt"))] for format in FORMATS
}


def heights(readings: Sequence[Reading]) -> int:
    """How many rows all readings have; raises where their columns do not fit into the table."""
    return sum(frame(SOCKETS, reading.columns).height for reading in readings)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_mangled_dump_is_read_or_refused(format: TextFormat, data: st.DataObject) -> None:
    """Whatever is cut out or put in, there are rows that fit the table, or one clear error."""
    text = data.draw(mangled(RECORDED[format.name]))

    paste = Paste.of(text)
    assert format.recognises([*paste]) <= len(paste)
    assert heights(format.read(paste)) <= 2 * max(text.count("\n") + 1, text.count("fd"))
    with suppress(BadInput):
        assert looks(text.encode(errors="replace"), "mangled")


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@pytest.mark.parametrize(
    "piece",
    ["root a 1 3u IPv4 0t0 TCP ", "a:1->", "sconn(fd=1, family=", "p1\nf3\nnx\n", "u p 1 tcp4 a:1 ",
     "1 a 2 s - rw------ ", '[{"fd":"1",', '{"', "| pid ", "pid,port,", "+---", "::", "\\", " ", "0t0 TCP ", "[", "("],
)  # fmt: skip
def test_the_time_is_proportional_to_the_text(format: TextFormat, piece: str) -> None:
    """One endless line, or many of the same, are read as fast as rows are; a quadratic reader takes minutes."""
    for text in (piece * (60_000 // len(piece)), f"{piece}\n" * (60_000 // len(piece))):
        paste = Paste.of(text)
        format.recognises([*paste])
        assert heights(format.read(paste)) >= 0
