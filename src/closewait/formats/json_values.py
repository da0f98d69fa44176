"""The JSON in a text: whole, one value on each line, behind other words on a line, or cut off at either end.

A value that is whole is read by the standard library. Where one is broken, its brackets are counted, once, to find what
inside it is whole. Either way the time is proportional to the text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from closewait.formats.paste import Paste
from closewait.records import record
from closewait.snapshot.sight import LineNotUnderstood

BEGINS = re.compile(r'\{\s*["}]|\[\s*[\[{]')  # an object, or a list of them: `[root@host ~]#` is neither
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+"|"[^\n]*|[{}\[\]]|[:,]|[^\s"{}\[\]:,]+')
PLAIN_VALUE = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
CLOSES = {"}": "{", "]": "["}


@record
class Value:
    """An object or a list, and where it begins, in characters; `content` is None where it is broken there."""

    begin: int
    content: Any


def values_in(paste: Paste) -> tuple[list[Any], tuple[LineNotUnderstood, ...]]:
    """Every outermost JSON object and list in `paste`, and the lines on which one is broken."""
    text = "\n".join(paste)
    whole: list[Any] = []
    broken: dict[int, LineNotUnderstood] = {}
    line, counted = 0, 0
    for value in values(text):
        line, counted = line + text.count("\n", counted, max(counted, value.begin)), max(counted, value.begin)
        if value.content is not None:
            whole.append(value.content)
        elif line not in broken:
            broken[line] = paste.not_understood(line, "the JSON is broken or cut off here")
    return whole, tuple(broken.values())


def values(text: str) -> Iterator[Value]:
    """Every outermost JSON object and list in `text`, in order; of a broken one, what is whole inside, behind it."""
    decoder = json.JSONDecoder()
    at = 0
    while begins := BEGINS.search(text, at):
        try:
            content, at = decoder.raw_decode(text, begins.start())
        except (ValueError, RecursionError):
            yield from salvaged(text, begins.start())
            return
        yield Value(begins.start(), content)


@dataclass(slots=True)
class Opened:
    """A bracket that is not closed yet, and the whole values inside it so far."""

    bracket: str
    begin: int
    inside: list[tuple[int, int]] = field(default_factory=list)


def salvaged(text: str, start: int) -> Iterator[Value]:
    """As `values`, from `start` on, where something is broken."""
    opened: list[Opened] = []
    before = ""
    for found in TOKEN.finditer(text, start):
        token = found[0]
        if token in "{[" and (not opened or before in ("[", ",", ":")):
            if opened or BEGINS.match(text, found.start()):
                opened.append(Opened(token, found.start()))
        elif opened and opened[-1].bracket == CLOSES.get(token):
            closed = opened.pop()
            if opened:
                opened[-1].inside.append((closed.begin, found.end()))
            else:
                yield from decoded(text, closed.begin, found.end())
        elif opened and not is_inside(token, opened[-1].bracket, before):
            yield from whole_parts(text, opened)
            opened = [Opened(token, found.start())] if token == "{" and BEGINS.match(text, found.start()) else []
        before = token
    yield from whole_parts(text, opened)


def is_inside(token: str, bracket: str, before: str) -> bool:
    """Whether this token may stand inside such a bracket, behind that token."""
    if token[0] == '"':
        return len(token) > 1 and token[-1] == '"'
    return token == "," or (token == ":" and bracket == "{" and before[:1] == '"') or bool(PLAIN_VALUE.fullmatch(token))


def whole_parts(text: str, opened: list[Opened]) -> Iterator[Value]:
    """Where a value is broken, and the values inside it that are whole."""
    if opened:
        yield Value(opened[0].begin, None)
    for bracket in opened:
        for begin, end in bracket.inside:
            yield from decoded(text, begin, end)


def decoded(text: str, begin: int, end: int) -> Iterator[Value]:
    """The value between two places, broken though its brackets match where the rest is no JSON."""
    try:
        yield Value(begin, json.loads(text[begin:end]))
    except (ValueError, RecursionError):
        yield Value(begin, None)
