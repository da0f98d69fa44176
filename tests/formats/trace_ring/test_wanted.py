"""What is asked of a trace: what the kernel can decide is left to it, in words that it takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.capture.transitions import tracing
from closewait.errors import BadUsage
from closewait.formats.trace_ring.transitions import STATE_NAMES
from closewait.formats.trace_ring.wanted import kernel_filter, refuse_untold
from closewait.snapshot.filters.condition import Condition
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.filters.one_row import meets
from tests.snapshot.filters.conditions import conditions


def words_for(*words: str, whole_lives: bool = False) -> str | None:
    """The kernel's filter for a command line."""
    return kernel_filter(understood(words).condition, whole_lives=whole_lives)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([], None),
        (["proc=nginx"], None),
        (["local=10.0.0.0/8", "lport=443"], "sport == 443"),
        (["state=close_wait"], "oldstate == 8 || newstate == 8"),
        (["lport=20-30,443"], "(sport >= 20 && sport <= 30) || sport == 443"),
        (["rport!=443"], "!(dport == 443)"),
        (["lport>1024", "rport=443"], "((sport >= 1025 && sport <= 65535)) && (dport == 443)"),
        (["sport", "=", ":80", "or", "proc=nginx"], None),
        (["state=bound"], "oldstate == 13 || newstate == 13"),
    ],
)
def test_the_kernel_decides_about_ports_and_states(asked: list[str], told: str | None) -> None:
    """It keeps at least what is wanted, and leaves out what it can."""
    assert words_for(*asked) == told


def test_whole_lives_have_their_first_transition_and_their_other_end() -> None:
    """A connecting socket has no port yet; its peer has the ports the other way round. States come and go in a life."""
    told = words_for("lport=443", "state=close_wait", whole_lives=True)

    assert told == "(sport == 443) || (dport == 443) || newstate == 2"


def test_the_kernel_takes_its_words() -> None:
    """Every kind of filter is accepted by the kernel that runs here."""
    asked = (
        ["state=close_wait,last_ack", "lport!=22"],
        ["lport=20-30,443", "rport>1024"],
        ["not", "lport=1", "or", "rport=2"],
    )
    for words in asked:
        told = words_for(*words)
        assert told is not None
        with tracing(told) as trace:
            kept = (trace.place / "events/sock/inet_sock_set_state/filter").read_text().strip()

        assert kept == told


@given(
    conditions(st.integers(-1, 6) | st.just(70_000)),
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 11), st.integers(1, 11)),
    st.booleans(),
)
def test_the_kernel_keeps_at_least_what_is_wanted(
    condition: Condition, told: tuple[int, int, int, int], whole_lives: bool
) -> None:
    """Whatever is asked, and whatever else about the transition decides."""
    sport, dport, oldstate, newstate = told
    row = {
        "local_port": (sport or None,), "remote_port": (dport or None,),
        "state": (STATE_NAMES[oldstate], STATE_NAMES[newstate]), "process": ("abc",), "local_address": ("127.0.0.1",),
    }  # fmt: skip
    words = kernel_filter(condition, whole_lives=whole_lives)

    assert words is None or not meets(condition)(row) or kept_by(words, sport, dport, oldstate, newstate)


def kept_by(words: str, sport: int, dport: int, oldstate: int, newstate: int) -> bool:
    """What the kernel's words say of a transition, in the words of Python."""
    in_python = re.sub(r"!\(", " not (", words.replace("&&", " and ").replace("||", " or "))
    return bool(eval(in_python, {"sport": sport, "dport": dport, "oldstate": oldstate, "newstate": newstate}))


@pytest.mark.parametrize("word", ["age>5min", "recvq>0", "fd=3", "unit=nginx.service"])
def test_what_no_transition_tells_is_refused(word: str) -> None:
    """With what can be asked instead."""
    with pytest.raises(BadUsage, match="choose by state"):
        refuse_untold(understood([word]).condition)
