"""The page of the commands: what each prints for `--help`."""

import os
import subprocess
import sys

from closewait.cli import VERBS
from pages.markdown import page, section

PAGE = "commands.md"


def pages() -> dict[str, str]:
    """`commands.md`."""
    return {PAGE: commands_page()}


def commands_page() -> str:
    """The help of the command itself and of each verb."""
    return page(
        "The commands",
        sources="each command's --help",
        parts=[
            section("closewait", _fenced(help_of())),
            *(section(f"closewait {verb}", _fenced(help_of(verb))) for verb in VERBS),
        ],
    )


def help_of(*verb: str) -> str:
    """What `--help` prints in 80 columns."""
    plain = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "closewait", *verb, "--help"]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **plain}
    ).stdout.rstrip()


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"
