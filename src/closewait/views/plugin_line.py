"""The lines of a monitoring plugin: text first, then a bar, then numbers for machines.

The first line is what a pager shows. Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios".
"""

from closewait.views.visible import visible

LONGEST_LINE = 500  # letters; daemons cut the whole output at 4 or 8 KiB


def first_line(status: str, text: str) -> str:
    """`CLOSEWAIT OK - …`."""
    return f"CLOSEWAIT {status} - {plain(text)}"


def plain(text: str) -> str:
    """Text that can end neither the line nor, with a bar, the text."""
    line = visible(" ".join(text.split("\n")).replace("|", ""))
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
