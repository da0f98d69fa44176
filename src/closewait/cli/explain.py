"""`closewait explain WORD`: what a state, a rule or a setting means, under any of its names."""

import json as json_text
from typing import Annotated

import typer

from closewait.cli.options import Json, Quiet
from closewait.errors import BadUsage


def explain(
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="A state in any spelling, a rule, or a setting.")],
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Explain a state, a rule or a setting, under any of its names.

    \b
    Examples:
        closewait explain CLOSE_WAIT
        closewait explain SCHLIESSEN_WARTEN
        closewait explain never-accepted
        closewait explain tcp_fin_timeout
    """
    from closewait.views import explain as view

    for word in words:
        told = view.explain_json(word) if json else view.explain(word)
        if told is None:
            near = view.near(word)
            hint = f" Did you mean {', '.join(near)}?" if near else " Try a state (CLOSE_WAIT), a rule or a setting."
            raise BadUsage(f"closewait knows no state, rule or setting called {word!r}.{hint}")
        if not quiet:
            print(json_text.dumps(told, ensure_ascii=False) if json else told)
    return 0
