"""A word names a socket, or it does not; no word is an error by itself but an impossible address or port."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.errors import BadUsage
from closewait.formats.socket_name import Holding, inode_named, socket_named
from closewait.snapshot.filters.condition import columns_of

ENDS = {"local_address", "local_port", "remote_address", "remote_port"}


@pytest.mark.parametrize(
    "word",
    [
        "10.0.0.1:443-203.0.113.9:50123",
        "10.0.0.1:443->203.0.113.9:50123",
        "10.0.0.1:443 <-> 203.0.113.9:50123",
        "10.0.0.1:443 203.0.113.9:50123",
        "[2001:db8::1]:443-[2001:db8::9]:50123",
        "2001:db8::1:443-2001:db8::9:50123",
        "10.0.0.1:https-203.0.113.9:50123",
        "my-host.example:443-other-host:50123",
    ],
)
def test_both_ends_are_a_name(word: str) -> None:
    """However they are parted; and the other way round it is the other end's name."""
    name = socket_named(word)

    assert name is not None
    assert name.from_the_other_end is not None
    assert columns_of(name.condition) == columns_of(name.from_the_other_end) == ENDS


def test_a_descriptor_and_an_inode_are_names() -> None:
    """`pid:fd` as in /proc, `inode:N` and `socket:[N]` as its links say it."""
    by_descriptor = socket_named("4121:17")

    assert by_descriptor is not None
    assert by_descriptor.holding == Holding(4121, 17)
    assert {name.condition for word in ("inode:48211", "socket:[48211]") if (name := socket_named(word))} == {
        name.condition for word in ("48211",) if (name := inode_named(word))
    }


@pytest.mark.parametrize(
    "word", ["CLOSE_WAIT", "CLOSE-WAIT", "never-read", "48211", "08", "netns:web", "dump.txt", "inode:0", "a:b", ""]
)
def test_other_words_are_no_names(word: str) -> None:
    """States, rules, numbers, sources."""
    assert socket_named(word) is None


@given(st.text(max_size=400))
def test_any_word_is_a_name_or_not(word: str) -> None:
    """Or an address or a port that cannot be, which is said."""
    with suppress(BadUsage):
        socket_named(word)
