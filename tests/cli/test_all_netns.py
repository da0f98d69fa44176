"""`--all-netns`: one run, one answer, and every finding says where."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from closewait import capture
from closewait.diagnosis.thresholds import CLOSE_WAIT_PASSING_S
from tests.capture.named_namespaces import Named, named_namespaces
from tests.cli.test_command_line import run

LEAKED = 20


def leak() -> list[socket.socket]:
    """Connections whose clients are gone, and that this process does not close."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=LEAKED)
    ends = [listener]
    for _ in range(LEAKED):
        client = socket.create_connection(listener.getsockname())
        ends.append(listener.accept()[0])
        client.close()
        ends[-1].recv(1)
    return ends


@pytest.fixture(scope="module")
def places() -> Iterator[list[Named]]:
    """One namespace that leaks, one that is well, one without sockets."""
    with named_namespaces(3) as made, ExitStack() as open_ends:
        leaking, well, _ = made
        for end in (*leaking.call(leak), well.call(socket.create_server, ("127.0.0.1", 0))):
            open_ends.enter_context(end)
        wait_until_old(leaking)
        yield made


def wait_until_old(there: Named) -> None:
    """Wait until no CLOSE_WAIT is so young that a program may be about to close it."""
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        youngest_s = capture.look(netns=there.name).sockets.filter(state="CLOSE_WAIT")["age_low_s"].min()
        if isinstance(youngest_s, float) and youngest_s > CLOSE_WAIT_PASSING_S:
            return
        time.sleep(0.1)
    raise AssertionError("the sockets do not grow old")


def test_the_findings_of_all_say_where(places: list[Named]) -> None:
    """Worst first; each look has its name, and what is empty has none."""
    leaking, well, empty = places
    done = run("--all-netns", "--json")
    answer = json.loads(done.stdout)
    looks = {look["netns"]: look for look in answer["looks"]}
    found = [finding for finding in answer["findings"] if finding["found_in"] == f"netns:{leaking.name}"]
    ranks = [("benign", "warning", "critical").index(finding["severity"]) for finding in answer["findings"]]

    assert done.returncode == max(ranks)
    assert ranks == sorted(ranks, reverse=True)
    assert (found[0]["rule"], found[0]["sockets"]) == ("leaked-close-wait", LEAKED)
    assert found[0]["check_with"].startswith(f"ip netns exec {leaking.name} ss ")
    assert looks[leaking.name]["states"]["CLOSE_WAIT"] == LEAKED
    assert looks[well.name]["netns_inode"] > 0
    assert empty.name not in looks
    assert answer["namespaces"]["empty"] >= 1


def test_the_text_names_the_place(places: list[Named]) -> None:
    """In the finding, in the notes, and healthy ones only by their number."""
    leaking, well, _ = places
    told = " ".join(run("--all-netns", "--width", "300").stdout.split())

    assert f"Found in netns:{leaking.name} Whose move the local program's" in told
    assert f"netns:{leaking.name}: warning, LISTEN 1" in told
    assert well.name not in told
    assert "without a TCP socket" in told


def test_filters_and_a_second_look(places: list[Named]) -> None:
    """A filter judges a part of each; what was there before is known again in its namespace."""
    leaking, _, _ = places
    done = run("--all-netns", "--again", "1s", "--json", "state=close_wait")
    answer = json.loads(done.stdout)
    (found,) = [finding for finding in answer["findings"] if finding["found_in"] == f"netns:{leaking.name}"]
    looks = [look for look in answer["looks"] if look["netns"] == leaking.name]

    assert found["rule"] == "leaked-close-wait"
    assert [look["states"]["CLOSE_WAIT"] for look in looks] == [LEAKED] * 2
    assert looks[1]["states"].keys() == {"CLOSE_WAIT"}


def test_list_shows_them_all(places: list[Named]) -> None:
    """Every look with its rows; counts by state, too."""
    leaking, well, _ = places
    listed = json.loads(run("list", "--all-netns", "--json").stdout)
    counted = json.loads(run("list", "--all-netns", "--by", "state", "--json").stdout)
    text = run("list", "--all-netns", "--by", "process,state", "state=close_wait").stdout
    rows = {look["netns"]: [row["state"] for row in look["sockets"]] for look in listed["looks"]}
    states = {look["source"]: look["states"] for look in counted["looks"]}

    assert (rows[leaking.name].count("CLOSE_WAIT"), rows[well.name]) == (LEAKED, ["LISTEN"])
    assert states[f"netns:{well.name}"] == {"LISTEN": 1}
    assert f"# netns:{leaking.name}\n" in text
    assert well.name not in text


@pytest.mark.parametrize("words", [["dump.txt"], ["-"], ["netns:web"], ["--diagram"]])
def test_no_place_beside_it(words: list[str]) -> None:
    """It is this whole host."""
    done = run("--all-netns", *words)

    assert done.returncode == 4
    assert "Traceback" not in done.stderr
