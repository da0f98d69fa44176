"""What somebody wrote beside the dumps, in any language: kept word for word, and shown as hearsay."""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, Remark

LONGEST_NOTE = 20_000  # characters; nobody writes more beside a dump
LEAST_WORDS, LEAST_LETTERS = 3, 4  # of a script with blanks between words, of one without
WORDS_SHARE = 0.5  # of what stands between blanks
MARKS = ".,;:!?()[]\"'`*-…“”„«»‘’。，、：；！？（）"
LAID_OUT_SHARE = 0.5  # of the lines: tables, settings and code are not written in sentences
LAID_OUT = re.compile(r"\S(?: {3,}|\t)\S|^\W*$|^[^:=]{1,40}[:=] *\S{0,40}$|[{};]$|^ *[<{\[]")
WITHOUT_BLANKS = "\u3000"  # from here on scripts that put no blanks between words: Japanese, Chinese, Korean


def read(text: str, origin: str) -> Evidence | None:
    """A text most of whose words are words."""
    if len(text) > LONGEST_NOTE:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    if sum(LAID_OUT.search(line) is not None for line in lines) > LAID_OUT_SHARE * len(lines):
        return None
    pieces = [piece.strip(MARKS) for piece in text.split()]
    written = [piece for piece in pieces if is_word(piece)]
    together = sum(character >= WITHOUT_BLANKS and character.isalpha() for character in text)
    if len(written) < LEAST_WORDS and together < LEAST_LETTERS:
        return None
    if len(written) < WORDS_SHARE * len(pieces):
        return None
    return evidence(origin, "what somebody wrote", remarks=(Remark(origin, text.strip()),))


def is_word(piece: str) -> bool:
    """Letters, perhaps with a hyphen or an apostrophe inside: `don't`, `half-closed`, `CLOSE_WAIT`."""
    return len(piece) < 40 and piece.replace("-", "").replace("'", "").replace("’", "").replace("_", "").isalpha()


KIND = Kind(name="note", told_by="what somebody wrote about the case, in sentences", read=read)
