import pytest

from closewait.formats import ownerless
from closewait.formats.ownerless import Ownerless


@pytest.mark.parametrize(
    ("sockets", "waiting", "unexplained"),
    [
        ([], {}, 0),
        ([Ownerless("LISTEN", 22, None)], {}, 1),
        ([Ownerless("ESTABLISHED", 22, None)], {}, 1),
        ([Ownerless("ESTABLISHED", 22, 0)], {}, 0),
        ([Ownerless("ESTABLISHED", 22, 7)], {22: 1}, 1),
        ([Ownerless("ESTABLISHED", 22, None)], {22: 1}, 0),
        ([Ownerless("CLOSE_WAIT", 22, None), Ownerless("ESTABLISHED", 22, None)], {22: 2}, 0),
        ([Ownerless("CLOSE_WAIT", 22, None), Ownerless("ESTABLISHED", 22, None)], {22: 1}, 2),
        ([Ownerless("SYN_SENT", 22, None)], {22: 1}, 1),
        ([Ownerless("ESTABLISHED", None, None)], {22: 1}, 1),
    ],
)
def test_an_accept_queue_and_an_inode_of_zero_explain_a_missing_holder(
    sockets: list[Ownerless], waiting: dict[int, int], unexplained: int
) -> None:
    """A queue explains only as many as wait in it; if there are more, all of them may be somebody's."""
    assert ownerless.unexplained(sockets, waiting) == unexplained
