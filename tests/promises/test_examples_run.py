"""Every command shown in a help text, in the README or a page of docs is run here, on real sockets, as it stands."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache

import pytest

from closewait.cli import STOPPED, VERBS
from tests.promises.house import REPOSITORY
from tests.promises.place import DEADLINE_S, Answer, Place, a_place, commands_in

#: Waiting is the one thing that is shortened.
SHORTENED = {"--again 30s": "--again 1s", "--for 10s": "--for 1s", "--for 1min": "--for 1s"}

#: A watch goes on until it is stopped.
WITHOUT_END = re.compile(r"closewait watch(?!.*--for).*")

#: What answers in lines of JSON, one for each thing that happens.
LINE_BY_LINE = re.compile(r"closewait (?:trace|watch)\b")

#: Healthy, warnings, critical: an answer. Anything else is a failure of the command.
ANSWERED = (0, 1, 2)

#: How a scene ends with Ctrl-C: with its own last words, or, while it still says that it holds, as any stopped command.
ENDED = {0, STOPPED}

WRITTEN_PAGES = [path for path in sorted(REPOSITORY.glob("docs/**/*.md")) if "reference" not in path.parts]
PAGES = [path for path in (REPOSITORY / "README.md", *WRITTEN_PAGES) if "```sh" in path.read_text()]
FIRST_LOOK = REPOSITORY / "docs" / "first-look.md"
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


@cache
def help_of(verb: str) -> str:
    """What `--help` prints where lines are not broken."""
    command = [sys.executable, "-m", "closewait", *verb.split(), "--help"]
    done = subprocess.run(command, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, check=True)
    return done.stdout


def examples_of(verb: str) -> list[str]:
    """The commands shown in a help text; of a verb's only those under its Examples."""
    text = help_of(verb)
    return commands_in(text.partition("Examples:")[2] if verb else text.partition("Usage:")[2].partition("\n")[2])


def commands_of(page: str) -> list[str]:
    """The commands in the shell blocks of a page."""
    return commands_in("\n".join(SHELL_BLOCK.findall(page)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One namespace for all examples; nothing they do changes it."""
    with a_place(tmp_path_factory.mktemp("examples")) as place:
        yield place


def answers(place: Place, commands: list[str]) -> list[Answer]:
    """What each command gave, in order; scenes among them play until the end."""
    given = []
    try:
        for command in commands:
            if re.match(r"closewait lab \w", command):
                place.begin(command)
            else:
                given.append(place.run(shortened(command)))
    finally:
        statuses = place.end_scenes()
    assert set(statuses) <= ENDED, "a scene ends well when it is ended with Ctrl-C"
    return given


def shortened(command: str) -> str:
    """A command as it is run: with less waiting."""
    for long, short in SHORTENED.items():
        command = command.replace(long, short)
    return f"{command} --for 1s" if WITHOUT_END.fullmatch(command) else command


def failures(given: list[Answer]) -> list[Answer]:
    """The answers that are none: a wrong exit status, nothing printed unasked, or JSON that is not JSON."""
    return [
        one
        for one in given
        if one.status not in ANSWERED or bool(one.output) == ("--quiet" in one.command) or not _is_what_was_asked(one)
    ]


def _is_what_was_asked(answer: Answer) -> bool:
    """JSON where it was asked for: one answer, or one in each line of what comes line by line."""
    parts = answer.output.splitlines() if LINE_BY_LINE.match(answer.command) else [answer.output]
    try:
        return "--json" not in answer.command or all(json.loads(part) for part in parts)
    except ValueError:
        return False


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_examples(verb: str) -> None:
    """A help text without an example is a riddle at three in the morning."""
    assert examples_of(verb) != []


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_the_examples_of_a_help_text_run(verb: str, place: Place) -> None:
    """What the help shows can be typed."""
    assert failures(answers(place, examples_of(verb))) == []


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_the_commands_of_a_page_run(page: os.PathLike[str], place: Place) -> None:
    """What a page shows can be typed, in its order."""
    text = (REPOSITORY / page).read_text()

    assert failures(answers(place, commands_of(text))) == []


def test_the_first_look_finds_the_leak(place: Place) -> None:
    """The tutorial's scene gives the verdict that the tutorial shows, as soon as the leak is more than passing."""
    scene, look, *_ = commands_of(FIRST_LOOK.read_text())
    place.begin(scene)
    try:
        gives_up_at_s = time.monotonic() + DEADLINE_S
        while "leaked-close-wait" not in (seen := place.run(look)).output and time.monotonic() < gives_up_at_s:
            time.sleep(0.5)
    finally:
        place.end_scenes()

    assert seen.status in (1, 2)
    assert "leaked-close-wait" in seen.output
