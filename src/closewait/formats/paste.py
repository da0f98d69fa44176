"""Bytes that somebody saved or pasted, as numbered lines that formats can read.

Decoding and tidying happen once, here. Tidying takes away what a terminal, a mail, a web page or a comment wrote around
a line; it takes no line away, so numbers stay those of the original, and the original stays as evidence.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from closewait.formats.words import Words
from closewait.snapshot.sight import LineNotUnderstood

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: Bytes that are letters in a Windows console's code page (850, 437: `\x99` is Ö) and marks in cp1252, and the reverse.
CONSOLE_LETTERS = bytes(range(0x80, 0xA0))
ANSI_LETTERS = bytes(range(0xC0, 0x100))

ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\n]*\x07|[@-Z\\-_])")
CONTROLS = bytes((*range(0x0A), *range(0x0B, 0x20), 0x7F))
BLANKS = str.maketrans(
    dict.fromkeys((*CONTROLS, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000), " ")
    | dict.fromkeys((0x200B, 0x200E, 0x200F, 0xFEFF), "")  # marks without a width
)
ODD_SPACES = tuple(map(bytes.fromhex, ("c285", "c2a0", "e19a80", "e280", "e2819f", "e38080", "efbbbf")))  # in UTF-8

#: What stands around a line and is not of it: (what is taken away, what is put there), tried in this order.
WRAPPINGS = (
    (re.compile(r"</?(?:br|pre|code|p|div|span|tt|td|tr|blockquote)\b[^<>]*>", re.IGNORECASE), ""),
    (re.compile(r"&gt;"), ">"),
    (re.compile(r"&lt;"), "<"),
    (re.compile(r"&nbsp;"), " "),
    (re.compile(r"&amp;"), "&"),
    (re.compile(r"^(?: *>)+ "), ""),  # mail, markdown
    (re.compile(r"^ *(?:#+|//+|--(?:\[\[)?|/?\*+|;+|')(?: +|$)"), ""),  # comments of many languages
    (re.compile(r"^ *\[\d{4}[-/]\d\d?[-/]\d\d?[ T]\d\d?:\d\d:\d\d(?:[.,]\d+)?\] (?= *\S)"), ""),  # a console's log
    (re.compile(r"\\([*_@~$#\[\]`])"), r"\1"),  # markdown
    (re.compile(r"=20$"), ""),  # quoted-printable mail
)
#: Only a line that begins with one of these can have a wrapping, or one that contains what begins one of the others
#: (`<->` of ss begins none of them).
WRAPPED_BEGINS = b">#/-*;'["
WRAPPED_CONTAINS = {
    b"<": re.compile(rb"</?[A-Za-z]"),
    b"&": re.compile(rb"&(?:gt|lt|nbsp|amp);"),
    b"\\": re.compile(rb"\\[*_@~$#\[\]`]"),
}
QUOTED_PRINTABLE_END = b"=20\n"

FENCE = re.compile(r" *(?:```|~~~)")

#: Programs whose output is a dump, as a shell line names them: bare, or behind a prompt.
COMMAND = re.compile(
    r"^(?:.*?[$#>%\]❯~»] ?)??(?:sudo +)?(?:/[\w/]*/)?"
    r"(?P<command>(?:(?:busybox +)?netstat|ss|lsof|sockstat|conntrack|procstat)(?:\.exe)?"
    r"(?= *$| +[-/|>'\"(\u2010-\u2015]| +(?:state|src|dst|sport|dport)\b)"
    r"|(?:cat|type|more|less|head|tail) +\S*/?proc/\S*net/|Get-NetTCPConnection\b).*",
    re.IGNORECASE,
)


def decode(data: bytes) -> str:
    """The text in `data`, whatever it is encoded in."""
    encoding, mark = encoding_of(data)
    return data[mark:].decode(encoding, errors="replace")


def encoding_of(data: bytes) -> tuple[str, int]:
    """How a text is encoded, and how many bytes mark that at its beginning.

    A byte order mark tells it, then the NULs of UTF-16, then whether it is UTF-8; else it is a Windows code page. A
    dump's columns are ASCII in every code page, so a wrong guess among those spoils headings at most.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    beginning = data[:4096]
    nuls_at_even, nuls_at_odd = beginning[::2].count(0), beginning[1::2].count(0)
    if max(nuls_at_even, nuls_at_odd) * 5 > len(beginning) and min(nuls_at_even, nuls_at_odd) * 20 < len(beginning):
        return ("utf-16-le" if nuls_at_odd > nuls_at_even else "utf-16-be"), 0
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # the last character may be cut
    except UnicodeDecodeError:
        in_utf8 = data.decode("utf-8", errors="replace")
        letters = sum(character > "\x7f" for character in in_utf8)
        if in_utf8.count("\ufffd") * 2 > letters:
            console, ansi = (
                len(data) - len(data.translate(None, letters)) for letters in (CONSOLE_LETTERS, ANSI_LETTERS)
            )
            return ("cp850" if console >= ansi else "cp1252"), 0
    return "utf-8", 0


def tidy(line: str) -> str:
    """The line without what was wrapped around it."""
    for wrapping, inside in WRAPPINGS:
        line = wrapping.sub(inside, line)
    return line


def command(line: str) -> str | None:
    """The dump-making command that a shell line runs, without its prompt; None when it runs none.

    >>> command("[root@haproxy1 ~]# ss -ant")
    'ss -ant'
    """
    found = COMMAND.match(line)
    return line[found.start("command") :].rstrip() if found else None


class Paste(Sequence[str]):
    """Successive lines of a text: a sequence of tidied lines that knows their words, numbers and originals."""

    def __init__(self, words: Words, originals: Mapping[int, str], first_line_no: int = 1) -> None:
        self.words = words
        self._originals = originals  # by line number, of the lines that tidying changed
        self.first_line_no = first_line_no

    @classmethod
    def of(cls, text: str, first_line_no: int = 1) -> "Paste":
        """All lines of `text`, tidied."""
        text = with_plain_newlines(text)
        words = Words.of(text)
        if has_odd_spaces(words):
            words = Words.of(with_plain_blanks(text))
        suspects = {int(line) for line in words.lines_beginning_with_one_of(WRAPPED_BEGINS)}
        for octet, wrapping in WRAPPED_CONTAINS.items():
            if wrapping.search(words.text.data):
                suspects.update(words.lines_containing(octet).tolist())
        if b"=" in words.text.data and QUOTED_PRINTABLE_END in words.text.data:
            suspects.update(words.lines_containing(b"=").tolist())
        tidied = {line: tidied for line in suspects if (tidied := tidy(words.line(line))) != words.line(line)}
        if not tidied:
            return cls(words, {}, first_line_no)
        lines = list(words)
        originals = {first_line_no + line: lines[line] for line in tidied}
        for line, inside in tidied.items():
            lines[line] = inside
        return cls(Words.of("\n".join(lines) + "\n"), originals, first_line_no)

    def __len__(self) -> int:
        return len(self.words)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Paste": ...
    def __getitem__(self, index: int | slice) -> "str | Paste":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return Paste(self.words.section(start, stop), self._originals, self.first_line_no + start)
        return self.words.line(range(len(self))[index])

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def original(self, index: int) -> str:
        """The line at `index` as found."""
        return self._originals.get(self.first_line_no + index) or self[index]

    def not_understood(self, index: int, why: str) -> LineNotUnderstood:
        """The line at `index` as found, with its number in the whole text and the reason why it gave no row."""
        return LineNotUnderstood(self.first_line_no + index, self.original(index), why)


def with_plain_newlines(text: str) -> str:
    """The text with a newline at the end of each line, and without a terminal's escape sequences."""
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return ESCAPE_SEQUENCE.sub("", text) if "\x1b" in text else text


def with_plain_blanks(text: str) -> str:
    """The text with a blank for every other control character and odd space."""
    return text.translate(BLANKS)


def has_odd_spaces(words: Words) -> bool:
    """Whether control characters or odd spaces stand in these lines; most dumps have none and are read once."""
    octets = words.text.data
    odd = not octets.isascii() and any(space[:1] in octets and space in octets for space in ODD_SPACES)
    return odd or words.text.has_odd_controls
