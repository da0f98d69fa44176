"""A sequence of `tcp/transitions.py` drawn with both ends: this end on the left, the peer on the right, time downwards.

    ESTABLISHED   ──────────────── FIN ───────────────▶  ESTABLISHED

A state is written again where the other end moves; the rows where a socket stands now carry a mark.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from closewait.tcp.transitions import SEQUENCES, Step
from closewait.views.canvas import ASCII_CHARACTERS, BOX_CHARACTERS, LEFT, RIGHT, Alphabet
from closewait.views.page import wrapped

SCHEMA = "closewait/1"
SEQUENCE_SAID = {
    "close": "an orderly close",
    "half-close": "a close after a half-close",
    "simultaneous": "a simultaneous close",
    "reset": "an abort",
    "open": "the opening",
}
DRAWN_FROM = "RFC 9293 sections 3.5, 3.6 and 3.6.1, figures 6, 12 and 13; drawn from the table of transitions"

STATE_COLUMNS = 13  # SYN_RECEIVED, and a blank
MARK_COLUMNS = 3
LEAST_ARROW_COLUMNS = 12
YOU_ARE_HERE = "you are here"


def drawn(steps: Sequence[Step], *, here: Collection[int] = (), width: int = 80, ascii: bool = False) -> str:
    """The steps, one below the other; those numbered in `here` are marked. `ascii`: characters every terminal has."""
    alphabet = ASCII_CHARACTERS if ascii else BOX_CHARACTERS
    arrow_columns = max(LEAST_ARROW_COLUMNS, width - MARK_COLUMNS - 2 * STATE_COLUMNS - 1)
    heads = _row("this end", " " * arrow_columns, "the peer", marked=False, alphabet=alphabet)
    lines = [heads]
    for number, step in enumerate(steps):
        lines += wrapped(
            step.happens, width, " " * (MARK_COLUMNS + STATE_COLUMNS), " " * (MARK_COLUMNS + STATE_COLUMNS)
        )
        arrow = _arrow(step.segment, arrow_columns, alphabet)
        lines.append(_row(step.here, arrow, step.there, marked=number in here, alphabet=alphabet))
    return "\n".join([*lines, *_legend(here, alphabet)])


def _row(left: str, between: str, right: str, *, marked: bool, alphabet: Alphabet) -> str:
    mark = alphabet.heads[RIGHT] if marked else ""
    return f" {mark:{MARK_COLUMNS - 1}}{left:{STATE_COLUMNS}}{between} {right}".rstrip()


def _arrow(segment: str | None, columns: int, alphabet: Alphabet) -> str:
    """`──── FIN ───▶`: what is on its way, and whereto; blanks where nothing is."""
    if segment is None:
        return " " * columns
    direction, _, what = segment.partition(" ")
    line = alphabet.lines[LEFT | RIGHT]
    inner = f" {what} ".center(columns - 2, line)
    left = alphabet.heads[LEFT] if direction.startswith("<") else line
    right = alphabet.heads[RIGHT] if direction.endswith(">") else line
    return left + inner + right


def _legend(here: Collection[int], alphabet: Alphabet) -> Iterator[str]:
    if here:
        several = ", at one of these rows" if len(here) > 1 else ""
        yield ""
        yield f" {alphabet.heads[RIGHT]} {YOU_ARE_HERE}{several}"


def sequence_text(name: str, *, width: int = 80, ascii: bool = False) -> str:
    """One of `SEQUENCES`, seen from the end that acts first."""
    said = SEQUENCE_SAID[name]
    drawing = drawn(SEQUENCES[name], width=width, ascii=ascii)
    return "\n\n".join([said[0].upper() + said[1:], drawing, "\n".join(wrapped(DRAWN_FROM, width, "", ""))])


def sequence_json(name: str) -> dict[str, Any]:
    """The same for programs."""
    steps = [step_json(step) for step in SEQUENCES[name]]
    return {"schema": SCHEMA, "kind": "sequence", "asked": name, "steps": steps}


def step_json(step: Step) -> dict[str, Any]:
    """One step, as somebody at this end sees it."""
    return {"happens": step.happens, "segment": step.segment, "here": step.here, "there": step.there}
