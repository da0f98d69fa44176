"""`closewait lab SCENE`: make a situation with real sockets, to practise on and to prove a rule."""

import json as json_text
import sys
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from closewait.cli.options import Json, Quiet
from closewait.cli.terminal import columns
from closewait.snapshot.durations import duration_s

if TYPE_CHECKING:
    from closewait.lab import Performance

NAME_COLUMNS = 24


def lab(
    scene: Annotated[
        str | None, typer.Argument(metavar="SCENE", help="The rule whose situation to make; nothing: list them.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", help="How many sockets show it.")] = None,
    time_limit: Annotated[str, typer.Option("--for", metavar="TIME", help="End by itself after TIME.")] = "2min",
    grow: Annotated[float, typer.Option("--grow", help="Sockets added each second while it lasts.")] = 0.0,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Make a situation with real sockets, to practise on.

    It plays on this host's loopback or in a network namespace of its own, ends by itself or with Ctrl-C, and leaves
    nothing behind.

    \b
    Examples:
        closewait lab
        closewait lab leaked-close-wait --count 50
        closewait lab time-wait-churn --for 30s
    """
    from closewait.lab import SCENES, playing, scene_named

    if scene is None:
        listed = [{"scene": each.name, "summary": each.summary, "needs": each.needs} for each in SCENES]
        if json:
            print(json_text.dumps(listed))
        elif not quiet:
            print("\n".join(_line(each["scene"], each["summary"]) for each in listed))
        return 0
    name, time_limit_s = scene_named(scene).name, duration_s(time_limit)
    with playing(name, count=count, time_limit_s=time_limit_s, growth_per_s=grow) as performance:
        try:
            if json:
                print(json_text.dumps(_facts(performance)), flush=True)
            elif not quiet:
                print(_playbill(performance, time_limit), flush=True)
            performance.wait()
        except KeyboardInterrupt:
            print("closewait: ended; nothing is left", file=sys.stderr)
    return 0


def _line(name: str, summary: str) -> str:
    """A scene's name beside its sentence, wrapped to the terminal."""
    indent = " " * NAME_COLUMNS
    return textwrap.fill(summary, columns(None), initial_indent=name.ljust(NAME_COLUMNS), subsequent_indent=indent)


def _facts(performance: "Performance") -> dict[str, object]:
    return {
        "scene": performance.scene.name,
        "count": performance.count,
        "where": performance.where,
        "netns": performance.netns,
        "pids": {role: list(pids) for role, pids in performance.pids.items()},
        "look_with": performance.look_with,
    }


def _playbill(performance: "Performance", time_limit: str) -> str:
    """Who plays, how to look, and when it is over."""
    actors = [f"  {role:12} {', '.join(str(pid) for pid in pids)}" for role, pids in performance.pids.items()]
    return "\n".join(
        [
            performance.scene.summary,
            *actors,
            f"  look with    {performance.look_with}",
            f"  it ends by itself after {time_limit}, or with Ctrl-C",
        ]
    )
