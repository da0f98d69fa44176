"""What the history answers to each question, for a person and for a program."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closewait.errors import BadInput, BadUsage, ClosewaitError
from closewait.formats.socket_name import SocketName, socket_named
from closewait.records import record
from closewait.snapshot.filters.condition import Within, leaves
from closewait.snapshot.filters.matching import matching
from closewait.snapshot.remembered import remembered
from closewait.snapshot.table import Snapshot
from closewait.views import remembered as view
from closewait.views.as_json import iso_time
from closewait.views.page import wrapped
from closewait.views.visible import visible

if TYPE_CHECKING:
    from closewait.history.past import Past, PastChange
    from closewait.snapshot.table import Frame

#: A look that was kept whole is offered where it is this near to the time that is asked for.
NEAR_S = 1_800.0

#: Processes of one name whose descriptors are told.
MOST_OF_ONE_NAME = 5

GREATEST = 2**63 - 1  # integer of a column

Lines = Callable[[int], Iterable[str]]


@record
class Answer:
    """Lines of a text of some width, and the same as facts; only what is asked for is reckoned."""

    lines: Lines
    facts: Callable[[], Mapping[str, Any]]


@record
class Span:
    """A part of the history, from one time to another."""

    past: "Past"
    since_unix_s: float
    until_unix_s: float

    def findings(self) -> Answer:
        """What was found when, and what kept the watch from looking."""
        ends = self.since_unix_s, self.until_unix_s
        looks, times_s = self.past.looks(*ends)
        changes, incidents = self.past.changes(*ends), self.past.incidents(*ends)
        share = self.past.processor_share(*ends)

        def lines(width: int) -> Iterable[str]:
            if not len(looks):
                return ["Nothing was looked at in that time."]
            nothing = [] if changes else ["Nothing was found."]
            span = view.span_in_words((times_s[0], times_s[-1]), len(looks), share)
            return chain(wrapped(span, width, "", "  "), view.found_when(changes, incidents, width), nothing)

        def facts() -> Mapping[str, Any]:
            told = [
                {
                    "kind": one.kind,
                    "from": iso_time(one.from_unix_s),
                    "until": iso_time(one.until_unix_s),
                    "seconds": one.seconds,
                    "says": one.says,
                }
                for one in incidents
            ]
            return {
                "looks": len(looks),
                "processor_share": share,
                "changes": [_change_facts(change) for change in changes],
                "incidents": told,
            }

        return Answer(lines, facts)

    def process(self, name_or_pid: str) -> Answer:
        """The sockets of a process over time. Raises BadUsage where none is remembered."""
        times, counts = self.past.processes(name_or_pid, self.since_unix_s, self.until_unix_s)
        times_s, states = times.tolist(), {state: course.tolist() for state, course in counts.items()}
        if not any(map(any, states.values())):
            known = sorted({visible(labels[1]) for labels in self.past.measures("process_sockets") if labels[0]})
            hint = f" It knows {', '.join(known[:20])}." if known else ""
            raise BadUsage(f"The history knows no sockets of a process {name_or_pid!r} in that time.{hint}")
        its = self.past.courses(
            "descriptors", self.since_unix_s, self.until_unix_s, of=lambda labels: name_or_pid in labels
        )
        descriptors = list(islice(its, MOST_OF_ONE_NAME))

        def walls() -> list[str]:
            return [view.wall_ahead(course) for course in descriptors if len(course.times_s)]

        return Answer(
            lambda width: chain(view.process_over_time(name_or_pid, times_s, states), walls()),
            lambda: {
                "process": name_or_pid,
                "times": [iso_time(at_s) for at_s in times_s],
                "states": view.in_order(states),
                "growth_per_hour": view.growth_per_h(times_s, states),
                "walls": walls(),
            },
        )

    def look(self, at_unix_s: float) -> Answer:
        """The look nearest to a time. Raises BadInput where there is none."""
        look = self.past.look_at(at_unix_s)
        if look is None:
            raise BadInput("There is no look in this history yet.")
        standing = self.past.standing(look)
        whole_at_unix_s = look.whole_at_unix_s
        is_near = whole_at_unix_s is not None and abs(whole_at_unix_s - at_unix_s) <= NEAR_S
        hint = [] if not is_near or whole_at_unix_s is None else [
            "", f"A look was kept whole at {view.date_time(whole_at_unix_s)}: --export FILE.parquet writes it for "
            "`closewait FILE.parquet`.",
        ]  # fmt: skip
        return Answer(
            lambda width: chain(view.past_look(look, standing, width), hint),
            lambda: {
                "at": iso_time(look.at_unix_s),
                "sockets": look.sockets,
                "states": look.states,
                "appeared": look.appeared,
                "gone": look.gone,
                "not_seen": list(look.not_seen),
                "took_s": look.took_s,
                "standing": [_change_facts(change) for change in standing],
                "gauges": [
                    {"measure": one.measure, "labels": list(one.labels), "value": one.value, "limit": one.limit}
                    for one in look.gauges
                ],
                "whole_look_at": None if whole_at_unix_s is None else iso_time(whole_at_unix_s),
            },
        )

    def lives(self, word: str) -> Answer:
        """The life of one socket. Raises BadUsage where none is remembered."""
        lines = lives_of(self.past, named(word))
        lines = [line for line in lines if self._overlaps(line)]
        if not lines:
            raise BadUsage(
                f"The history knows no socket {word} in that time. It keeps those that stayed a minute or longer."
            )
        return Answer(lambda width: view.lives(lines, width), lambda: {"asked": word, "lives": lines})

    def gauges(self) -> tuple["Frame", None]:
        """Every gauge as it was written, as a frame."""
        rows = remembered("history.points", self.past.table("history.points"))
        at_s = rows["at_unix_s"]
        return rows.filter((at_s >= self.since_unix_s) & (at_s <= self.until_unix_s)).sort("at_unix_s"), None

    def whole_look(self, at_unix_s: float) -> tuple["Frame", str]:
        """The look kept whole that is nearest to a time, with what belongs to it. Raises BadInput."""
        from closewait.snapshot.files import rows_of_looks
        from closewait.views.as_json import heads_as_json

        found = self.past.look_at(at_unix_s)
        look = None if found is None else found.whole()
        if look is None:
            raise BadInput("No look was kept whole: that is done when a finding becomes critical.")
        return rows_of_looks([look]), heads_as_json([look])

    def _overlaps(self, line: Mapping[str, Any]) -> bool:
        until = line["seen_until_unix_s"]
        began_in_time = line["seen_from_unix_s"] <= self.until_unix_s
        return bool(began_in_time and (until is None or until >= self.since_unix_s))


def named(word: str) -> SocketName:
    """The socket that a word names. Raises BadUsage."""
    name = socket_named(word)
    if name is None or name.holding:
        raise BadUsage(f"{word!r} names no socket: write both of its ends, 10.0.0.1:443-203.0.113.9:50123, or inode:N.")
    return name


def lives_of(past: "Past", name: SocketName) -> list[dict[str, Any]]:
    """The lines of one socket, oldest first."""
    spans: dict[str, Sequence[tuple[int, int]]] = {
        leaf.column: [(int(low or 0), GREATEST if high is None else int(high)) for low, high in leaf.spans]
        for leaf in leaves(name.condition)
        if isinstance(leaf, Within)
    }
    found = past.lifelines(spans)
    if not found:
        return []
    ends = ("local_address", "local_port", "remote_address", "remote_port", "inode")
    look = Snapshot.of_columns({column: found[column] for column in ends})
    keeps = matching(look, name.condition).to_list()
    return [
        dict(zip(found, line, strict=True))
        for line, keep in zip(zip(*found.values(), strict=True), keeps, strict=True)
        if keep
    ]


def known_of(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the watch of this host has written down about a socket of a look; nothing where that cannot be read."""
    from closewait.history.place import place

    file = ""
    with suppress(ClosewaitError):
        file = str(place())
    if not os.path.exists(file):  # noqa: PTH110  Path.exists() raises where a folder may not be entered
        return []
    from closewait.history import reading

    ends = ("local_address", "local_port", "remote_address", "remote_port")
    ports = {name: [(told[name], told[name])] for name in ends if isinstance(told[name], int)}
    found: dict[str, list[Any]] = {}
    with suppress(ClosewaitError), reading(Path(file)) as past:
        found = past.lifelines(ports)
    lines = [dict(zip(found, line, strict=True)) for line in zip(*found.values(), strict=True)]
    return [
        line
        for line in lines
        if all(line[name] == told[name] for name in ends)
        and (line["cookie"] == told["cookie"] or None in (line["cookie"], told["cookie"]))
    ]


def _change_facts(change: "PastChange") -> dict[str, Any]:
    """As `closewait watch --json` tells a change."""
    return {
        "event": change.kind,
        "key": change.key,
        "at": iso_time(change.at_unix_s),
        "since": iso_time(change.since_unix_s),
        "lasted_s": round(max(0.0, change.at_unix_s - change.since_unix_s), 3),
        "sockets": change.sockets,
        "sockets_before": change.sockets_before,
        "finding": change.finding,
    }
