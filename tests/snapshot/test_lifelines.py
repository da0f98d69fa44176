"""Lives of sockets over looks: who stays, since when, and how much comes and goes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.snapshot.lifelines import LASTING_S, NO_LIVES, Lifelines, Lines
from closewait.testing import snapshot

EVERY_S = 10.0
STATES = st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT"])


def lives(looks: list[dict[int, str]], *, cookies: bool = True) -> tuple[Lifelines, list[Lines]]:
    """The lives over some looks, each of which tells the state of sockets by their numbers."""
    told, life = [], NO_LIVES
    for number, states in enumerate(looks):
        rows = (
            f"{state} 10.0.0.1:80 203.0.113.9:{40_000 + socket} pid=7 process=app"
            + (f" cookie={socket}" if cookies else f" inode={socket}")
            for socket, state in states.items()
        )
        life, lines = life.followed_by(snapshot("\n".join(rows), taken_at_unix_s=number * EVERY_S))
        told.append(lines)
    return life, told


@pytest.mark.parametrize("cookies", [True, False])
def test_a_socket_is_told_when_it_has_lasted_and_when_it_ends(cookies: bool) -> None:
    """By its cookie, and by its ends and inode where none is told."""
    lasting = int(LASTING_S / EVERY_S)
    looks = [{1: "ESTABLISHED"}] * 2 + [{1: "CLOSE_WAIT"}] * (lasting + 2) + [{2: "ESTABLISHED"}]
    _, told = lives(looks, cookies=cookies)
    begun, ended = (lines.told.to_dicts() for lines in told if lines.told.height)

    assert [lines.told.height for lines in told].index(1) == 2 + lasting
    assert (begun[0]["state"], begun[0]["came_from"], begun[0]["first_seen_unix_s"]) == ("CLOSE_WAIT", "ESTABLISHED", 0)
    assert (begun[0]["began_after_unix_s"], begun[0]["seen_from_unix_s"]) == (EVERY_S, 2 * EVERY_S)
    assert (begun[0]["seen_until_unix_s"], begun[0]["pid"]) == (None, 7)
    assert ended[0]["line"] == begun[0]["line"]
    assert ended[0]["seen_until_unix_s"] == EVERY_S * (len(looks) - 2)
    assert ended[0]["ended_before_unix_s"] == EVERY_S * (len(looks) - 1)
    assert (told[0].appeared, told[-1].appeared, told[-1].gone) == (None, 1, 1)


def test_what_comes_and_goes_is_counted_only() -> None:
    """Connections of half a minute, and TIME_WAIT however long it lasts."""
    _, told = lives([{look // 3: "ESTABLISHED", 1_000: "TIME_WAIT"} for look in range(30)])

    assert all(lines.told.is_empty() for lines in told)
    assert sum(lines.appeared or 0 for lines in told) == 9


def test_the_end_of_a_lasting_socket_is_told_state_by_state() -> None:
    """What followed when it was closed at last."""
    looks = [{1: "CLOSE_WAIT"}] * 8 + [{1: "LAST_ACK"}, {}]
    _, told = lives(looks)

    assert [line["state"] for lines in told for line in lines.told.to_dicts()] == [
        "CLOSE_WAIT", "CLOSE_WAIT", "LAST_ACK", "LAST_ACK",
    ]  # fmt: skip


def test_a_look_that_tells_no_time_is_refused() -> None:
    """It would say nothing about lives."""
    with pytest.raises(ValueError, match="time"):
        NO_LIVES.followed_by(snapshot("LISTEN 0.0.0.0:80 - pid=7 process=app"))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.dictionaries(st.integers(1, 6), STATES, max_size=6), min_size=1, max_size=14))
def test_lives_are_what_the_looks_showed(looks: list[dict[int, str]]) -> None:
    """Whoever is there has one line, with the look since which it is in its state; the counts add up."""
    life, told = lives(looks)
    assert life.lines is not None
    lines = {line["cookie"]: line for line in life.lines.to_dicts()}

    assert lines.keys() == looks[-1].keys()
    for socket, line in lines.items():
        stays = 0
        while stays + 1 < len(looks) and looks[-2 - stays].get(socket) == looks[-1][socket]:
            stays += 1
        assert line["seen_from_unix_s"] == (len(looks) - 1 - stays) * EVERY_S
    for (before, now), counted in zip(pairwise(looks), told[1:], strict=True):
        assert counted.appeared == len(now.keys() - before.keys())
        assert counted.gone == len(before.keys() - now.keys())
