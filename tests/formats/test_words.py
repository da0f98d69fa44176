import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.arrays import masked
from closewait.formats.words import Spans, Words

WORDS = st.text(
    st.characters(min_codepoint=0x21, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=30
)
NUMBERS = st.integers(0, 10**18).map(str) | st.sampled_from(
    ["", "0", "007", "1:", "/1", "12a", "a12", "٣", "9" * 16, "9" * 17]
)


def one_word_lines(words: list[str]) -> Spans:
    """The words, each of which has a line to itself."""
    table = Words.of("\n".join(words))
    lines = table.lines_beginning(lambda word: True)

    return table.run(lines, 0, 0)


@given(st.lists(st.lists(WORDS, max_size=5), max_size=8))
def test_words_are_what_stands_between_blanks(lines: list[list[str]]) -> None:
    """Each line has its words, in order, however many blanks there are."""
    table = Words.of("".join("  " + "   ".join(words) + " \n" for words in lines))
    found = [
        [table.line(line).encode()[a:b].decode() for a, b in table.places_in_line(line)] for line in range(len(table))
    ]

    assert found == lines
    assert table.counts.tolist() == [len(words) for words in lines]


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_coded_words_are_the_words(words: list[str]) -> None:
    """Every row has its own text back, whatever its length and alphabet, and each different text occurs once."""
    coded = one_word_lines(words).coded

    assert [coded[row] for row in range(len(coded))] == words
    assert sorted(text or "" for text in coded.values) == sorted(set(words))


@pytest.mark.parametrize("many", [1, 1000])
def test_texts_made_to_look_alike_are_told_apart(many: int) -> None:
    """Two texts with one hash are found out: hashes only sort, bytes decide."""
    words = ["10.0.0.1:5000abc", "vw-pvlnxW@&=!TU[", "x" * 200] * many
    coded = one_word_lines(words).coded

    assert [coded[row] for row in range(len(coded))] == words


@given(st.lists(NUMBERS.filter(bool), min_size=1, max_size=30))
def test_numbers_are_decimal_digits_and_nothing_else(words: list[str]) -> None:
    """Up to sixteen ASCII digits are a number; anything else is none."""
    numbers = one_word_lines(words).numbers

    assert numbers.tolist() == [
        int(word) if word.isascii() and word.isdigit() and len(word) <= 16 else None for word in words
    ]
    assert masked(numbers).tolist() == [number is None for number in numbers.tolist()]


@given(st.lists(st.text(":a1é", min_size=1, max_size=9), min_size=1, max_size=20))
def test_the_last_colon_parts_a_word(words: list[str]) -> None:
    """Without a colon all of it stands before, and nothing behind."""
    before, behind = one_word_lines(words).halves
    parted = [word.rpartition(":") if ":" in word else (word, "", None) for word in words]

    assert [(before.coded[row], behind.coded[row]) for row in range(len(words))] == [(a, b) for a, _, b in parted]


@given(st.lists(st.text("ab ", max_size=6), min_size=1), st.data())
def test_a_section_has_the_lines_of_the_whole(lines: list[str], data: st.DataObject) -> None:
    """A part of a text is read as if it stood alone."""
    start = data.draw(st.integers(0, len(lines)))
    stop = data.draw(st.integers(start, len(lines)))
    section = Words.of("".join(line + "\n" for line in lines)).section(start, stop)

    assert list(section) == lines[start:stop]
    assert section.counts.tolist() == [len(line.split()) for line in lines[start:stop]]
