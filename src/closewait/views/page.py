"""A page that explains one thing: a title, a few sentences, then blocks of terms with their texts, in 80 columns."""

import textwrap
from collections.abc import Iterable, Iterator

from closewait.records import record

#: A term longer than this stands on a line of its own.
TERM_COLUMNS = 24
INDENT = "  "
DASH = "-"


@record
class Block:
    """A heading, a sentence or two, then terms beside their texts. `whole`: commands, which no line break may tear."""

    heading: str | None
    rows: tuple[tuple[str, str], ...] = ()
    lead: str = ""
    whole: bool = False

    def lines(self, width: int) -> Iterator[str]:
        """The block in lines of at most `width` columns; none where it has nothing but a heading."""
        if self.heading and (self.lead or self.rows):
            yield self.heading
        if self.lead:
            yield from wrapped(self.lead, width, INDENT, INDENT)
        columns = max((len(term) for term, _ in self.rows if len(term) <= TERM_COLUMNS), default=0)
        gap = 1 if all(term == DASH for term, _ in self.rows) else 2
        margin = INDENT + " " * (columns + gap if columns else 0)
        for term, text in self.rows:
            beside = f"{INDENT}{term}".ljust(len(margin))
            if len(term) > TERM_COLUMNS:
                yield INDENT + term
                beside = margin
            yield from [beside + text] if self.whole else wrapped(text, width, beside, margin)


def listed(heading: str, texts: Iterable[str], lead: str = "") -> Block:
    """A block of texts with a dash each."""
    return Block(heading, tuple((DASH, text) for text in texts), lead)


def commands(heading: str, lines: Iterable[str]) -> Block:
    """A block of commands to copy."""
    return Block(heading, tuple(("", line) for line in lines), whole=True)


@record
class Page:
    """What is explained, in everyday words first."""

    title: str
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]

    def text(self, width: int = 80) -> str:
        """The page in lines of at most `width` columns; commands stay whole."""
        parts = [[self.title]]
        parts += [wrapped(paragraph, width, INDENT, INDENT) for paragraph in self.lead]
        parts += [list(block.lines(width)) for block in self.blocks]
        return "\n\n".join("\n".join(part) for part in parts if part)


def wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    """`text` in lines of at most `width`, long words (addresses, paths) left whole."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first]
