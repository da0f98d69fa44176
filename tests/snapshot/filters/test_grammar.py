"""What is a source and what a filter; wrong and hostile words; laws that hold for any condition."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.diagnosis.selection import selected
from closewait.errors import BadUsage
from closewait.snapshot.filters.condition import EVERYTHING, Among, Condition, Not, Within, weakened
from closewait.snapshot.filters.grammar import understood
from closewait.snapshot.filters.matching import matching
from closewait.testing import snapshot
from tests.snapshot.filters.conditions import conditions

LOOK = snapshot(
    """
    LISTEN       0.0.0.0:80         -                    pid=1 process=a fd=3 inode=11 uid=0 queue=2/128
    3 x CLOSE_WAIT 10.0.0.1:80      203.0.113.9:40002    pid=4 process=d fd=6 inode=14 uid=33 recvq=3 sendq=0 age=90s
    CLOSE_WAIT   10.0.0.1:50000     198.51.100.7:443     pid=5,8 process=e holders=5,8 inode=15 recvq=0 age=2s..5min
    TIME_WAIT    10.0.0.1:50001     [2001:db8::7]:5432
    FIN_WAIT_2   [::1]:443          [::1]:60000          pid=7 process=g fd=9 inode=17 uid=33
""".replace("pid=5,8 ", "")
)

SOURCES = [
    "dump.txt", "my dump (1).txt", "-", "./state=x", "/var/tmp/a=b", "../age>5", "netns:web", "pid:12", "docker:web",
    "C:\\dump.txt", "host:22", "a.b", "close_wait.txt",
]  # fmt: skip


@pytest.mark.parametrize("word", SOURCES)
def test_a_word_without_an_operator_is_a_source(word: str) -> None:
    """Also beside filters, before them, behind them and between them."""
    for words in ([word], [word, "state=listen"], ["state=listen", word], ["sport", "=", ":80", word, "uid=0"]):
        assert understood(words).sources == (word,)


def test_a_filter_stays_whole_around_a_source() -> None:
    """The condition is the same wherever the file is named."""
    wanted = [understood(["sport", "=", ":80", "a.txt", "state", "listening"]),
              understood(["a.txt", "sport", "=", ":80", "state", "listening"])]  # fmt: skip

    assert wanted[0] == wanted[1]


def test_nothing_is_wanted_of_no_words() -> None:
    """No filter is every row."""
    assert (understood([]).sources, understood([]).condition) == ((), EVERYTHING)


WRONG = [
    ("prot=3", "proc"),
    ("xyzzy=3", "state"),
    ("state=", "close_wait"),
    ("state=colour", "TIME-WAIT"),
    ("state", "close-wait"),
    ("state close-wait or", "condition"),
    ("or state=listen", "condition"),
    ("and sport = :80", "either side"),
    ("sport = :80 and", "either side"),
    ("sport = :80 and and dport = :80", "either side"),
    ("( sport = :80", "parenthesis"),
    ("sport = :80 )", "too many"),
    ("( )", "condition"),
    ("not", "condition"),
    ("sport =", "compare"),
    ("sport = :99999", "65535"),
    ("lport=1-99999", "65535"),
    ("lport>70000", "65535"),
    ("lport>http", "number"),
    ("pid=x", "pid=12"),
    ("pid=99999999999999999999999", "number"),
    ("remote=300.1.1.1", "10.0.0.0/8"),
    ("remote=10.0.0.0/99", "10.0.0.0/8"),
    ("remote=fe80::/999", "fe80::/10"),
    ("age=5min", "age>5min"),
    ("age>soon", "30s"),
    ("age>1,2", "age=1,2"),
    ("proc>nginx", "proc=nginx"),
    ("role=boss", "role=server"),
    ("recvq=1,,2", "recvq"),
    ("fwmark = 3", "fwmark"),
    ("sport = :80 or dump.txt", "condition"),
]


@pytest.mark.parametrize(("expression", "hint"), WRONG, ids=[expression for expression, _ in WRONG])
def test_a_wrong_word_gets_one_line_that_says_what_to_write(expression: str, hint: str) -> None:
    """The error names the word, or what was expected."""
    with pytest.raises(BadUsage) as error:
        understood(expression.split())

    assert hint in str(error.value)
    assert "\n" not in str(error.value)


HOSTILE = [
    "(" * 5000, "!" * 5000, "not " * 5000, "( ! " * 3000, "state=" + "a" * 100_000, "proc=" + "*?" * 20_000,
    "remote=" + "1." * 20_000, "remote=" + ":" * 20_000, "lport=" + "1," * 20_000, "age>" + "9" * 10_000,
    "proc=\x1b[2J", "proc=\udcff", "lport=٣", "pid=²", "=", "!=", ">", "=5", "a=b=c", "state==listen=",
]  # fmt: skip


TOKENS = ["(", ")", "!", "not", "and", "or", "state", "sport", "=", ":80", "listen", "a.txt", "pid=3"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_end_in_a_condition_or_an_error(text: str) -> None:
    """No other exception, and in linear time."""
    for words in ([text], text.split()):
        with suppress(BadUsage):
            matching(LOOK, understood(words).condition)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=12) | st.sampled_from(TOKENS)))
def test_any_words_are_understood_or_refused(words: list[str]) -> None:
    """BadUsage is the only exception."""
    with suppress(BadUsage):
        understood(words)


@settings(deadline=None, max_examples=200)
@given(conditions())
def test_a_filter_and_its_opposite_share_the_rows(condition: Condition) -> None:
    """Every row is kept by exactly one of them, also where it tells nothing."""
    kept, others = selected(LOOK, condition), selected(LOOK, Not(condition))

    assert kept.sockets.height + others.sockets.height == LOOK.sockets.height


@settings(deadline=None, max_examples=200)
@given(conditions())
def test_weakening_loses_no_row(condition: Condition) -> None:
    """What is asked of the kernel keeps at least what is wanted."""
    weaker = weakened(condition, lambda leaf: leaf.column in ("state", "local_port"))

    assert not (matching(LOOK, condition) & ~matching(LOOK, weaker)).any()


def test_a_row_is_held_by_each_of_its_holders() -> None:
    """Also by those that do not stand beside it, and the holders of a kept row stay with it."""
    look = selected(LOOK, Within("pid", ((8, 8),)))

    assert look.sockets["process"].to_list() == ["e"]
    assert look.holders.select("socket", "pid").rows() == [(0, 5), (0, 8)]


def test_a_column_that_no_row_tells_is_said_to_be_untold() -> None:
    """An empty answer must not look like an answer."""
    assert "cgroup" in selected(LOOK, understood(["unit=nginx"]).condition).sight.caveats[-1]
    assert selected(LOOK, Among("state", ("LISTEN",))).sight.caveats == LOOK.sight.caveats
