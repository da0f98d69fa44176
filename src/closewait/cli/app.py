"""The verbs and the options of the command itself, as typer knows them."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from closewait.cli import check, close, examine, explain, history, lab, list_sockets, sql, trace, tune, watch

COMMANDS: Mapping[str, Callable[..., int]] = {
    "examine": examine.examine,
    "list": list_sockets.list_sockets,
    "explain": explain.explain,
    "sql": sql.sql,
    "watch": watch.watch,
    "history": history.history,
    "trace": trace.trace,
    "check": check.check,
    "close": close.close,
    "tune": tune.tune,
    "lab": lab.lab,
}

app = typer.Typer(
    name="closewait",
    add_completion=True,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb, command in COMMANDS.items():
    app.command(verb)(command)


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata  # 30 ms that nobody else needs

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
        closewait lport=80               judge a part of the sockets; list and close take the same filters
        closewait explain CLOSE_WAIT     what a state, a rule or a setting means

    Environment: NO_COLOR (anything) prints without colours; XDG_STATE_HOME names the folder of the audit log
    (closewait/audit.jsonl); CLOSEWAIT_DEBUG=1 shows where in the code a fault of closewait itself happened.

    Exit status: 0 healthy, 1 warnings, 2 critical, 3 could not see, 4 bad usage or input, 5 our own error.
    """
