"""A log of many dumps, larger than memory, read in pieces that end where a dump ends.

Blocks of bytes become whole lines, lines are read as any paste is, and all dumps in them but the last, which may go on
in the next block, are let go before more is read. A dump that is larger than what is held at once is waited for.
"""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from closewait.errors import BadInput
from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste, encoding_of, with_plain_newlines
from closewait.formats.reading import TRY, dumps, suspicion, tells_something

HEAD_BYTES = 4096  # tell how the text is encoded
HELD_CHARACTERS = 8 << 20  # read at once: two looks at 40,000 sockets
LINES_BEFORE_A_DUMP = 1_000  # are kept of what holds no dump


def streamed(
    blocks: Iterable[bytes], name: str, formats: Sequence[TextFormat], *, held: int = HELD_CHARACTERS
) -> Iterator[Reading]:
    """Every reading in the text of these blocks, as if it were read whole; `held` characters are read at once.

    Raises BadInput, when all is read, where there was no dump.
    """
    text, line_no, enough, found = "", 1, held, False
    heading: Reading | None = None  # without rows, which is told where there is nothing else
    lines = Lines()
    for more in chain((lines.of(block) for block in blocks), [None]):
        text += lines.rest() if more is None else more
        if more is not None and len(text) < enough:
            continue
        paste = Paste.of(text, line_no)
        sections = list(dumps(paste, formats))
        whole = sections if more is None else sections[:-1]
        for reading in (reading for dump in whole for reading in dump.read(paste)):
            if tells_something(reading):
                found = True
                yield reading
            heading = heading or reading
        begin = sections[-1].start if sections else max(0, len(paste) - LINES_BEFORE_A_DUMP)
        text = last_lines(text, len(paste) - begin)
        line_no += begin
        enough = max(held, 2 * len(text))
    if not found and heading is None:
        raise BadInput(f"{name} is not a socket dump that closewait knows{suspicion(lines.head)}. {TRY}")
    if not found and heading is not None:
        yield heading


def last_lines(text: str, count: int) -> str:
    """The last lines of a text that ends with a newline."""
    return "\n".join(text.rsplit("\n", count + 1)[1:]) if text.count("\n") > count else text


class Lines:
    """Bytes as they come, decoded to whole lines with plain newlines; the beginning tells how."""

    def __init__(self) -> None:
        self.head = b""
        self._decoder: codecs.IncrementalDecoder | None = (
            None  # of an encoding with several bytes for a letter of ASCII
        )
        self._encoding: str | None = None  # of one without, once a line is not ASCII
        self._begun = False
        self._bytes: list[bytes] = []
        self._text: list[str] = []

    def of(self, block: bytes) -> str:
        """The lines that end in this block."""
        if not self._begun:
            self.head += block
            if len(self.head) < HEAD_BYTES:
                return ""
            block = self._begin()
        if self._decoder:
            return self._ended(self._decoder.decode(block))
        before, newline, behind = block.rpartition(b"\n")
        if not newline:
            self._bytes.append(block)
            return ""
        whole = b"".join((*self._bytes, before, newline))
        self._bytes = [behind]
        return with_plain_newlines(self._decoded(whole))

    def rest(self) -> str:
        """What stands behind the last newline; a last line need not end with one."""
        begun = "" if self._begun else self._begin_late()
        behind = self._decoder.decode(b"", final=True) if self._decoder else self._decoded(b"".join(self._bytes))
        last = with_plain_newlines("".join((begun, *self._text, behind)))
        return last if not last or last.endswith("\n") else last + "\n"

    def _begin(self) -> bytes:
        """Settle how to decode, and give what is to be decoded of the beginning."""
        self._begun = True
        encoding, mark = encoding_of(self.head)
        if encoding.startswith(("utf-16", "utf-32")):
            self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        return self.head[mark:]

    def _begin_late(self) -> str:
        """All of a text that is shorter than a beginning."""
        block = self._begin()
        if self._decoder:
            return self._decoder.decode(block)
        self._bytes.append(block)
        return ""

    def _decoded(self, whole: bytes) -> str:
        """Lines in an encoding that has ASCII in it; the first that are not ASCII tell which."""
        if self._encoding is None and not whole.isascii():
            self._encoding = encoding_of(whole)[0]
        return whole.decode(self._encoding or "ascii", errors="replace")

    def _ended(self, text: str) -> str:
        """The lines of a text that end in it."""
        before, newline, behind = text.rpartition("\n")
        if not newline:
            self._text.append(text)
            return ""
        whole = "".join((*self._text, before, newline))
        self._text = [behind]
        return with_plain_newlines(whole)
