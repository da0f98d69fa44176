"""The command line: `closewait [VERB] [SOURCE…] [FILTER…]`. No verb means examine, the main job.

Every verb is a file of its own. What is heavy (polars, numpy) is imported inside the verb that needs it, so that
`--help`, `--version` and `explain` answer at once; what looks at this host begins before anything else.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from closewait.cli.early import begin_if_live
from closewait.errors import BadUsage, CannotSee, ClosewaitError

VERBS = ("examine", "list", "explain", "sql", "watch", "history", "trace", "check", "close", "tune", "lab")

#: First words that are the command's own business and no source.
ABOUT_THE_COMMAND = ("--help", "-h", "--version", "--install-completion", "--show-completion")

BAD_USAGE, OWN_ERROR, STOPPED = 4, 5, 130

#: The verb that answers a monitoring daemon, in its words; whatever fails there is UNKNOWN.
PLUGIN, UNKNOWN = "check", 3


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit status of the brief. Errors raised on purpose become one line, never a trace."""
    arguments = list(arguments)
    if not arguments or (arguments[0] not in VERBS and arguments[0] not in ABOUT_THE_COMMAND):
        arguments.insert(0, "examine")
    verb = arguments[0]
    # numpy would start a thread for each processor to multiply matrices with (0.06 s on two); there are none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        begin_if_live(arguments)
        return _run(arguments)
    except ClosewaitError as error:
        return _failed(verb, str(error), error.exit_status)
    except KeyboardInterrupt:
        return _failed(verb, "stopped", STOPPED)
    except BrokenPipeError:
        # Whoever read our output has had enough: point stdout elsewhere, or Python complains while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNKNOWN if verb == PLUGIN else 0
    except Exception as error:  # noqa: BLE001  whatever it is, it is our fault, and said
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return _failed(verb, f"the answer could not be written: {error.strerror}", CannotSee.exit_status)
        status = _failed(verb, f"this is a fault of closewait itself, please report it: {error!r}", OWN_ERROR)
        if os.environ.get("CLOSEWAIT_DEBUG"):
            import traceback

            traceback.print_exc()
        return status


def _failed(verb: str, why: str, status: int) -> int:
    """Say why there is no answer, and with which status that ends."""
    if verb != PLUGIN:
        print(f"closewait: {why}", file=sys.stderr)
        return status
    from closewait.views.plugin_line import first_line

    with suppress(OSError):  # nobody reads it, or nothing can be written: the status tells the same
        print(first_line("UNKNOWN", why), flush=True)
    return UNKNOWN


def _run(arguments: list[str]) -> int:
    """The command line library's part; what it calls bad usage ends with our status for it."""
    from closewait.cli.app import app

    try:
        status = app(arguments, prog_name="closewait", standalone_mode=False)
    except SystemExit:  # the library's way out when nobody reads the output, and after completing a word
        if arguments[0] != PLUGIN:
            raise
        raise BrokenPipeError from None
    except Exception as error:
        show = getattr(error, "show", None)  # the library's own errors know how to show themselves
        if show is None:
            raise
        if arguments[0] == PLUGIN:
            raise BadUsage(error.format_message()) from None  # type: ignore[attr-defined]  # as what has `show` has
        show()
        return BAD_USAGE
    sys.stdout.flush()
    return int(status or 0)
