"""What a kind of evidence is: a file that is no dump of sockets and still says something about them."""

from collections.abc import Callable
from typing import Any

from closewait.records import record
from closewait.snapshot.evidence import Evidence, Told


@record
class Kind:
    """One kind: recognised by what its lines are, never by a file's name.

    `read` takes a text with plain newlines and blanks and the name its reader knows it by, in time linear in the text;
    None is "there is nothing of this kind in it". A text may hold several kinds.
    """

    name: str
    told_by: str
    read: Callable[[str, str], Evidence | None]


def evidence(origin: str, what: str, **facts: Any) -> Evidence:
    """Facts from a file that was understood; `what` says in words what it is."""
    return Evidence(told=(Told(origin, what),), **facts)
