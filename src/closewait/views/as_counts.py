"""How many sockets are in each state: a line for each."""

from collections.abc import Mapping

from closewait.views.visible import visible


def as_counts(states: Mapping[str, int]) -> str:
    """A line for each state, most first."""
    return "".join(f"{visible(state):15}{count:>10,}\n" for state, count in states.items())
