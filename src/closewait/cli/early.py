"""The look begins before the command line is understood: in children, while this process still imports.

A guess from the bare words decides; a wrong one costs a child that is ended unused.
"""

import os
from collections.abc import Sequence

from closewait import capture

NETNS = "netns:"

_begun: list[capture.Begun] = []


def begin_if_live(words: Sequence[str]) -> None:
    """Begin to look at this host when the command line seems to ask for that."""
    if words[:1] not in (["examine"], ["list"]) or {"-h", "--help"} & set(words):
        return
    sources = [word for word in words[1:] if not word.startswith("--")]
    if any(word == "-" or os.path.exists(word) for word in sources):  # noqa: PTH110  pathlib is not imported yet
        return
    netns = next((word.removeprefix(NETNS) for word in sources if word.startswith(NETNS)), None)
    counting = words[0] == "list" and any(word.startswith("--by") for word in words)
    _begun.append(capture.begin_counting(netns) if counting else capture.begin(netns=netns))


def take() -> capture.Begun | None:
    """What has begun, once; None where nothing has."""
    return _begun.pop() if _begun else None
