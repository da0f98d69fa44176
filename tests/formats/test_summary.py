import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats import looks
from closewait.tcp.spellings import NUMBERS
from closewait.tcp.states import STATES

ESTABLISHED = "tcp        0      0 192.0.2.1:22       192.0.2.2:50000       ESTABLISHED\n"
HEADING = "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"


def counts_in(text: str) -> list[dict[str, int]]:
    """The counts of each look in a text; all of its looks must be counts."""
    found = looks(text.encode(), "counts.txt")

    assert {look.kind for look in found} == {"counts"}
    return [look.states for look in found]


@pytest.mark.parametrize(
    "text",
    [
        "7047 CLOSE_WAIT\n  13 ESTABLISHED\n",
        "CLOSE_WAIT 7047\nESTABLISHED 13\n",
        "CLOSE_WAIT: 7047\nESTABLISHED: 13\n",
        "CLOSE_WAIT：7047\nESTABLISHED：13\n",
        "CLOSE_WAIT\t7047\n\t\nESTABLISHED\t13\n",
        "CLOSE-WAIT = 7,047\nESTAB = 13\n",
        "CLOSE_WAIT 7047 # too many\nESTABLISHED 13   // normal\n",
        "| state | count |\n|---|---|\n| CLOSE_WAIT | 7047 |\n| ESTABLISHED | 13 |\n",
        '{\n  "CLOSE_WAIT": 7047,\n  "ESTABLISHED": 13\n}\n',
        "   1 Foreign\n   1 established)\n   1 \n7047 CLOSE_WAIT\n   1 I-Node\n  13 ESTABLISHED\n  47 CONNECTED\n",
        "   1 Address State\n7000 CLOSE_WAIT 4121/java\n  47 CLOSE_WAIT 99/nginx: worker\n  13 ESTABLISHED -\n",
        "Count Name                      Group\n----- ----                      -----\n"
        ' 7047 CloseWait                 {MSFT_NetTCPConnection (InstanceID = "192.…\n'
        '   13 Established               {MSFT_NetTCPConnection (InstanceID = "192.…\n',
        "Count Name\n----- ----\n 7040 CloseWait, 4121\n    7 CloseWait, 4\n   13 Established, 4\n",
    ],
)
def test_every_way_to_count(text: str) -> None:
    """awk, uniq, Group-Object and tables made by hand; words of headings and of unix sockets are no states."""
    assert counts_in(text) == [{"CLOSE_WAIT": 7047, "ESTABLISHED": 13}]


def test_listening_beside_listen_is_of_unix_sockets() -> None:
    """Both are TCP's word somewhere; on one Linux only one of them is."""
    assert counts_in("3 LISTENING\n2 LISTEN\n") == [{"LISTEN": 2}]
    assert counts_in("3 LISTENING\n2 ESTABLISHED\n") == [{"LISTEN": 3, "ESTABLISHED": 2}]


def test_two_summaries_are_two_looks() -> None:
    """They may contradict each other: two moments, or two hosts."""
    before, after = "ESTABLISHED 12\nTIME_WAIT 3\n", "ESTABLISHED 13\nTIME_WAIT 4\n"
    expected = [{"ESTABLISHED": 12, "TIME_WAIT": 3}, {"ESTABLISHED": 13, "TIME_WAIT": 4}]

    assert counts_in(before + after) == expected
    assert counts_in(f"at noon:\n{before}\nan hour later:\n{after}") == expected
    assert counts_in(f"$ netstat -n | awk …\n{before}$ netstat -n | awk …\n{after}") == expected


def test_one_state_is_a_summary_where_something_counted_it() -> None:
    """A command that counts stands above it, or nothing else is there."""
    assert counts_in("CLOSE_WAIT 123\n") == [{"CLOSE_WAIT": 123}]
    assert counts_in("$ netstat -n | awk '/^tcp/{a[$NF]++} END{for(i in a){print i,a[i]}}'\nESTABLISHED 12\n$ \n") == [
        {"ESTABLISHED": 12}
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "The server showed\n\nTIME_WAIT 3\n\nwhich is fine.\n",
        "There were 300 sockets in TIME_WAIT, CLOSE_WAIT: 12 of them.\n",
        "TIME_WAIT 3 minutes, then\nCLOSE_WAIT 4 minutes\n",
        "ESTABLISHED: the connection is open\nTIME_WAIT: 2 MSL long\n",
    ],
)
def test_prose_is_no_summary(prose: str) -> None:
    """People write about states, with numbers."""
    with pytest.raises(BadInput, match="is not a socket dump"):
        looks(prose.encode(), "prose.txt")


def test_prose_below_a_dump_adds_nothing_to_it() -> None:
    """The dump is what was pasted; the numbers below are what somebody thought of it."""
    (look,) = looks(f"{HEADING}{ESTABLISHED}\nTIME_WAIT 3\nCLOSE_WAIT 4\n".encode(), "dump.txt")

    assert look.kind == "sockets"
    assert look.states == {"ESTABLISHED": 1}


@pytest.mark.parametrize("numbering", NUMBERS)
def test_a_legend_is_no_summary(numbering: str) -> None:
    """`1 ESTABLISHED, 2 SYN_SENT, …` are the numbers that a system gives the states, not counts of sockets."""
    numbers = {state: number for number, state in reversed(NUMBERS[numbering].items()) if number}
    legend = "".join(f"{number} {state}\n" for state, number in numbers.items())

    with pytest.raises(BadInput, match="is not a socket dump"):
        looks(legend.encode(), "legend.txt")


COUNTED = st.dictionaries(st.sampled_from([state.name for state in STATES]), st.integers(100, 10**6), min_size=2)


@settings(deadline=None, max_examples=60)
@given(summaries=st.lists(COUNTED, min_size=1, max_size=4), form=st.sampled_from(["{0} {1}", "{0}: {1}", "{1:7} {0}"]))
def test_reading_what_was_counted_gives_it_back(summaries: list[dict[str, int]], form: str) -> None:
    """Each summary of a paste, in order."""
    text = "and then\n".join("".join(form.format(*one) + "\n" for one in counts.items()) for counts in summaries)

    assert counts_in(text) == summaries
