"""What differs when a person sits in front of a terminal: colours, the width, and a bar while something takes long."""

import atexit
import os
import shutil
import sys
import time
from collections.abc import Callable


def columns(asked: int | None) -> int:
    """How wide to write: as asked, else the terminal's width up to 100, else 80."""
    if asked is not None:
        return asked
    if not sys.stdout.isatty():
        return 80
    return max(40, min(100, shutil.get_terminal_size((80, 24)).columns))


def show(text: str) -> None:
    """Print a report; on a terminal the severities are coloured, unless NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        sys.stdout.write(text)
        return
    from rich.console import Console
    from rich.highlighter import RegexHighlighter
    from rich.text import Text
    from rich.theme import Theme

    class Severities(RegexHighlighter):
        """The first words of a finding, and the labels beside its parts."""

        base_style = "closewait."
        highlights = (
            r"(?m)^(?P<critical>CRITICAL)  (?P<rule>\S+)",
            r"(?m)^(?P<warning>WARNING)  (?P<rule>\S+)",
            r"(?m)^(?P<benign>benign)  (?P<rule>\S+)",
            r"(?m)^  (?P<label>[A-Z][a-z ]{3,14}?)(?=  )",
        )

    theme = Theme(
        {
            "closewait.critical": "bold red",
            "closewait.warning": "bold yellow",
            "closewait.benign": "green",
            "closewait.rule": "bold",
            "closewait.label": "dim",
        }
    )
    console = Console(theme=theme, highlight=False, soft_wrap=True)
    console.print(Severities()(Text(text)), end="")


def wait(seconds: float, saying: str) -> None:
    """Wait, with a bar on a terminal when it takes over two seconds; silent where nobody watches."""
    if seconds <= 2 or not sys.stderr.isatty():
        time.sleep(seconds)
        return
    from rich.console import Console
    from rich.progress import track

    steps = int(seconds * 4)
    for _ in track(range(steps), description=saying, console=Console(stderr=True), transient=True):
        time.sleep(seconds / steps)


def reading_bar() -> Callable[[int, int | None], None] | None:
    """What shows how much of a log was read, once that takes over two seconds; None where nobody watches.

    It is told the bytes read since the last time, and how many there are, where that is known.
    """
    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    parts = TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    bar = Progress(*parts, console=Console(stderr=True), transient=True)
    task, began_s = bar.add_task("reading", total=None), time.monotonic()

    def advance(octets: int, size: int | None) -> None:
        bar.update(task, advance=octets, total=size)
        if not bar.live.is_started and time.monotonic() - began_s > 2:
            bar.start()
            atexit.register(bar.stop)
        if size is not None and bar.tasks[0].completed >= size:
            bar.stop()

    return advance
