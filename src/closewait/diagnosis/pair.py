"""A connection both of whose ends were seen on one host."""

from closewait.records import record


@record
class End:
    """One end: its state, who holds it (None: nobody, or not told), its address, and where else it was seen."""

    state: str | None
    pid: int | None
    process: str | None
    address: str | None
    port: int | None
    found_in: str | None = None  # where it is in another place than the finding: `netns:web`


@record
class Pair:
    """The end that a finding is about and the other one, and how many sockets have the same holders and states."""

    here: End
    there: End
    sockets: int


@record
class Pairs:
    """How many of a finding's sockets have their other end here, in one sentence, and the most frequent pairs."""

    sockets: int
    says: str
    examples: tuple[Pair, ...]
