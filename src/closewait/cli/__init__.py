"""The command line: `closewait [VERB] [SOURCE…]`. No verb means examine, the main job.

Every verb is a file of its own. What is heavy (polars, numpy) is imported inside the verb that needs it, so that
`--help`, `--version` and `explain` answer at once.
"""

import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from closewait.cli import examine, explain, lab, list_sockets
from closewait.errors import ClosewaitError

VERBS = {
    "examine": examine.examine,
    "list": list_sockets.list_sockets,
    "explain": explain.explain,
    "lab": lab.lab,
}

#: First words that are the command's own business and no source.
ABOUT_THE_COMMAND = ("--help", "-h", "--version", "--install-completion", "--show-completion")

app = typer.Typer(
    name="closewait",
    add_completion=True,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb, command in VERBS.items():
    app.command(verb)(command)


def _version(asked: bool) -> None:
    if asked:
        print(f"closewait {metadata.version('closewait')}")
        raise typer.Exit


@app.callback()
def closewait(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Explain TCP socket states and find out why sockets will not close.

    Without a verb closewait examines this host, or the dump it is given:

    \b
        closewait                        examine this host, now
        closewait --again 30s            look a second time and judge both looks
        netstat -an | closewait -        judge any dump
        closewait explain CLOSE_WAIT     what a state, a rule or a setting means

    Exit status: 0 healthy, 1 warnings, 2 critical, 3 could not see, 4 bad usage or input, 5 our own error.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit status of the brief. Errors raised on purpose become one line, never a trace."""
    arguments = list(arguments)
    if not arguments or (arguments[0] not in VERBS and arguments[0] not in ABOUT_THE_COMMAND):
        arguments.insert(0, "examine")
    try:
        status = app(arguments, prog_name="closewait", standalone_mode=False)
        sys.stdout.flush()
    except ClosewaitError as error:
        print(f"closewait: {error}", file=sys.stderr)
        return error.exit_status
    except (typer.Abort, KeyboardInterrupt):
        print("closewait: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has had enough: point stdout elsewhere, or Python complains while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.Exit as ended:
        return ended.exit_code
    except Exception as error:
        return _explain_failure(error)
    return int(status or 0)


def _explain_failure(error: Exception) -> int:
    """Bad usage as the command line library words it, with status 4; anything else is our own fault, status 5."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 4
    print(f"closewait: this is a fault of closewait itself, please report it: {error!r}", file=sys.stderr)
    if os.environ.get("CLOSEWAIT_DEBUG"):
        raise error
    return 5
