from closewait.formats import looks

OLD = """\
Total: 1089 (kernel 1093)
TCP:   33 (estab 4, closed 1, orphaned 2, synrecv 0, timewait 0/0), ports 0

Transport Total     IP        IPv6
*	  1093      -         -
RAW	  0         0         0
UDP	  21        13        8
TCP	  32        24        8
INET	  53        37        16
FRAG	  0         0         0
"""
NEW = """\
Total: 593
TCP:   6 (estab 1, closed 1, orphaned 0, timewait 0)

Transport Total     IP        IPv6
TCP	  5         3         2
"""
ROWS = """\
State    Recv-Q   Send-Q     Local Address:Port     Peer Address:Port
LISTEN   0        128              0.0.0.0:22            0.0.0.0:*
"""


def test_the_states_are_those_that_are_told() -> None:
    """A zero that is told is told; a state without a number is not zero."""
    (old,), (new,) = looks(OLD.encode(), "old"), looks(NEW.encode(), "new")

    assert old.states == {"ESTABLISHED": 4, "CLOSED": 1, "SYN_RECEIVED": 0, "TIME_WAIT": 0}
    assert new.states == {"ESTABLISHED": 1, "CLOSED": 1, "TIME_WAIT": 0}


def test_what_is_counted_besides_states_is_said() -> None:
    """How many there are, how many are orphans, and which numbers to doubt."""
    old, new = (" ".join(looks(text.encode(), "")[0].sight.caveats) for text in (OLD, NEW))

    assert "33 TCP sockets" in old
    assert "28 sockets that are neither" in old
    assert "2 sockets of this host are orphans" in old
    assert "0 for synrecv" in old
    assert "orphans" not in new
    assert "synrecv" not in new


def test_two_summaries_are_two_looks() -> None:
    """They are two moments, or two hosts."""
    assert [look.states["ESTABLISHED"] for look in looks((OLD + NEW).encode(), "both")] == [4, 1]


def test_rows_behind_a_summary_are_a_look_of_their_own() -> None:
    """`ss -tans` prints both."""
    found = looks(f"$ ss -tans\n{NEW}\n{ROWS}".encode(), "both")

    assert [(look.format, look.kind) for look in found] == [("ss_summary", "counts"), ("ss_text", "sockets")]


def test_a_mail_leaves_its_marks() -> None:
    """Quoted-printable lines end in =20, and long ones go on in the next."""
    (look,), (wrapped,) = (
        looks(text.encode(), "mail") for text in (OLD.replace("\n", "=20\n"), OLD.replace("synrecv", "\nsynrecv"))
    )

    assert look.states["ESTABLISHED"] == 4
    assert wrapped.states == {"ESTABLISHED": 4, "CLOSED": 1}
