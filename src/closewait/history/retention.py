"""What to forget: the decision, which is pure, and the deletion.

Whole courses are forgotten, the oldest first. By age only after the clock was right for a day as far as anybody knows:
a clock that is set to 2038 by mistake, or a host that was off for a month, would take all of the past along.
"""

import sqlite3
from collections.abc import Sequence
from itertools import pairwise

from closewait.history.gauge_writer import LOOKS_IN_A_COURSE, course_of
from closewait.records import record

STEADY_S = 86_400.0
#: A clock that is set by more than this was wrong; time in which nobody looked for longer may not have been time.
CLOCK_WRONG_S, AWAY_S = 3_600.0, 86_400.0

ROOM_LEFT = 0.9  # of what may be used, is what may stay where too much is
PAGES_GIVEN_BACK = 2_048  # to the file system, each time: 8 MiB

#: Every table that is forgotten by the number of a look.
BY_LOOK = ("looks", "points", "whole_looks", "incidents")

#: Of what became of findings, all that the first look to be kept does not need: what is resolved, what was told again
#: since, and what stood only in an earlier run.
FORGET_CHANGES = """
DELETE FROM changes WHERE look < :first AND (
    kind = 'resolved'
    OR change NOT IN (SELECT max(change) FROM changes WHERE look <= :first GROUP BY key)
    OR look <= (
        SELECT max(look) FROM looks
        WHERE run < (SELECT run FROM looks WHERE look >= :first ORDER BY look LIMIT 1)
    )
)"""


@record
class Bounds:
    """How much is kept: the age of the oldest look, the size of all."""

    kept_for_s: float
    at_most_bytes: int


@record
class Course:
    """The looks that are packed together, as far as forgetting them is concerned."""

    first_look: int
    looks: int
    newest_unix_s: float
    whole_looks_bytes: int = 0


def first_kept(
    courses: Sequence[Course], bounds: Bounds, *, now_unix_s: float, steady_s: float, used_bytes: int
) -> int | None:
    """The first look to keep; None: nothing is to be forgotten. The newest course always stays."""
    looks = sum(course.looks for course in courses) or 1
    of_one_look = max(used_bytes - sum(course.whole_looks_bytes for course in courses), 0) / looks
    too_much = used_bytes > bounds.at_most_bytes
    old_unix_s = now_unix_s - bounds.kept_for_s
    first = None
    for course, next_course in pairwise(courses):
        is_old = steady_s >= STEADY_S and course.newest_unix_s < old_unix_s
        if not is_old and not (too_much and used_bytes > ROOM_LEFT * bounds.at_most_bytes):
            break
        used_bytes -= int(course.looks * of_one_look) + course.whole_looks_bytes
        first = next_course.first_look
    return first


def used_bytes(connection: sqlite3.Connection) -> int:
    """The size of the file without the pages in it that are free."""
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def forget(connection: sqlite3.Connection, bounds: Bounds, now_unix_s: float) -> int | None:
    """Forget what is too old, or too much; the first look that was kept. Nothing is left half forgotten."""
    first = first_kept(
        kept_courses(connection, now_unix_s),
        bounds,
        now_unix_s=now_unix_s,
        steady_s=steady_s(connection, now_unix_s),
        used_bytes=used_bytes(connection),
    )
    if first is None:
        return None
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(FORGET_CHANGES, {"first": first})  # before the looks, which say what run each was in
    for table in BY_LOOK:
        connection.execute(f"DELETE FROM {table} WHERE look < ?", (first,))
    connection.execute("DELETE FROM courses WHERE first_look < ?", (first,))
    connection.execute("DELETE FROM lifelines WHERE look < ? AND seen_until_unix_s IS NOT NULL", (first,))
    connection.execute(
        "DELETE FROM series WHERE series NOT IN (SELECT series FROM points UNION SELECT series FROM courses)"
    )
    connection.execute("DELETE FROM sights WHERE sight NOT IN (SELECT sight FROM looks WHERE sight IS NOT NULL)")
    connection.execute("DELETE FROM runs WHERE ended_unix_s IS NOT NULL AND run < (SELECT min(run) FROM looks)")
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()
    return first


def kept_courses(connection: sqlite3.Connection, now_unix_s: float) -> list[Course]:
    """Every course that is there, oldest first.

    A look cannot have been in the future: the clock was wrong then, and what time it was is told by the other looks of
    its course, else by the course that follows.
    """
    whole: dict[int, int] = {}
    for look, size in connection.execute("SELECT look, length(parquet) FROM whole_looks"):
        whole[course_of(look)] = whole.get(course_of(look), 0) + size
    rows = connection.execute(
        f"SELECT look - look % {LOOKS_IN_A_COURSE} AS first, count(*), "
        "max(CASE WHEN at_unix_s <= ? THEN at_unix_s END) FROM looks GROUP BY first ORDER BY first DESC",
        (now_unix_s,),
    )
    courses: list[Course] = []
    next_unix_s = now_unix_s
    for first, looks, newest_unix_s in rows:
        next_unix_s = next_unix_s if newest_unix_s is None else newest_unix_s
        courses.append(Course(first, looks, next_unix_s, whole.get(first, 0)))
    return courses[::-1]


def steady_s(connection: sqlite3.Connection, now_unix_s: float) -> float:
    """How long the clock has been right, as far as anybody knows."""
    (began_unix_s,) = connection.execute("SELECT min(at_unix_s) FROM looks").fetchone()
    (upset_unix_s,) = connection.execute(
        "SELECT until_unix_s FROM incidents WHERE (kind = 'clock set' AND abs(seconds) > ?) "
        "OR (kind IN ('away', 'restarted') AND abs(seconds) > ?) ORDER BY incident DESC LIMIT 1",
        (CLOCK_WRONG_S, AWAY_S),
    ).fetchone() or (None,)
    since_unix_s = began_unix_s if upset_unix_s is None else upset_unix_s
    return 0.0 if since_unix_s is None else now_unix_s - float(since_unix_s)
