"""Every state, rule and setting can be looked up under any of its names, at once, and the answer is the right one."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.diagnosis.rules import RULES
from closewait.tcp.settings import SETTINGS
from closewait.tcp.spellings import SPELLINGS, explanations
from closewait.tcp.states import STATE_NAMES, state
from closewait.tcp.transitions import ARROWS
from closewait.views.explain import explain, explain_json, near
from closewait.views.rule_page import sections, thresholds_of
from closewait.views.state_page import LOOK_NEXT

GOLDEN = Path(__file__).parent / "golden"
RULE = {rule.name: rule for rule in RULES}


@pytest.mark.parametrize("word", ["CLOSE_WAIT", "leaked-close-wait", "MaxUserPort", "9"])
def test_the_whole_answer(word: str) -> None:
    """A state, a rule, a setting and a number with many meanings, for a person to judge.

    A file is what `closewait explain WORD` prints, and is written anew with it when a text has changed.
    """
    assert f"{explain(word)}\n" == (GOLDEN / f"explain-{word}.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("CLOSE_WAIT", "CLOSE_WAIT"),
        ("close-wait", "CLOSE_WAIT"),
        ("CloseWait", "CLOSE_WAIT"),
        ("SCHLIESSEN_WARTEN", "CLOSE_WAIT"),
        ("08", "CLOSE_WAIT"),
        ("0x08", "CLOSE_WAIT"),
        ("0A", "LISTEN"),
        ("0b", "CLOSING"),
        ("06", "TIME_WAIT"),
        ("ESTAB", "ESTABLISHED"),
        ("HERGESTELLT", "ESTABLISHED"),
        ("TIMED_WAIT", "TIME_WAIT"),
        ("LISTENING", "LISTEN"),
        ("SYN_RCVD", "SYN_RECEIVED"),
        ("Bound", "BOUND"),
    ],
)
def test_a_state_is_explained_under_any_spelling(word: str, name: str) -> None:
    """What any tool prints leads to the page of the state."""
    told = explain_json(word)

    assert told is not None
    assert (told["kind"], told["name"]) == ("state", name)
    assert (explain(word) or "").splitlines()[0] == name


def test_the_page_says_who_writes_the_state_so() -> None:
    """Somebody who looks up a foreign word learns where it comes from; the state's own name needs no such line."""
    assert "SCHLIESSEN_WARTEN: so netstat on German Windows writes it." in words_of("SCHLIESSEN_WARTEN")
    assert "08: so /proc/net/tcp (hexadecimal) writes it." in words_of("08")
    assert "As a decimal number it means something else to others: LAST_ACK to macOS and BSD" in words_of("08")
    assert "writes it" not in words_of("CLOSE_WAIT")


@pytest.mark.parametrize("word", ["1", "5", "8", "9", "10"])
def test_an_ambiguous_number_lists_every_reading(word: str) -> None:
    """Linux, BSD, Windows and SNMP number the states differently, and each is named with its state."""
    told = explain_json(word)
    text = words_of(word)

    assert told is not None
    assert told["kind"] == "readings"
    assert len(told["readings"]) == len(explanations(word)) > 2
    assert all(f"{reading.state} {reading.told_by}" in text for reading in explanations(word))


@pytest.mark.parametrize("name", STATE_NAMES)
def test_a_states_page_is_complete(name: str) -> None:
    """Everyday meaning, who closed first, whose move, what ends it, every arrow in and out, who writes it how."""
    told, text = state(name), words_of(name)

    assert told.meaning in text
    assert told.ends_when in text
    assert told.bounded_by in text
    assert f"Closed first {told.closed_first}" in text or told.closed_first is None
    for arrow in ARROWS:
        if arrow.before != arrow.after:
            assert arrow.after != name or (arrow.event.value in text and arrow.before in text)
            assert arrow.before != name or (arrow.event.value in text and arrow.after in text)
    assert all(spelling.word in text for spelling in SPELLINGS if spelling.state == name)


@pytest.mark.parametrize("name", STATE_NAMES)
def test_what_to_look_at_next_can_be_looked_at(name: str) -> None:
    """No page sends its reader nowhere, or back to itself."""
    assert LOOK_NEXT[name]
    assert [word for word in LOOK_NEXT[name] if explain(word) is None] == []
    assert name not in LOOK_NEXT[name]


@pytest.mark.parametrize("name", RULE)
def test_a_rule_is_explained_by_name_and_code(name: str) -> None:
    """With hyphens or underscores, in any case, or by its code."""
    page = explain(name)

    assert page is not None
    assert page.startswith(f"{name} ({RULE[name].code})")
    assert {explain(word) for word in (name.replace("-", "_"), name.upper(), RULE[name].code.lower())} == {page}


@pytest.mark.parametrize("name", RULE)
def test_a_rules_page_is_complete(name: str) -> None:
    """The prose of its file, its advice, and what will not help, word for word."""
    rule, text = RULE[name], words_of(name)

    assert list(sections(rule)) == ["What it sees", "Why it matters", "When it is wrong", "What to do"]
    for said in (*sections(rule).values(), *rule.doubt, *rule.next, *rule.will_not_help):
        assert " ".join(said.split()) in text


def test_a_rule_shows_the_numbers_its_check_reads() -> None:
    """Its own, those of what it calls, and those of what it asks a group; not those of other rules."""
    assert thresholds_of(RULE["leaked-close-wait"]) == {
        "SERVER_PATIENCE_S": 60.0,
        "CLIENT_PATIENCE_S": 900.0,
        "SECOND_LOOK_S": 30.0,
        "PILE_UP_SOCKETS": 10,
        "PASSING_SHARE": 0.05,
        "POOL_BOUND_SOCKETS": 32,
        "CRITICAL_PILE_SOCKETS": 256,
        "MANY_DESCRIPTORS": 1024,
        "SAME_SILENCE_S": 2.0,
        "SAME_SILENCE_SHARE": 0.02,
    }
    assert thresholds_of(RULE["fd-exhaustion"]) == {"DESCRIPTORS_WARNING": 0.8, "DESCRIPTORS_CRITICAL": 0.95}
    assert "CLIENT_PATIENCE_S" not in thresholds_of(RULE["never-accepted"])


@pytest.mark.parametrize("name", sorted({setting.name for setting in SETTINGS}))
def test_a_settings_page_is_complete(name: str) -> None:
    """What it does and does not do on every system that has it, and each command on a line of its own."""
    page, text = explain(name), words_of(name)
    assert page is not None

    for setting in SETTINGS:
        if setting.name == name:
            assert setting.system in text
            assert setting.does in text
            assert all(hope in text for hope in setting.does_not)
            for command in (setting.read, setting.set_now, setting.set_for_good):
                assert command is None or f"  {command}" in page.splitlines()


def test_a_settings_own_name_goes_before_a_state_it_could_spell() -> None:
    """AIX has a setting tcp_timewait; the constant of a programmer, TCP_TIMEWAIT, is the state."""
    assert (explain("tcp_timewait") or "").startswith("tcp_timewait: AIX")
    assert (explain("TCP_TIMEWAIT") or "").startswith("TIME_WAIT\n")
    assert (explain("CLOSE_WAIT") or "").startswith("CLOSE_WAIT\n")


def test_what_is_not_verified_says_so() -> None:
    """A fact without an opened source carries the word; one with a source does not."""
    assert "Exists until FreeBSD 13 (unverified)" in words_of("maxtcptw")
    assert "unverified" not in words_of("tcp_fin_timeout")


def test_readers_learn_why_a_setting_does_not_exist() -> None:
    """The questions people asked: MaxUserPort and TcpTimedWaitDelay on a modern Windows, tcp_tw_recycle on Linux."""
    assert "On Windows 7, Server 2008 and everything newer it is not the mechanism any more" in words_of("MaxUserPort")
    assert "That it is missing means the default, and no fault." in words_of("TcpTimedWaitDelay")
    assert "Removed in Linux 4.12." in words_of("net.ipv4.tcp_tw_recycle")


EVERY_NAME = [*STATE_NAMES, *RULE, *sorted({setting.name for setting in SETTINGS}), "8", "9"]


@pytest.mark.parametrize("word", EVERY_NAME)
def test_answers_keep_to_eighty_columns(word: str) -> None:
    """Only a command may be longer, because a torn one cannot be copied."""
    commands = {
        f"  {command}" for setting in SETTINGS for command in (setting.read, setting.set_now, setting.set_for_good)
    }
    page = explain(word) or ""

    assert [line for line in page.splitlines() if len(line) > 80 and line not in commands] == []
    assert [line for line in page.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("word", EVERY_NAME)
def test_the_answer_for_programs_is_json(word: str) -> None:
    """It names its schema and its kind, says what was asked, and survives the journey."""
    told = explain_json(word)

    assert told is not None
    assert told["schema"] == "closewait/1"
    assert told["kind"] in {"state", "readings", "rule", "settings"}
    assert told["asked"] == word
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    "word", ["", "   ", "nonsense", "99999999999999999999", "CLOSE_WAIT_2", "\x1b[2J", "-", "P999"]
)
def test_an_unknown_word_has_no_answer(word: str) -> None:
    """None, as text and as JSON; never somebody else's page."""
    assert explain(word) is None
    assert explain_json(word) is None


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("CLOSE_WIAT", "CLOSE_WAIT"),
        ("closewaiting", "CLOSE_WAIT"),
        ("SCHLIESEN_WARTEN", "CLOSE_WAIT"),
        ("leaked_closewait", "leaked-close-wait"),
        ("never", "never-read"),
        ("timeout", "tcp_fin_timeout"),
        ("tcp_fin_timout", "tcp_fin_timeout"),
        ("MaxUserPorts", "MaxUserPort"),
    ],
)
def test_a_slip_of_the_finger_gets_a_suggestion(word: str, suggestion: str) -> None:
    """What it may have meant is offered, and can be looked up."""
    offered = near(word)

    assert suggestion in offered
    assert len(offered) <= 5
    assert all(explain(name) for name in offered)


def test_nothing_near_is_nothing() -> None:
    """No suggestion is better than a silly one."""
    assert near("qqqqqqqq") == []
    assert near("") == []


@given(st.text(max_size=200))
def test_any_word_is_answered_or_not_and_never_harms(word: str) -> None:
    """Whatever is typed: no error, no character that steers a terminal, suggestions that exist."""
    page = explain(word)

    assert page is None or not hidden(page)
    assert all(explain(name) for name in near(word))


def test_a_very_long_word_takes_no_time() -> None:
    """A megabyte pasted by mistake is an unknown word like any other."""
    assert explain("CLOSE_WAIT" * 100_000) is None
    assert isinstance(near("CLOSE_WAIT" * 100_000), list)


def test_explaining_loads_no_table() -> None:
    """Neither the columnar engine nor numpy is imported for a word's meaning."""
    look_up = (
        "import sys; from closewait.views.explain import explain, explain_json, near; "
        "explain('CLOSE_WAIT'); explain('P101'); explain_json('tcp_fin_timeout'); near('x'); "
        "print([name for name in ('polars', 'numpy', 'rich', 'typer', 'psutil') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", look_up], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def words_of(word: str) -> str:
    """The answer on one line, so that a test need not know where lines break."""
    return " ".join((explain(word) or "").replace("\n  - ", "\n").split())


def hidden(page: str) -> bool:
    """Whether the page has characters without a shape besides its line ends."""
    return any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in page.replace("\n", "")
    )
