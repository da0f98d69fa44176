"""The command as its user meets it: exit statuses, errors that say what to do, pipes, JSON, quiet."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from closewait import cli

COMMAND = [sys.executable, "-m", "closewait"]

HEALTHY = """State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
LISTEN 0      128          0.0.0.0:80        0.0.0.0:*     users:(("nginx",pid=9,fd=6))
ESTAB  0      0           10.0.0.1:80    203.0.113.9:40001 users:(("nginx",pid=9,fd=7))
"""


def pile(count: int) -> str:
    """An `ss -tanp` text with `count` CLOSE_WAIT that java has read and not closed."""
    row = 'CLOSE-WAIT 0 0 10.0.0.1:443 203.0.113.9:{port} users:(("java",pid=4121,fd={fd}))'
    rows = (row.format(port=40000 + n, fd=100 + n) for n in range(count))
    listener = 'LISTEN 0 128 0.0.0.0:443 0.0.0.0:* users:(("java",pid=4121,fd=6))'
    return "\n".join(["State Recv-Q Send-Q Local Address:Port Peer Address:Port Process", listener, *rows]) + "\n"


def run(*arguments: str, dump: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the real command with a dump on its standard input."""
    data = dump if isinstance(dump, bytes) else dump.encode()
    done = subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, timeout=60, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(("dump", "status"), [(HEALTHY, 0), (pile(20), 1), (pile(400), 2)])
def test_the_exit_status_is_the_worst_finding(dump: str, status: int) -> None:
    """0 healthy, 1 warnings, 2 critical; in text, in JSON and when quiet."""
    assert run("-", dump=dump).returncode == status
    assert run("-", "--json", dump=dump).returncode == status
    assert run("-", "-q", dump=dump).returncode == status


def test_no_verb_means_examine() -> None:
    """`closewait -` and `closewait examine -` are one command."""
    assert run("-", dump=pile(20)).stdout == run("examine", "-", dump=pile(20)).stdout


def test_quiet_prints_nothing() -> None:
    """With -q the exit status is the answer."""
    done = run("-", "-q", dump=pile(20))

    assert (done.stdout, done.stderr) == ("", "")


NO_DUMPS = [b"", b"hello\n", b"\x00\x01\x02\xff" * 50, b"Dear team,\nplease look at the server.\n"]


@pytest.mark.parametrize("data", NO_DUMPS)
def test_what_is_not_a_dump_gets_one_clear_error(data: bytes) -> None:
    """Exit status 4, one error on standard error that says what to do, nothing on standard output, no trace."""
    done = run("-", dump=data)

    assert done.returncode == 4
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("closewait: ")
    assert "netstat -an" in done.stderr


def test_a_file_that_is_not_there() -> None:
    """The name is told, and the status is bad usage."""
    done = run("no-such-dump.txt")

    assert done.returncode == 4
    assert "no-such-dump.txt" in done.stderr


BAD_USES = [
    ["--no-such-option"],
    ["list", "--by"],
    ["list", "--by", "colour"],
    ["lab", "no-such-scene"],
    ["explain", "XYZZY"],
    ["--again", "soon"],
    ["-", "--again", "30s"],
    ["docker:web"],
]


@pytest.mark.parametrize("arguments", BAD_USES)
def test_bad_usage_is_status_4_and_says_why(arguments: list[str]) -> None:
    """Nothing is guessed from a wrong word."""
    done = run(*arguments, dump=HEALTHY)

    assert done.returncode == 4
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_two_dumps_are_two_looks(tmp_path: Path) -> None:
    """Given in order, the second settles what the first could not."""
    for name in ("before.txt", "after.txt"):
        (tmp_path / name).write_text(pile(4))
    answer = json.loads(run(str(tmp_path / "before.txt"), str(tmp_path / "after.txt"), "--json").stdout)

    assert [look["source"] for look in answer["looks"]] == [str(tmp_path / "before.txt"), str(tmp_path / "after.txt")]
    assert (answer["findings"][0]["rule"], answer["findings"][0]["certainty"]) == ("leaked-close-wait", "certain")


def test_a_reader_that_leaves_is_no_error() -> None:
    """`closewait list | head -1` ends quietly."""
    shell = f"{' '.join(COMMAND)} list - | head -1"
    dump = pile(5000).encode()
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], input=dump, capture_output=True, timeout=60)

    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


def test_a_full_disk_is_named() -> None:
    """What cannot be written is told as that, and not as a fault of ours."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "-"], input=pile(20).encode(), stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 3
    assert b"No space left" in done.stderr
    assert b"fault of closewait" not in done.stderr


def test_a_report_fits_into_80_columns_and_carries_no_escape() -> None:
    """Piped, a report is plain text; a hostile process name is shown, not obeyed."""
    done = run("-", dump=pile(40).replace("java", "ja\u202eva"))

    assert not {"\x1b", "\u202e"} & set(done.stdout)
    assert r"ja\u202eva" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_counts_of_states_are_the_listing_s_own() -> None:
    """`list --by state` counts what `list` shows."""
    listed = json.loads(run("list", "-", "--json", dump=pile(20)).stdout)["looks"][0]
    counted = json.loads(run("list", "-", "--by", "state", "--json", dump=pile(20)).stdout)["looks"][0]

    assert counted["states"] == listed["states"] == {"CLOSE_WAIT": 20, "LISTEN": 1}


def test_our_own_json_can_be_examined() -> None:
    """What `list --json` wrote is a dump as any other, and nothing of it is lost."""
    written = run("list", "-", "--json", dump=pile(20)).stdout
    again = run("list", "-", "--json", dump=written).stdout

    assert json.loads(again)["looks"][0]["sockets"] == json.loads(written)["looks"][0]["sockets"]
    assert run("-", dump=written).returncode == 1


def test_what_an_answer_costs_stands_beside_it() -> None:
    """On standard error, so that the answer can still be read by a program."""
    answered = run("-", "--json", "--cost", dump=pile(3))

    assert json.loads(answered.stdout)["schema"]
    assert answered.stderr.startswith("Cost: start ")
    assert all(phase in answered.stderr for phase in ("loading", "reading", "judging", "processor", "memory"))


@pytest.mark.parametrize(("debug", "tells_where"), [("", False), ("1", True)])
def test_a_fault_of_our_own_says_so(
    debug: str, tells_where: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its status is its own, with CLOSEWAIT_DEBUG too, which adds where in the code it happened."""

    def at_fault(arguments: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "_run", at_fault)
    monkeypatch.setenv("CLOSEWAIT_DEBUG", debug)

    assert cli.run(["explain", "08"]) == cli.OWN_ERROR
    said = capsys.readouterr().err
    assert "a fault of closewait itself" in said
    assert ("in at_fault" in said) is tells_where
