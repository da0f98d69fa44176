"""A trace as lines: for people in columns, for programs as one JSON object a line; schema `closewait/1`.

Every object has a `kind`: `transition`, `ending` (a socket's last tcp_info), `lost`, `story`, and `summary`, the last.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from closewait.diagnosis.lived import Lived
from closewait.diagnosis.lives import Ends, Life
from closewait.diagnosis.wording import count_of
from closewait.formats.sock_diag.endings import Ending
from closewait.records import record
from closewait.tcp.transitions import Step
from closewait.views.page import wrapped
from closewait.views.sequence import SCHEMA, drawn, step_json
from closewait.views.visible import visible

HEADS = ("TIME (UTC)", "THIS END", "THE PEER", "LEFT", "ENTERED", "AFTER", "BY")
WIDTHS = (15, 21, 21, 12, 12, 12, 0)

NS_PER_S = 1_000_000_000
NULL = "null"


@record
class Summary:
    """What a trace came to, and what it cost; `connections` None where sockets were counted and not followed."""

    transitions: int
    connections: int | None
    lost: int
    shown: int
    took_s: float
    processor_s: float
    memory_mb: float
    by_states: Mapping[tuple[str, str], int]
    closed_first: Mapping[str, int]


def heads_text() -> str:
    """The line above the transitions."""
    return _aligned(HEADS)


def transition_text(life: Life, unix_ns: int) -> str:
    """The last transition of `life`; `unix_ns` is when it happened."""
    transition, actor = life.moments[-1]
    at = datetime.fromtimestamp(unix_ns // NS_PER_S, UTC)
    lasted_ns = life.lasted_ns
    return _aligned(
        (
            f"{at:%H:%M:%S}.{unix_ns % NS_PER_S // 1000:06}",
            _end(transition.local_address, transition.local_port or life.ends.local_port),
            _end(transition.remote_address, transition.remote_port),
            transition.before,
            transition.after,
            "" if lasted_ns is None else duration_text(lasted_ns),
            visible(str(actor)) if actor else "",
        )
    )


def transition_json(life: Life, unix_ns: int) -> str:
    """The same for programs, as the line it becomes: put together here, for there may be 100,000 in a second.

    Addresses and states are our own words; only a process's name can hold what JSON must escape.
    """
    (transition, actor), ends, lasted_ns = life.moments[-1], life.ends, life.lasted_ns
    return (
        f'{{"schema": "{SCHEMA}", "kind": "transition", '
        f'"at_unix_s": {unix_ns / NS_PER_S:.6f}, "socket": {life.number}, '
        f'"local_address": "{ends.local_address}", "local_port": {ends.local_port or NULL}, '
        f'"remote_address": "{ends.remote_address}", "remote_port": {ends.remote_port or NULL}, '
        f'"before": "{transition.before}", "after": "{transition.after}", '
        f'"before_lasted_s": {NULL if lasted_ns is None else lasted_ns / NS_PER_S}, '
        f'"pid": {actor.pid if actor else NULL}, "process": {json.dumps(actor.process) if actor else NULL}, '
        f'"closed_first": {_text_or_null(life.closed_first)}}}'
    )


def ending_text(ending: Ending) -> str:
    """One line below a story: what the connection had carried."""
    told = [f"{name} {value:,}" for name, value in ending.told.items() if value is not None]
    return f"The last of {_end(*ending[:2])} (cookie {ending.cookie}): {', '.join(told)}."


def ending_json(ending: Ending, life: Life | None) -> dict[str, Any]:
    """A socket's last tcp_info; `life` is the socket it was, where that was traced."""
    return {
        "schema": SCHEMA,
        "kind": "ending",
        "socket": life.number if life else None,
        **_ends_json(Ends._make(ending[:4])),
        "cookie": ending.cookie,
        **ending.told,
    }


def lost_text(lost: int, uncounted: int) -> str:
    """What is said where transitions are missing."""
    many = f"{lost:,}" if lost or not uncounted else "Some"
    return f"{many} transitions were lost here: more came than could be read. Ask for fewer with a filter."


def lost_json(lost: int, uncounted: int) -> dict[str, Any]:
    """The same for programs; `lost` null is not counted by the kernel."""
    return {"schema": SCHEMA, "kind": "lost", "lost": None if uncounted and not lost else lost}


def story_text(lived: Lived, endings: Mapping[Ends, Ending], *, width: int, ascii: bool = False) -> str:
    """Who the two ends were, who closed first, and every transition drawn between them."""
    lines = [f"This end: {_who(lived.here)}"]
    lines.append(f"The peer: {_who(lived.there) if lived.there else 'not on this host, or not seen'}")
    lines.append(f"Closed first: {closed_first_text(lived)}")
    ends = [life.ends for life in (lived.here, lived.there) if life]
    told = [line for one in ends if one in endings for line in wrapped(ending_text(endings[one]), width, "", "  ")]
    return (
        "\n".join(map(visible, lines))
        + "\n\n"
        + "\n".join([drawn(_shown(lived), width=width, ascii=ascii), *([""] if told else []), *told, ""])
    )


def story_json(lived: Lived, endings: Mapping[Ends, Ending]) -> dict[str, Any]:
    """The same for programs; both ends as each sees the connection."""
    return {
        "schema": SCHEMA,
        "kind": "story",
        "here": _life_json(lived.here, endings),
        "there": _life_json(lived.there, endings) if lived.there else None,
        "closed_first": lived.here.closed_first,
        "closed_first_says": closed_first_text(lived),
        "steps": [{**step_json(step), "at_s": at_s} for step, at_s in zip(lived.steps, lived.times_s, strict=True)],
    }


def closed_first_text(lived: Lived) -> str:
    """Which end closed first, by which process; or that none has."""
    here, there = lived.here, lived.there
    first = here.closed_first
    if first is None:
        return "nobody: it ended without a FIN" if here.is_over else "nobody has closed"
    closer = {"this end": here, "the peer": there, "both": None}[first]
    by = f", {closer.closed_by}" if closer and closer.closed_by else ""
    return f"{first}{by}"


def summary_text(summary: Summary) -> str:
    """The sum, how much of it was lost, and what tracing itself took."""
    share = 100 * summary.processor_s / summary.took_s if summary.took_s else 0.0
    connections = "" if summary.connections is None else f" of {count_of(summary.connections, 'connection')}"
    closers = ", ".join(f"{who} {count:,}" for who, count in summary.closed_first.items())
    lines = [
        f"{summary.transitions:,} transitions{connections} in {summary.took_s:,.1f} s; {summary.lost:,} lost.",
        *([f"Closed first, as each socket saw it: {closers}."] if closers else []),
        f"Own cost: {summary.processor_s:,.2f} s of a processor ({share:.1f} %), {summary.memory_mb:,.0f} MB.",
    ]
    return "\n".join(lines)


def states_text(summary: Summary) -> str:
    """How often each state followed each other, most first."""
    ordered = sorted(summary.by_states.items(), key=lambda one: -one[1])
    return "\n".join(f"{count:>12,}  {before:12}  {after}" for (before, after), count in ordered)


def summary_json(summary: Summary) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": SCHEMA,
        "kind": "summary",
        "transitions": summary.transitions,
        "connections": summary.connections,
        "lost": summary.lost,
        "shown": summary.shown,
        "took_s": round(summary.took_s, 3),
        "processor_s": round(summary.processor_s, 3),
        "memory_mb": round(summary.memory_mb, 1),
        "closed_first": dict(summary.closed_first),
        "states": [
            {"before": before, "after": after, "count": count} for (before, after), count in summary.by_states.items()
        ],
    }


def duration_text(ns: int) -> str:
    """`412 us`, `3.214 ms`, `12.000 s`."""
    if ns < 1_000_000:
        return f"{ns // 1000} us"
    return f"{ns / 1e6:.3f} ms" if ns < NS_PER_S else f"{ns / 1e9:,.3f} s"


def _shown(lived: Lived) -> list[Step]:
    """The steps with nothing in them that could steer a terminal."""
    return [replace(step, words=visible(step.words)) for step in lived.steps]


def _aligned(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def _end(address: str, port: int | None) -> str:
    shown = "*" if port is None else port
    return f"[{address}]:{shown}" if ":" in address else f"{address}:{shown}"


def _who(life: Life) -> str:
    """`127.0.0.1:5000, curl[12]`: an end, and the process that connected, listened or closed there."""
    actor = next((moment.actor for moment in life.moments if moment.actor), None)
    return _end(life.ends.local_address, life.ends.local_port) + (f", {actor}" if actor else "")


def _life_json(life: Life, endings: Mapping[Ends, Ending]) -> dict[str, Any]:
    ending = endings.get(life.ends)
    last = {"cookie": ending.cookie, **ending.told} if ending else None
    return {"socket": life.number, **_ends_json(life.ends), "state": life.state, "ending": last}


def _ends_json(ends: Ends) -> dict[str, Any]:
    return ends._asdict()


def _text_or_null(text: str | None) -> str:
    return NULL if text is None else f'"{text}"'
