"""`closewait lab SCENE`: make a situation with real sockets, to practise on and to prove a rule."""

import sys
from typing import Annotated

import typer

from closewait.cli.options import duration_s
from closewait.errors import BadUsage


def lab(
    scene: Annotated[str | None, typer.Argument(metavar="[SCENE]", help="The rule whose situation to make.")] = None,
    count: Annotated[int | None, typer.Option("--count", help="How many sockets show it.")] = None,
    time_limit: Annotated[str, typer.Option("--for", metavar="TIME", help="End by itself after TIME.")] = "2min",
    grow: Annotated[float, typer.Option("--grow", help="Sockets added each second while it lasts.")] = 0.0,
) -> int:
    """Make a situation with real sockets on this host's loopback, to practise on.

    Without SCENE the scenes are listed. It ends by itself, or with Ctrl-C, and leaves nothing behind.

    \b
    Examples:
        closewait lab
        closewait lab leaked-close-wait --count 50
        closewait lab time-wait-churn --for 30s
    """
    from closewait.lab import SCENES, playing

    if scene is None:
        for each in SCENES:
            print(f"{each.name:24}{each.summary}")
        return 0
    names = [each.name for each in SCENES]
    if scene.replace("_", "-") not in names:
        raise BadUsage(f"There is no scene {scene!r}. The scenes are: {', '.join(names)}.")
    time_limit_s = duration_s(time_limit)
    with playing(scene.replace("_", "-"), count=count, time_limit_s=time_limit_s, growth_per_s=grow) as performance:
        print(performance.scene.summary)
        for role, pids in performance.pids.items():
            print(f"  {role:12} {', '.join(str(pid) for pid in pids)}")
        print(f"  look with    {performance.look_with}")
        print(f"  it ends by itself after {time_limit}, or with Ctrl-C", flush=True)
        try:
            performance.wait()
        except KeyboardInterrupt:
            print("closewait: ended; nothing is left", file=sys.stderr)
    return 0
