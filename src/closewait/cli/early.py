"""The look begins before the command line is understood: in a child, while this process still imports.

A guess from the bare words decides; a wrong one costs a child that is ended unused.
"""

import os
from collections.abc import Mapping, Sequence

from closewait import capture
from closewait.diagnosis.needed import JUDGED
from closewait.errors import ClosewaitError

NETNS = "netns:"
LOOKING_VERBS = ("examine", "list", "sql", "check")

#: Options of these verbs whose value is the next word.
OPTIONS_WITH_VALUE = (
    "--again", "--by", "--crit", "-c", "--from", "--history", "--limit", "--output", "-o", "--sort", "--textfile",
    "--timeout", "-t", "--warn", "-w", "--width",
)  # fmt: skip

_begun: list[capture.Begun] = []


def begin_if_live(words: Sequence[str]) -> None:
    """Begin to look at this host when the command line seems to ask for that."""
    if not words or words[0] not in LOOKING_VERBS or {"-h", "--help", "--tables"} & set(words):
        return
    plain, options = apart(words[1:])
    places = plain if words[0] != "sql" else [options["--from"]] if "--from" in options else []
    if any(word == "-" or os.path.exists(word) for word in places):  # noqa: PTH110  pathlib is not imported yet
        return
    netns = next((word.removeprefix(NETNS) for word in places if word.startswith(NETNS)), None)
    filters = [word for word in places if not word.startswith(NETNS)]
    if "--all-netns" in options and words[0] in ("examine", "list"):
        _begun.append(capture.begin())
    elif words[0] in ("examine", "check") and not filters:
        _begun.append(capture.begin(netns=netns, columns=JUDGED))
    elif words[0] != "list" or (not filters and "--by" not in options):
        _begun.append(capture.begin(netns=netns))
    elif options.get("--by") == "state" and not filters and "--sort" not in options:
        _begun.append(capture.begin_counting(netns))
    else:
        _begin_listing(filters, options, netns)


def _begin_listing(filters: Sequence[str], options: Mapping[str, str], netns: str | None) -> None:
    """Begin what a list with filters or groups needs; what is wrong with them is said later, by the verb."""
    from closewait.cli.needs import needs
    from closewait.formats.service_names import SERVICE_PORTS
    from closewait.snapshot.filters.grammar import understood
    from closewait.snapshot.filters.keys import columns_named

    try:
        condition = understood(filters, SERVICE_PORTS).condition
        by, sort = columns_named(options.get("--by")), columns_named(options.get("--sort", "").partition(":")[0])
        wish = needs(condition, by=by, sort=sort)
    except ClosewaitError:
        return
    _begun.append(capture.begin(netns=netns, holders=wish.holders, columns=wish.columns, asked=wish.asked))


def apart(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words that are no options, and the options with their values."""
    plain, options, waiting = [], {}, None
    for word in words:
        name, is_joined, value = word.partition("=")
        if waiting is not None:
            options[waiting], waiting = word, None
        elif word in OPTIONS_WITH_VALUE:
            waiting = word
        elif word.startswith("--"):
            options[name] = value if is_joined else ""
        elif not word.startswith("-") or word == "-":
            plain.append(word)
    return plain, options


def take() -> capture.Begun | None:
    """What has begun, once; None where nothing has."""
    return _begun.pop() if _begun else None
