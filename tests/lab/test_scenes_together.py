"""All scenes that can be played in one place, at once: each is found, and charged to its own sick process."""

from bench.namespace import namespace
from soak.pairs import TOGETHER, soon, together


def test_every_illness_is_found_among_all_others() -> None:
    """`python -m soak.pairs` plays them two at a time."""
    assert len(TOGETHER) >= 6
    with namespace("together") as netns, together(netns, TOGETHER) as sick:
        assert soon(netns, sick) == []
