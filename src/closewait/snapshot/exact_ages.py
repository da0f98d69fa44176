"""Exact ages in place of bounds, where it was seen when a socket entered its state."""

from collections.abc import Callable, Collection
from dataclasses import replace

import polars as pl

from closewait.snapshot.table import Snapshot

#: Local address and port, remote address and port.
Ends = tuple[str, int | None, str, int | None]

#: When the socket with these ends entered a state (Unix time in seconds); None where that was not seen.
EnteredAt = Callable[[str, Ends], float | None]

#: The bounds are of the moment in which the kernel told the row, some tenths of a second after the look began.
SLACK_S = 1.0


def with_exact_ages(look: Snapshot, entered_at: EnteredAt, states: Collection[str]) -> Snapshot:
    """`look` with the ages of sockets in `states` that `entered_at` knows.

    An age that lies outside what the row itself tells is another socket's, with the same ends elsewhere.
    """
    if look.taken_at_unix_s is None or not look.sockets["state"].is_in(list(states)).any():
        return look
    rows = look.sockets.with_row_index("row").filter(pl.col("state").is_in(list(states)))
    known: dict[int, float] = {}
    for row, state, *ends, low_s, high_s in rows.select(
        "row", "state", "local_address", "local_port", "remote_address", "remote_port", "age_low_s", "age_high_s"
    ).iter_rows():
        entered_unix_s = entered_at(state, (ends[0], ends[1], ends[2], ends[3]))
        if entered_unix_s is None:
            continue
        age_s = look.taken_at_unix_s - entered_unix_s
        if (0.0 if low_s is None else low_s) - SLACK_S <= age_s <= (age_s if high_s is None else high_s) + SLACK_S:
            known[row] = max(0.0, age_s)
    if not known:
        return look
    exact = pl.DataFrame(
        {"row": list(known), "exact_s": list(known.values())}, schema={"row": pl.UInt32, "exact_s": pl.Float64}
    )
    sockets = (
        look.sockets.with_row_index("row")
        .join(exact, on="row", how="left", maintain_order="left")
        .with_columns(age_low_s=pl.coalesce("exact_s", "age_low_s"), age_high_s=pl.coalesce("exact_s", "age_high_s"))
        .drop("row", "exact_s")
    )
    return replace(look, sockets=sockets)
