"""What several verbs ask for in the same words."""

import re
from typing import Annotated

import typer

from closewait.errors import BadUsage

UNITS_S = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="SOURCE", help="A dump's file, - for standard input, netns:NAME; nothing: this host."),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, schema closewait/1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors; the exit status is the answer.")]
Width = Annotated[int | None, typer.Option("--width", min=40, max=1000, help="Columns to write in.")]


def duration_s(text: str) -> float:
    """`30s`, `2min`, `1h`, `45`: a time in seconds. Raises BadUsage."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if found is None or found[2] not in UNITS_S:
        raise BadUsage(f"{text!r} is not a time. Write it as 30s, 2min or 1h.")
    return float(found[1]) * UNITS_S[found[2]]
