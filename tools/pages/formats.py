"""The page of the formats that are recognised by their content."""

from closewait.formats import FORMATS
from closewait.formats.evidence import KINDS
from pages.markdown import page, table

PAGE = "formats.md"


def pages() -> dict[str, str]:
    """`formats.md`."""
    return {PAGE: formats_page()}


def formats_page() -> str:
    """Every format, in the order in which it is tried."""
    return page(
        "The formats",
        sources="src/closewait/formats",
        parts=[
            "Nobody has to name a format: what is in a file or on standard input is recognised. A file may hold "
            "several dumps, prompts, quoting and lines of something else; what gave no row is counted, and "
            "`closewait list FILE -v` shows it.",
            table(["name", "told by"], [(f"`{each.name}`", each.told_by) for each in FORMATS]),
            "## Evidence",
            "A folder, or several files, are one host (see [A folder is one host](../how-to/a-folder-is-one-host.md)): "
            "what lies beside the dumps is recognised by its content as well, and a file may hold several of these.",
            table(["name", "told by"], [(f"`{each.name}`", each.told_by) for each in KINDS]),
        ],
    )
