"""The lives of the sockets that stay, as columns: since when each is in its state, as far as looks can tell.

A line is one socket in one state. It is kept for every socket that is there now, and told (to be written down) once it
has lasted LASTING_S: what comes and goes faster is only counted. A state begins between the look that did not show it
and the first one that did; it ends between the last look that showed it and the next one.
"""

import polars as pl

from closewait.records import record
from closewait.snapshot.columns import SOCKETS, Column
from closewait.snapshot.table import Snapshot, schema

#: Longer than TIME_WAIT lasts on Linux (60 s), and than most connections.
LASTING_S = 60.0

#: States that end by themselves: only a socket that was told in another one is told in these.
PASSING = ("TIME_WAIT",)

COOKIE = ("cookie",)
ENDS_AND_INODE = ("local_address", "local_port", "remote_address", "remote_port", "inode")
HOLDER = ("pid", "process")
FROM_THE_LOOK = ("cookie", *ENDS_AND_INODE, *HOLDER, "state")

#: What is told of a line.
LIFELINES = (
    Column("line", "integer", "number", "The number of the line, among those of one run of the watch."),
    *(column for column in SOCKETS if column.name in FROM_THE_LOOK),
    Column("came_from", "text", "RFC 9293 name", "The state it was in before.", "It was not seen before."),
    Column("first_seen_unix_s", "real", "seconds since 1970", "The first look that showed the socket."),
    Column(
        "began_after_unix_s",
        "real",
        "seconds since 1970",
        "The last look that did not show the socket in this state.",
        "It was in this state when the watch began.",
    ),
    Column("seen_from_unix_s", "real", "seconds since 1970", "The first look that showed it in this state."),
    Column(
        "seen_until_unix_s", "real", "seconds since 1970", "The last look that showed it so.", "It still is, or was."
    ),
    Column(
        "ended_before_unix_s",
        "real",
        "seconds since 1970",
        "The first look that did not show it so any more.",
        "It still is so, or nobody looked.",
    ),
)
NO_LINES = pl.DataFrame(schema=schema(LIFELINES))


@record
class Lines:
    """What one look adds to the lives of the sockets: lines to write down, and how much came and went.

    `told` has the columns of LIFELINES: lines that have lasted now, and those told before that have ended. The counts
    are None for the first look, which has nothing to compare with.
    """

    told: pl.DataFrame
    appeared: int | None = None
    gone: int | None = None


@record
class Lifelines:
    """The lines of all sockets that the last look showed, one for each."""

    lines: pl.DataFrame | None = None
    last_look_unix_s: float = 0.0
    next_line: int = 0

    def followed_by(self, look: Snapshot) -> "tuple[Lifelines, Lines]":
        """The lives after one more look, and what there is to write down. Raises ValueError if it tells no time."""
        at_s = look.taken_at_unix_s
        if at_s is None:
            raise ValueError("a look that does not tell its time says nothing about lives")
        if self.lines is None:
            lines = self._begun(look.sockets.select(FROM_THE_LOOK), at_s, began_after_s=None)
            return Lifelines(lines, at_s, lines.height), Lines(NO_LINES)
        pairs = self._paired(look)
        goes_on = pairs.filter("goes_on")
        stays = self.lines[goes_on["place"]]
        lasts = ~stays["is_told"] & (stays["seen_from_unix_s"] <= at_s - LASTING_S) & ~stays["state"].is_in(PASSING)
        others = pairs.filter(~pl.col("goes_on"))
        before = self.lines[others["place"]].select(
            came_from="state", first_seen_unix_s="first_seen_unix_s", is_told=pl.col("is_told").fill_null(False)
        )
        begun = self._begun(look.sockets.select(FROM_THE_LOOK)[others["row"]], at_s, self.last_look_unix_s)
        begun = begun.with_columns(
            came_from=before["came_from"],
            first_seen_unix_s=before["first_seen_unix_s"].fill_null(at_s),
            is_told=before["is_told"],
        )
        # Who holds it may have become known since it was first seen: it has been accepted meanwhile.
        lasting = stays.filter(lasts).with_columns(
            look.sockets.select(HOLDER)[goes_on["row"].filter(lasts)].get_columns()
        )
        told = [self._ended(stays, at_s), lasting, begun.filter("is_told")]
        appeared = others["place"].null_count()
        gone = self.lines.height - (pairs.height - appeared)
        return (
            Lifelines(
                pl.concat([stays.with_columns(is_told=stays["is_told"] | lasts), begun]),
                at_s,
                self.next_line + begun.height,
            ),
            Lines(pl.concat([lines.select(NO_LINES.columns) for lines in told]), appeared, gone),
        )

    def _paired(self, look: Snapshot) -> pl.DataFrame:
        """Each socket's row in the look, its place among the lines, if any, and whether it is in the same state."""
        assert self.lines is not None
        key = self._key(look)
        rows = look.sockets.select(*key, "state").with_row_index("row")
        if rows.select(pl.struct(key).n_unique()).item() < rows.height:  # taking them once costs a third of all this
            rows = rows.unique(key, keep="first", maintain_order=True)
        lines = self.lines.select(*key, state_before="state").with_row_index("place")
        return rows.join(lines, on=key, how="left", nulls_equal=True, maintain_order="left").select(
            "row",
            "place",
            goes_on=pl.col("place").is_not_null() & pl.col("state").eq_missing(pl.col("state_before")),
        )

    def _key(self, look: Snapshot) -> tuple[str, ...]:
        """The kernel's cookie where both looks tell it of all; both ends and the inode otherwise."""
        assert self.lines is not None
        told = self.lines["cookie"].null_count() == 0 and look.sockets["cookie"].null_count() == 0
        return COOKIE if told else ENDS_AND_INODE

    def _begun(self, sockets: pl.DataFrame, at_s: float, began_after_s: float | None) -> pl.DataFrame:
        """A new line for each of these sockets."""
        return sockets.select(
            (self.next_line + pl.int_range(pl.len(), dtype=pl.Int64)).alias("line"),
            *FROM_THE_LOOK,
            came_from=pl.lit(None, dtype=pl.String),
            first_seen_unix_s=pl.lit(at_s),
            began_after_unix_s=pl.lit(began_after_s, dtype=pl.Float64),
            seen_from_unix_s=pl.lit(at_s),
            seen_until_unix_s=pl.lit(None, dtype=pl.Float64),
            ended_before_unix_s=pl.lit(None, dtype=pl.Float64),
            is_told=pl.lit(False),
        ).select(*NO_LINES.columns, "is_told")

    def _ended(self, stays: pl.DataFrame, at_s: float) -> pl.DataFrame:
        """The told lines whose socket has left their state, or is gone."""
        assert self.lines is not None
        if self.lines["is_told"].sum() == stays["is_told"].sum():
            return NO_LINES
        ended = self.lines.filter("is_told").join(stays.select("line"), on="line", how="anti")
        return ended.with_columns(seen_until_unix_s=pl.lit(self.last_look_unix_s), ended_before_unix_s=pl.lit(at_s))


NO_LIVES = Lifelines()
