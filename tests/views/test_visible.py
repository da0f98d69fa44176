"""What is shown to a person has no character that a terminal obeys, and ordinary text is left alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.views.visible import visible

UNPRINTED = ["Cc", "Cf", "Cs", "Zl", "Zp"]

printable_text = st.text(st.characters(exclude_categories=UNPRINTED))
hostile_text = st.text(st.characters(categories=UNPRINTED) | st.characters())


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("nginx\x1b[2J\x1b[31m", r"nginx\x1b[2J\x1b[31m"),
        ("title\x1b]0;pwned\x07", r"title\x1b]0;pwned\x07"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("exe.\u202egpj.java", r"exe.\u202egpj.java"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("line\u2028end\u2029", r"line\u2028end\u2029"),
        ("raw byte \udcff", r"raw byte \udcff"),
        ("eight-bit escape \x9b31m", r"eight-bit escape \x9b31m"),
        ("tag \U000e0041", r"tag \U000e0041"),
        ("nul\x00", r"nul\x00"),
    ],
)
def test_what_steers_a_terminal_is_written_out(told: str, shown: str) -> None:
    """Escapes, bidi controls, line ends and lone surrogates are shown as a person would type them."""
    assert visible(told) == shown


@pytest.mark.parametrize(
    "name",
    ["", "nginx: worker process", "日本語サーバ", "Größe", "מחשב", "café", "🦊", r"C:\Program Files\x1b", "100 %"],
)
def test_ordinary_text_is_left_alone(name: str) -> None:
    """Any script, emoji and a backslash are nobody's attack."""
    assert visible(name) == name


@given(hostile_text)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    """The result has no control, format, surrogate, line or paragraph character, whatever came in."""
    assert {unicodedata.category(character) for character in visible(text)}.isdisjoint(UNPRINTED)


@given(hostile_text)
def test_looking_twice_changes_nothing(text: str) -> None:
    """What is visible stays as it is, so text may pass through more than once."""
    assert visible(visible(text)) == visible(text)


@given(hostile_text)
def test_the_result_can_be_written_to_any_stream(text: str) -> None:
    """No lone surrogate is left that would end the program when it is printed."""
    visible(text).encode("utf-8")


@given(printable_text)
def test_printable_text_is_unchanged(text: str) -> None:
    """Only characters without a shape are touched."""
    assert visible(text) == text
