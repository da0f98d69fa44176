"""Whole columns at once: what the two halves and the two threads find is what one walk over the bytes finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.arrays import last_in_lane, places_where, side_by_side
from closewait.formats.words import Text, Words


@given(st.binary(min_size=8, max_size=8), st.sampled_from(b":=.\x80"))
def test_the_last_byte_of_a_lane_is_found(octets: bytes, octet: int) -> None:
    """Any eight bytes, with none, one or several of those looked for."""
    lane = np.frombuffer(octets, dtype="<u8")

    assert last_in_lane(lane, bytes([octet])).tolist() == [octets.rfind(octet)]


@given(st.lists(st.text(alphabet="a:[]1", max_size=30), max_size=20))
def test_a_word_is_parted_at_its_last_colon(words: list[str]) -> None:
    """However far from its end that is, and wherever in the text the word stands."""
    words = [word for word in words if word]
    table = Words.of(" ".join(words))
    for place, word in enumerate(words):
        before, behind = table.run(np.zeros(1, dtype=np.int64), place, place).halves
        head, colon, tail = word.rpartition(":")

        assert (before.texts(), behind.texts()) == (([head], [tail]) if colon else ([word], [""]))


@given(st.text(alphabet="ab \n", max_size=60))
def test_words_begin_and_end_at_blanks(text: str) -> None:
    """The two halves of a text are searched apart; a word may stand across the middle."""
    found = [text[begin:end] for begin, end in Text(text).words.tolist()]

    assert found == text.split()


def test_long_columns_are_read_by_two_threads() -> None:
    """What they find stands in the order asked for, as with one."""
    numbers = np.arange(3_000_000) % 7

    assert side_by_side(10**6, lambda: 1, lambda: "two", lambda: 3.0) == (1, "two", 3.0)
    assert np.array_equal(
        places_where(len(numbers), lambda begin, end: numbers[begin:end] == 3), np.flatnonzero(numbers == 3)
    )
