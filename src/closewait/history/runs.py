"""The runs of the watch: what went before a new one, and its beginning."""

import os
import sqlite3
from collections.abc import Iterator

from closewait.history.incidents import NOTABLE_S, Incident, between, in_words, time_of_day
from closewait.history.instant import Instant


def before_this_run(connection: sqlite3.Connection, now: Instant) -> Iterator[Incident]:
    """What happened since the last run."""
    last = connection.execute(
        "SELECT run, pid, boot_id, ended_unix_s, began_unix_s FROM runs ORDER BY run DESC LIMIT 1"
    ).fetchone()
    if last is None:
        return
    run, pid, boot_id, ended_unix_s, began_unix_s = last
    seen = connection.execute(
        "SELECT at_unix_s, boottime_s, awake_s FROM looks WHERE run = ? ORDER BY look DESC LIMIT 1", (run,)
    ).fetchone()
    at_unix_s = seen[0] if seen else began_unix_s
    if ended_unix_s is None:
        says = (
            f"The last watch (process {pid}) ended without saying so, after {time_of_day(at_unix_s)}; "
            "every look that it wrote is here."
        )
        yield Incident("killed", at_unix_s, now.unix_s, now.unix_s - at_unix_s, says)
    if seen is None:
        return
    incidents = list(between(Instant(seen[0], seen[1], seen[2], boot_id), now))
    yield from incidents
    away_s = now.unix_s - at_unix_s
    if away_s >= NOTABLE_S and not any(one.kind in ("restarted", "clock set") for one in incidents):
        says = f"Nobody looked for {in_words(away_s)}, from {time_of_day(at_unix_s)} to {time_of_day(now.unix_s)}."
        yield Incident("away", at_unix_s, now.unix_s, away_s, says)


def begun(connection: sqlite3.Connection, now: Instant, source: str) -> int:
    """The number of a new run. The lines of the last one stop where its last look was."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "UPDATE lifelines SET seen_until_unix_s = (SELECT at_unix_s FROM looks ORDER BY look DESC LIMIT 1) "
        "WHERE seen_until_unix_s IS NULL"
    )
    made = connection.execute(
        "INSERT INTO runs (pid, source, boot_id, began_unix_s) VALUES (?, ?, ?, ?)",
        (os.getpid(), source, now.boot_id, now.unix_s),
    )
    connection.execute("COMMIT")
    return int(made.lastrowid or 0)
