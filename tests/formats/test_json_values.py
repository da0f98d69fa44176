import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats.json_values import values, values_in
from closewait.formats.paste import Paste

ROW, OTHER = {"pid": "1", "path": "a \"b\" {c}"}, {"pid": "2", "tags": ["x", {"y": None}]}  # fmt: skip
LISTED = json.dumps([ROW, OTHER])


def found(text: str) -> list[Any]:
    """The whole values in a text, and None where one is broken."""
    return [value.content for value in values(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (LISTED, [[ROW, OTHER]]),
        (json.dumps([ROW, OTHER], indent=2), [[ROW, OTHER]]),
        (f"{json.dumps(ROW)}\n{json.dumps(OTHER)}\n", [ROW, OTHER]),
        (f"Dec 2 00:00:01 (host) any->/var/log/x {json.dumps(ROW)}\n", [ROW]),
        (f"[root@host ~]# lsof -J\n{json.dumps(ROW)}\n[root@host ~]# ", [ROW]),
        (LISTED[:-1], [None, ROW, OTHER]),
        (LISTED[: LISTED.index('"tags"')], [None, ROW]),
        (f'{{"rows": {LISTED}, "more"', [None, [ROW, OTHER]]),
        (f'{{"path": "cut he\nDec 2 {json.dumps(OTHER)}', [None, OTHER]),
        (f'{{"pid": "1",\n{json.dumps(OTHER)}', [None, OTHER]),
        ('{"a" "b"}', [None]),
        ("[1, 2, 3]", []),
        ("no JSON {here}, [none] at all", []),
    ],
)
def test_what_is_whole_is_found(text: str, wanted: list[Any]) -> None:
    """Prompts, log prefixes and cuts stand around values; what is whole inside a broken one is not lost."""
    assert found(text) == wanted


def test_broken_values_are_cited_once_for_each_line() -> None:
    """The line where a broken value begins is named, with its number."""
    whole, broken = values_in(Paste.of(f'\n{LISTED}\n{{"a": [{{"b": "\n'))

    assert whole == [[ROW, OTHER]]
    assert [line.line_no for line in broken] == [3]


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from('{}[]",:\\ab1 \n'), max_size=200))
def test_any_text_has_some_values_or_none(text: str) -> None:
    """Brackets and quotes in any order end somewhere, and every value found is one that the text contains."""
    for value in values(text):
        assert value.content is None or isinstance(value.content, dict | list)
        assert text[value.begin] in "{["


@pytest.mark.parametrize("piece", ["[", '{"', "[{", '{"a":', '[{"a":1},', '"\\"', '{"a":1} ', "{", '{"\n'])
def test_the_time_is_proportional_to_the_text(piece: str) -> None:
    """Thirty thousand open brackets or quotes are read as fast as rows are; a quadratic reader takes minutes."""
    assert sum(1 for _ in values(piece * 30_000)) <= 30_001
