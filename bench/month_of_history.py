"""A month of history: one look every ten seconds with 200 gauges, as a busy host has them.

The looks are not made, their numbers are: two in five gauges differ in every look (counts around a daily rhythm), two
in five change once in ten minutes, the rest never. They are packed and stored by the history's own code.
"""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path

from closewait import history
from closewait.diagnosis.case import Case
from closewait.diagnosis.gauges import Gauge
from closewait.diagnosis.report import Report
from closewait.history.database import make_folder, opened_for_writing
from closewait.history.gauge_writer import LOOKS_IN_A_COURSE, courses
from closewait.snapshot.lifelines import NO_LINES, NO_LIVES, Lines
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import snapshot

EVERY_S, DAY_S = 10.0, 86_400.0
GAUGES = 200
BUSY, SELDOM = 0.4, 0.4  # parts of the gauges
SELDOM_LOOKS = 60
LIVES_A_DAY = 5_000
DAYS = 30
SOCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Month:
    """What a month took, and how long it takes to ask it."""

    looks: int
    size_mb: float
    gauge_s: float  # one gauge of all looks
    process_s: float  # the sockets of one process by state
    look_s: float  # everything of one look in the middle
    life_s: float  # one socket's life
    remember_ms: float  # of processor time, to write one look of 200 gauges
    lives_ms: float  # of processor time, to follow 10,000 sockets over one look


def measured(folder: Path) -> Month:
    """Write the month into `folder`, and ask it."""
    path = folder / "history.sqlite"
    make_folder(path)
    connection = opened_for_writing(path)
    _fill(connection)
    connection.close()
    size_mb = path.stat().st_size / 1e6
    with history.reading(path) as past:
        (began_s, ended_s), looks = past.span_s() or (0.0, 0.0), len(past.looks()[0])
        gauge_s = _timed(lambda: past.series("process_sockets", "7", "app0", "CLOSE_WAIT"))
        process_s = _timed(lambda: past.processes("app0"))
        look_s = _timed(lambda: past.look_at((began_s + ended_s) / 2))
        life_s = _timed(lambda: past.lifelines({"local_port": [(443, 443)], "remote_port": [(40_777, 40_777)]}))
    return Month(looks, size_mb, gauge_s, process_s, look_s, life_s, _remembering_ms(path), _following_ms())


def labels_of(gauge: int) -> tuple[str, str, str]:
    """Ten states of each of twenty processes."""
    states = ("CLOSE_WAIT", "ESTABLISHED", "LISTEN", "TIME_WAIT", "FIN_WAIT_1", "FIN_WAIT_2", "SYN_SENT", "LAST_ACK",
              "CLOSING", "SYN_RECEIVED")  # fmt: skip
    return str(7 + gauge // len(states)), f"app{gauge // len(states)}", states[gauge % len(states)]


def _values(gauge: int, looks: int) -> Iterator[tuple[int, int, float, None]]:
    """The points of one gauge: where it changes, and where a course begins."""
    chance, kind, value = random.Random(gauge), gauge / GAUGES, 50.0 + gauge
    for look in range(looks):
        before = value
        if kind < BUSY:
            day = sin(2 * pi * look * EVERY_S / DAY_S)
            value = round(300 + gauge + 150 * day + chance.gauss(0, 10))
        elif kind < BUSY + SELDOM and chance.random() < 1 / SELDOM_LOOKS:
            value = round(value + chance.choice((-1, 1)) * chance.randint(1, 5))
        if value != before or look % LOOKS_IN_A_COURSE == 0:
            yield gauge + 1, look, value, None


def _fill(connection: sqlite3.Connection) -> None:
    looks = int(DAYS * DAY_S / EVERY_S)
    began_s = time.time() - DAYS * DAY_S
    connection.execute("BEGIN")
    connection.execute("INSERT INTO runs VALUES (1, 1, '', 'one boot', ?, NULL)", (began_s,))
    connection.executemany(
        "INSERT INTO looks VALUES (?, 1, ?, ?, ?, 0.08, 10000, 12, 12, NULL, 0.05)",
        ((look, began_s + EVERY_S * look, EVERY_S * look, EVERY_S * look) for look in range(looks)),
    )
    for gauge in range(GAUGES):
        connection.execute(
            "INSERT INTO series VALUES (?, 'process_sockets', ?)", (gauge + 1, json.dumps(labels_of(gauge)))
        )
        connection.executemany("INSERT INTO courses VALUES (?, ?, ?)", courses(_values(gauge, looks)))
    chance = random.Random(DAYS)
    connection.executemany(
        "INSERT INTO lifelines VALUES (1, ?, ?, ?, '10.0.0.1', 443, ?, ?, ?, 7, 'app0', 'ESTABLISHED', NULL, "
        "?, ?, ?, ?, ?)",
        (
            (
                line, looks * line // (LIVES_A_DAY * DAYS), 2**40 + line, f"203.0.113.{chance.randrange(256)}",
                32_768 + line % 28_232, 10**6 + line,
                *(began_s + DAY_S * line / LIVES_A_DAY + EVERY_S * step for step in range(5)),
            )
            for line in range(LIVES_A_DAY * DAYS)
        ),
    )  # fmt: skip
    connection.execute("COMMIT")


def _remembering_ms(path: Path) -> float:
    """The processor time that writing one more look takes, over the next hour."""
    look = snapshot("LISTEN 0.0.0.0:80 - pid=7 process=app0", taken_at_unix_s=time.time())
    report = Report(Case(Timeline((look,))), ())
    chance = random.Random(0)
    with history.writing(path) as store:
        began_s = time.process_time()
        for _ in range(LOOKS_IN_A_COURSE + 1):
            told = [
                Gauge("process_sockets", labels_of(gauge), chance.randrange(500) if gauge < BUSY * GAUGES else 7)
                for gauge in range(GAUGES)
            ]
            store.remember(report, told, (), Lines(NO_LINES))
        return 1000 * (time.process_time() - began_s) / (LOOKS_IN_A_COURSE + 1)


def _following_ms() -> float:
    """The processor time to follow 10,000 sockets, of which one in twenty is another one in each look."""
    chance = random.Random(0)
    looks = []
    for number in range(20):
        cookies = [place if chance.random() > 0.05 else 2**40 + number * SOCKETS + place for place in range(SOCKETS)]
        told = {
            "cookie": cookies, "local_address": ["10.0.0.1"] * SOCKETS, "local_port": [443] * SOCKETS,
            "remote_port": [cookie % 65_536 for cookie in cookies], "state": ["ESTABLISHED"] * SOCKETS,
        }  # fmt: skip
        looks.append(Snapshot.of_columns(told, taken_at_unix_s=EVERY_S * number))
    lives, _ = NO_LIVES.followed_by(looks[0])
    began_s = time.process_time()
    for look in looks[1:]:
        lives, _ = lives.followed_by(look)
    return 1000 * (time.process_time() - began_s) / (len(looks) - 1)


def _timed(ask: object) -> float:
    began_s = time.perf_counter()
    assert callable(ask)
    ask()
    return time.perf_counter() - began_s
