"""Schema `closewait/1`: keys may be added, none of these may vanish, whatever was looked at."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from closewait.lab import playing
from closewait.views import answer_keys
from closewait.views.answer_keys import Part
from tests.promises.place import Place

ANSWER_TO_LIST = {"schema", "looks"}
ANSWER_TO_EXAMINE = {"schema", "looks", "findings", "not_understood"}
LOOK = {"kind", "taken_at", "source", "format", "sight", "states"}
SIGHT = {"rows", "lines_not_understood", "owners_hidden", "caveats"}
SOCKET = {
    "protocol", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
    "state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "accept_queue_limit", "pid", "process", "fd",
    "inode", "uid", "age_low_s", "age_high_s",
}  # fmt: skip
FINDING = {
    "rule", "code", "severity", "certainty", "whose_move", "owner", "role", "where", "sockets", "says", "because",
    "next", "will_not_help", "check_with", "also_seen",
}  # fmt: skip
WORDS = {
    "severity": {"benign", "warning", "critical"},
    "certainty": {"certain", "likely", "possible"},
    "whose_move": {"local application", "peer", "kernel timer", "admin", "nobody"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A namespace with twelve leaked connections, and a dump of it."""
    folder = tmp_path_factory.mktemp("contract")
    with playing("leaked-close-wait", count=12, own_netns=True) as stage:
        assert stage.netns is not None
        place = Place(stage.netns, folder)
        (folder / "dump.txt").write_text(place.run("ss -tanp").output)
        yield place


@pytest.fixture(params=["", "dump.txt"], ids=["live", "dump"])
def source(request: pytest.FixtureRequest) -> str:
    """The two kinds of source: the namespace we stand in, and a dump."""
    return str(request.param)


def told(place: Place, command: str) -> dict[str, Any]:
    """The JSON that a command prints."""
    answer = place.run(command)
    assert answer.output, answer.errors
    contents: dict[str, Any] = json.loads(answer.output)
    return contents


def test_list_keeps_its_keys(place: Place, source: str) -> None:
    """`closewait list SOURCE --json` has every key of the contract, in every look and every row."""
    answer = told(place, f"closewait list {source} --json")

    assert answer["schema"] == "closewait/1"
    assert answer.keys() >= ANSWER_TO_LIST
    for look in answer["looks"]:
        assert look.keys() >= LOOK | {"sockets"}
        assert look["sight"].keys() >= SIGHT
        assert len(look["sockets"]) == look["sight"]["rows"] >= 13
        for row in look["sockets"]:
            assert row.keys() >= SOCKET


def test_list_tells_numbers_as_integers(place: Place, source: str) -> None:
    """A port is no text and a queue no fraction; unknown is null."""
    rows = [row for look in told(place, f"closewait list {source} --json")["looks"] for row in look["sockets"]]
    numbers = [name for name in SOCKET if name.endswith(("_port", "_bytes", "_conns", "pid", "fd", "inode", "uid"))]

    assert {type(row[name]) for row in rows for name in numbers} == {int, type(None)}


def test_examine_keeps_its_keys(place: Place, source: str) -> None:
    """`closewait SOURCE --json` has every key of the contract, and words of the contract in them."""
    answer = told(place, f"closewait {source} --json")

    assert answer["schema"] == "closewait/1"
    assert answer.keys() >= ANSWER_TO_EXAMINE
    assert all(look.keys() >= LOOK and "sockets" not in look for look in answer["looks"])
    assert answer["findings"] != []
    for finding in answer["findings"]:
        assert finding.keys() >= FINDING
        assert all(finding[key] in words for key, words in WORDS.items())
        assert finding["owner"] is None or finding["owner"].keys() >= {"pid", "process"}


def test_a_dump_knows_where_it_came_from(place: Place, source: str) -> None:
    """The look names its source and its format, so that an answer can be traced."""
    looks = told(place, f"closewait list {source} --json")["looks"]

    assert all(look["format"] for look in looks)
    assert all(look["source"] == source or not source for look in looks)


@pytest.mark.parametrize(
    ("part", "promised"),
    [
        (answer_keys.LIST, ANSWER_TO_LIST),
        (answer_keys.EXAMINE, ANSWER_TO_EXAMINE),
        (answer_keys.LOOK, LOOK | {"sockets"}),
        (answer_keys.SIGHT, SIGHT),
        (answer_keys.FINDING, FINDING),
    ],
    ids=lambda part: part.title if isinstance(part, Part) else "",
)
def test_the_page_promises_what_is_promised(part: Part, promised: set[str]) -> None:
    """The keys that docs/reference/json.md marks as promised are those of the contract."""
    assert part.promised == promised


def test_every_key_is_explained(place: Place, source: str) -> None:
    """Whatever an answer holds is on docs/reference/json.md, and nothing is there that no answer holds."""
    listed, examined = (told(place, f"closewait {verb} {source} --json") for verb in ("list", "examine"))
    finding = examined["findings"][0]
    look = {**examined["looks"][0], **listed["looks"][0]}
    objects = [
        (answer_keys.LIST, listed), (answer_keys.EXAMINE, examined), (answer_keys.LOOK, look),
        (answer_keys.SIGHT, look["sight"]), (answer_keys.HOST, look["host"]), (answer_keys.EVIDENCE, look["evidence"]),
        (answer_keys.FINDING, finding), (answer_keys.PAIRS, finding["pairs"]),
    ]  # fmt: skip

    assert finding["pairs"] is not None
    assert {part.title: {key.name for key in part.keys} for part, _ in objects} == {
        part.title: set(found) for part, found in objects
    }


def test_every_key_of_a_survey_is_explained(place: Place) -> None:
    """The answer about all network namespaces has its own key, in place of `series`."""
    answer = told(place, "closewait --all-netns --json")
    own = {key.name for key in answer_keys.SURVEY.keys}

    assert own | {key.name for key in answer_keys.EXAMINE.keys} - {"series"} == set(answer)
