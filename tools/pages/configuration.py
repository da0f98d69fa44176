"""The page of the configuration: every key of the one file, and the whole file as it is by default."""

from closewait.cli.configuration import KEYS, PLACE, as_toml
from pages.markdown import page, section, table

PAGE = "configuration.md"


def pages() -> dict[str, str]:
    """`configuration.md`."""
    return {PAGE: configuration_page()}


def configuration_page() -> str:
    """Every key with its meaning, then a file to begin with."""
    rows = [(f"`{key.path}`", key.meaning, f"`{key.example}`") for key in KEYS]
    return page(
        "The configuration of a watch",
        sources="src/closewait/cli/configuration.py",
        parts=[
            f"`closewait watch` reads `{PLACE}`, or the file after `--config`, if there is one. It is TOML. A key that "
            "does not exist or does not fit ends the command with its name, before anything is looked at. What is said "
            "on the command line holds against the file.",
            table(("key", "meaning", "example"), rows),
            section("A file to begin with", f"Every key as it is by default.\n\n```toml\n{as_toml()}```"),
        ],
    )
