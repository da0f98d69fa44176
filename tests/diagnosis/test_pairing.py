"""Who waits for whom, where both ends of a finding's sockets are in one look."""

import pytest

from closewait import doctor
from closewait.diagnosis.finding import Finding
from closewait.diagnosis.pair import Pairs
from closewait.testing import snapshot
from closewait.views.as_text import as_text

SERVER = "40 x CLOSE_WAIT {server}:80 {client}:40001 pid=7 process=java recvq=0 age=90s inode=100"
LISTENER = "LISTEN 0.0.0.0:80 - pid=7 process=java queue=0/128"


def mirrored(state: str, told: str, *, server: str = "10.0.0.1", client: str = "10.0.0.2", ends: int = 40) -> str:
    """The other ends of the first of these."""
    return f"{ends} x {state} {client}:40001 {server}:80 {told}"


def pairs(*lines: str) -> Pairs | None:
    """What the first finding says of both ends."""
    return first(*lines).pairs


def first(*lines: str) -> Finding:
    """The first finding, which is the leak."""
    found = doctor.examine(lambda: snapshot("\n".join(lines))).findings[0]
    assert found.rule == "leaked-close-wait"
    return found


LEAK = SERVER.format(server="10.0.0.1", client="10.0.0.2")


@pytest.mark.parametrize(
    ("other_ends", "says"),
    [
        (
            mirrored("FIN_WAIT_2", "pid=12 process=client inode=900"),
            "40 of 40 sockets have their other end on this host: "
            "java[7] has to close; client[12] has said goodbye and waits for that",
        ),
        (
            mirrored("FIN_WAIT_2", "inode=0", ends=1),
            "1 of 40 sockets has its other end on this host: "
            "java[7] has to close; the other end has said goodbye and waits for that",
        ),
        (mirrored("TIME_WAIT", "", ends=3), "3 of 40 sockets have their other end on this host"),
    ],
)
def test_one_sentence_says_whose_move_it_is(other_ends: str, says: str) -> None:
    """By the states of both ends; of a pair of states that says nothing, nothing is said."""
    told = pairs(LISTENER, LEAK, other_ends)

    assert told is not None
    assert told.says == says


def test_the_most_frequent_pairs_come_first() -> None:
    """Pairs of the same programs and states are one, and counted."""
    crowd = mirrored("FIN_WAIT_2", "pid=12 process=a inode=900", ends=3)
    alone = "FIN_WAIT_2 10.0.0.2:40030 10.0.0.1:80 pid=13 process=b inode=990"
    told = pairs(LISTENER, LEAK, alone, crowd)

    assert told is not None
    assert [(pair.there.process, pair.sockets) for pair in told.examples] == [("a", 3), ("b", 1)]
    assert (told.examples[0].here.address, told.examples[0].there.address) == ("10.0.0.1", "10.0.0.2")


def test_an_ipv4_address_in_ipv6_is_the_same() -> None:
    """A server that listens on IPv6 shows its IPv4 clients so."""
    mapped = SERVER.format(server="[::ffff:10.0.0.1]", client="[::ffff:10.0.0.2]")
    told = pairs(LISTENER, mapped, mirrored("FIN_WAIT_2", "pid=12 process=client inode=900"))

    assert told is not None
    assert told.sockets == 40


@pytest.mark.parametrize(
    "others",
    [
        "",
        mirrored("FIN_WAIT_2", "pid=12", client="10.0.0.3"),
        "FIN_WAIT_2 10.0.0.2:40001 10.0.0.1:81 pid=12",
        "LISTEN 10.0.0.2:40001 - pid=12",
    ],
)
def test_other_connections_are_no_ends(others: str) -> None:
    """All four numbers must be the same."""
    assert pairs(LISTENER, LEAK, others) is None


def test_two_columns_and_no_steering() -> None:
    """The end that the finding is about stands on the right; a name is written out."""
    lines = (LISTENER, LEAK, mirrored("FIN_WAIT_2", "pid=12 process=a\x1b[2Jb inode=900"))
    text = as_text(doctor.examine(lambda: snapshot("\n".join(lines))), width=100)

    assert "                 a\\x1b[2Jb[12] FIN_WAIT_2  ⇄  CLOSE_WAIT java[7]\n" in text
