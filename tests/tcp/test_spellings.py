"""Every spelling leads to its state, whatever was done to it on the way; nothing else leads to one."""

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.tcp.spellings import (
    LINUX_NUMBERS,
    NUMBER_NOTES,
    NUMBER_TELLERS,
    NUMBERS,
    SPELLINGS,
    TELLERS,
    Spelling,
    canonical,
    explanations,
    from_linux_hex,
)
from closewait.tcp.states import STATE_NAMES, STATES
from tests.kernel_states import TCP_STATES_H

RFC_STATES = {state.name for state in STATES if state.is_rfc}
WITH_SPECIAL_LETTERS = [
    spelling
    for spelling in SPELLINGS
    if not spelling.word.isascii() and any(letter.isascii() for letter in spelling.word)
]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: f"{spelling.word}-{spelling.told_by}")
def test_every_spelling_leads_to_its_state(spelling: Spelling) -> None:
    """As told, in any case, and with other separators."""
    told = spelling.word

    for word in (told, told.lower(), told.upper(), told.title(), told.replace("_", "-"), told.replace("-", "_")):
        assert canonical(word) == spelling.state


@pytest.mark.parametrize("system", ["RFC", "ss", "Linux", "BSD", "Windows", "PowerShell", "SNMP", "Cisco"])
def test_every_system_tells_all_eleven_states_apart(system: str) -> None:
    """Eleven words for eleven states: there and back again loses nothing."""
    words = {spelling.word: spelling.state for spelling in SPELLINGS if spelling.told_by == TELLERS[system]}
    eleven = {word: state for word, state in words.items() if state in RFC_STATES}

    assert sorted(eleven.values()) == sorted(RFC_STATES)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: f"{spelling.word}-{spelling.told_by}")
def test_no_word_means_two_states(spelling: Spelling) -> None:
    """However many tools tell it, a word has one meaning."""
    assert {reading.state for reading in explanations(spelling.word)} == {spelling.state}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("CONN_CLOSE_WAIT", "CLOSE_WAIT"),
        ("TCP_CLOSE_WAIT", "CLOSE_WAIT"),
        ("TCPS_SYN_RECEIVED", "SYN_RECEIVED"),
        ("TCP_SYN_RECV", "SYN_RECEIVED"),
        ("BPF_TCP_NEW_SYN_RECV", "SYN_RECEIVED"),
        ("MIB_TCP_STATE_LAST_ACK", "LAST_ACK"),
        ("TCPSTATE_FIN_WAIT_2", "FIN_WAIT_2"),
        ("TcpState.CloseWait", "CLOSE_WAIT"),
        ("(ESTABLISHED)", "ESTABLISHED"),
        ("FIN WAIT 1", "FIN_WAIT_1"),
        ("close\u2010wait", "CLOSE_WAIT"),
    ],
)
def test_programmers_prefixes_and_pasted_hyphens_do_no_harm(word: str, state: str) -> None:
    """Constants of other people's programs, lsof's parentheses and a word processor's hyphen are read."""
    assert canonical(word) == state


@pytest.mark.parametrize(
    "word",
    ["ABHÖREN", "ABH™REN", "ABH?REN", "ABH\ufffdREN", "ABHOEREN", "ABHOREN", "ABH\x99REN", "ABHÃ–REN", "abhören"],
)
def test_the_german_listener_is_known_in_every_disguise(word: str) -> None:
    """The console writes Ö in one code page, and the paste is read in another."""
    assert canonical(word) == "LISTEN"


@pytest.mark.parametrize("spelling", WITH_SPECIAL_LETTERS, ids=lambda spelling: spelling.word)
@given(
    written_in=st.sampled_from(["cp437", "cp850", "cp1250", "cp1252", "latin-1", "utf-8"]),
    read_in=st.sampled_from(["cp437", "cp850", "cp1250", "cp1252", "latin-1", "utf-8"]),
)
def test_a_wrong_code_page_does_not_hide_a_state(spelling: Spelling, written_in: str, read_in: str) -> None:
    """Any word with special letters, written in one code page and read in another, is still that word."""
    assert canonical(spelling.word.encode(written_in, "replace").decode(read_in, "replace")) == spelling.state


@pytest.mark.parametrize(
    "word",
    ["", "-", "?", "????", "NONE", "UNKNOWN", "CONNECTED", "08", "TCP", "CLOSE_WAI", "0.0.0.0:*", "timewait,59sec"],
)
def test_what_is_no_state_is_none(word: str) -> None:
    """States of other protocols, cut words, numbers and neighbouring columns are not taken for a state."""
    assert canonical(word) is None


@given(st.text())
def test_any_text_gives_a_known_state_or_nothing(word: str) -> None:
    """Hostile text raises nothing, and no state comes out that the table of states does not have."""
    assert canonical(word) in {None, *STATE_NAMES}
    assert from_linux_hex(word) in {None, *STATE_NAMES}
    assert {reading.state for reading in explanations(word)} <= set(STATE_NAMES)


def test_psutil_is_understood_whole() -> None:
    """Every connection status of the installed psutil is a state, but for the one that says there is none."""
    words = {value for name, value in vars(psutil).items() if name.startswith("CONN_")}

    assert {word for word in words if canonical(str(word)) is None} == {"NONE"}


def test_linux_numbers_are_the_kernels() -> None:
    """The order of include/net/tcp_states.h, written down a second time for the tests."""
    assert {number: LINUX_NUMBERS[number] for number in TCP_STATES_H} == dict(TCP_STATES_H)
    assert (LINUX_NUMBERS[12], LINUX_NUMBERS[13]) == ("SYN_RECEIVED", "BOUND")


def test_close_wait_has_a_different_number_elsewhere() -> None:
    """The trap of reading one system's numbers with another's table."""
    told = {system: [n for n, state in states.items() if state == "CLOSE_WAIT"] for system, states in NUMBERS.items()}

    assert told == {"linux": [8], "bsd": [5], "windows_mib": [8], "windows_sio_tcpinfo": [7], "snmp": [8]}


def test_windows_and_snmp_differ_in_nine_and_ten_only() -> None:
    """Both begin at 1 with CLOSED, and still two numbers are the other way round."""
    windows, snmp = NUMBERS["windows_mib"], NUMBERS["snmp"]
    differ = {number: (windows[number], snmp[number]) for number in snmp if windows[number] != snmp[number]}

    assert differ == {9: ("CLOSING", "LAST_ACK"), 10: ("LAST_ACK", "CLOSING")}


def test_tcp_info_of_windows_counts_from_zero() -> None:
    """SIO_TCP_INFO has the order of MIB_TCP_STATE, one less."""
    mib, sio = NUMBERS["windows_mib"], NUMBERS["windows_sio_tcpinfo"]

    assert {number + 1: state for number, state in sio.items()} == {n: mib[n] for n in range(1, 12)}


@pytest.mark.parametrize("system", NUMBERS)
def test_every_numbering_knows_the_eleven_and_its_teller(system: str) -> None:
    """No system's table has a hole, and each says whose it is."""
    assert set(NUMBERS[system].values()) >= RFC_STATES
    assert NUMBER_TELLERS[system]


def test_notes_on_numbers_belong_to_numbers() -> None:
    """A note that points nowhere would never be read."""
    assert all(number in NUMBERS[system] for system, number in NUMBER_NOTES)


@pytest.mark.parametrize(
    ("text", "state"), [("08", "CLOSE_WAIT"), ("0A", "LISTEN"), ("0a", "LISTEN"), ("01", "ESTABLISHED")]
)
def test_two_hexadecimal_digits_are_read(text: str, state: str) -> None:
    """/proc/net/tcp tells states this way."""
    assert from_linux_hex(text) == state


@pytest.mark.parametrize("text", ["8", "00", "0E", "FF", "0x08", "", "st"])
def test_other_digits_are_no_state_of_proc(text: str) -> None:
    """The kernel writes two digits, and numbers above 13 it does not have."""
    assert from_linux_hex(text) is None


def test_a_number_is_explained_for_each_who_counts() -> None:
    """`5` is FIN_WAIT_2, CLOSE_WAIT, ESTABLISHED or FIN_WAIT_1, and the reader learns who says which."""
    readings = {reading.told_by: reading.state for reading in explanations("5")}

    assert readings == {
        NUMBER_TELLERS["linux"]: "FIN_WAIT_2",
        NUMBER_TELLERS["bsd"]: "CLOSE_WAIT",
        NUMBER_TELLERS["windows_mib"]: "ESTABLISHED",
        NUMBER_TELLERS["windows_sio_tcpinfo"]: "FIN_WAIT_1",
        NUMBER_TELLERS["snmp"]: "ESTABLISHED",
    }


def test_two_digits_are_explained_as_hexadecimal_first() -> None:
    """`08` is how /proc/net/tcp writes CLOSE_WAIT; `0A` nobody else writes."""
    assert (explanations("08")[0].state, explanations("08")[0].told_by) == ("CLOSE_WAIT", "/proc/net/tcp (hexadecimal)")
    assert [reading.state for reading in explanations("0A")] == ["LISTEN"]
    assert [reading.state for reading in explanations("0x0b")] == ["CLOSING"]


def test_a_disguised_word_is_explained_by_the_word_it_was() -> None:
    """The reader of a garbled paste learns which tool wrote which word."""
    (reading,) = explanations("ABH™REN")

    assert (reading.word, reading.told_by) == ("ABHÖREN", "netstat on German Windows")
