"""The command line: `closewait [VERB] [SOURCE…] [FILTER…]`. No verb means examine, the main job.

Every verb is a file of its own. What is heavy (polars, numpy) is imported inside the verb that needs it, so that
`--help`, `--version` and `explain` answer at once; what looks at this host begins before anything else.
"""

import errno
import os
import sys
from collections.abc import Sequence

from closewait.cli.early import begin_if_live
from closewait.errors import CannotSee, ClosewaitError

VERBS = ("examine", "list", "explain", "sql", "trace", "close", "tune", "lab")

#: First words that are the command's own business and no source.
ABOUT_THE_COMMAND = ("--help", "-h", "--version", "--install-completion", "--show-completion")

BAD_USAGE, OWN_ERROR, STOPPED = 4, 5, 130


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit status of the brief. Errors raised on purpose become one line, never a trace."""
    arguments = list(arguments)
    if not arguments or (arguments[0] not in VERBS and arguments[0] not in ABOUT_THE_COMMAND):
        arguments.insert(0, "examine")
    begin_if_live(arguments)
    # numpy would start a thread for each processor to multiply matrices with (0.06 s on two); there are none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        return _run(arguments)
    except ClosewaitError as error:
        print(f"closewait: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("closewait: stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has had enough: point stdout elsewhere, or Python complains while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  whatever it is, it is our fault, and said
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            print(f"closewait: the answer could not be written: {error.strerror}", file=sys.stderr)
            return CannotSee.exit_status
        print(f"closewait: this is a fault of closewait itself, please report it: {error!r}", file=sys.stderr)
        if os.environ.get("CLOSEWAIT_DEBUG"):
            import traceback

            traceback.print_exc()
        return OWN_ERROR


def _run(arguments: list[str]) -> int:
    """The command line library's part; what it calls bad usage ends with our status for it."""
    from closewait.cli.app import app

    try:
        status = app(arguments, prog_name="closewait", standalone_mode=False)
    except Exception as error:
        show = getattr(error, "show", None)  # the library's own errors know how to show themselves
        if show is None:
            raise
        show()
        return BAD_USAGE
    sys.stdout.flush()
    return int(status or 0)
