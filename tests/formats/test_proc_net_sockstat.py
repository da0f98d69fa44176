import pytest

from closewait.errors import BadInput
from closewait.formats import looks

SOCKSTAT = """\
sockets: used 39845
TCP: inuse 125217 orphan 65738 tw 103758 alloc 121429 mem 22016
UDP: inuse 12 mem 6
UDPLITE: inuse 0
RAW: inuse 1
FRAG: inuse 0 memory 0
"""
SOCKSTAT6 = "TCP6: inuse 979\nUDP6: inuse 1\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n"


def test_one_state_is_told() -> None:
    """TIME_WAIT has a number of its own; what the others mean is said in words."""
    (look,) = looks((SOCKSTAT + SOCKSTAT6).encode(), "sockstat")

    assert (look.kind, look.states) == ("counts", {"TIME_WAIT": 103758})
    assert "65,738 are orphans" in look.sight.caveats[0]


def test_the_ipv6_half_alone_tells_no_state() -> None:
    """It counts sockets in use and nothing else."""
    with pytest.raises(BadInput, match="is not a socket dump"):
        looks(SOCKSTAT6.encode(), "sockstat6")


def test_two_moments_are_two_looks() -> None:
    """The file saved twice, one below the other."""
    assert len(looks((SOCKSTAT * 2).encode(), "sockstat")) == 2
