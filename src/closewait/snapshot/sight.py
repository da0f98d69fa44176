"""What a look could and could not see, and why: partial sight is data, and every view repeats it."""

from dataclasses import field

from closewait.records import record


@record
class LineNotUnderstood:
    """A line of a dump that gave no row although it should have."""

    line_no: int
    text: str
    why: str


@record
class Sight:
    """The limits of one look.

    `owners_told` is None where the source never names owners (plain `netstat -an`), False where it could but this
    user may not see other people's, True where every owner that exists was visible.
    """

    rows: int = 0
    lines_not_understood: tuple[LineNotUnderstood, ...] = ()
    owners_hidden: int = 0
    owners_told: bool | None = None
    caveats: tuple[str, ...] = ()
    took_s: dict[str, float] = field(default_factory=dict)
