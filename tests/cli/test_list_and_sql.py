"""Groups, order, files and SQL, as their user meets them; and that what begins early is what is asked for later."""

import inspect
import json
import typing
from pathlib import Path

import pytest

from closewait import capture
from closewait.cli import early
from closewait.cli.app import COMMANDS
from closewait.cli.sources import looker, with_user_ids
from closewait.snapshot.filters.condition import Among, Either, Within
from closewait.snapshot.filters.grammar import understood
from tests.cli.test_command_line import HEALTHY, run

DUMP = (
    HEALTHY
    + """CLOSE-WAIT 1 0 10.0.0.1:80 203.0.113.9:40002 users:(("nginx",pid=9,fd=8))
CLOSE-WAIT 9 0 10.0.0.1:50000 198.51.100.7:443 users:(("curl",pid=10,fd=3))
"""
)


@pytest.fixture
def dump(tmp_path: Path) -> str:
    """A dump in a file."""
    file = tmp_path / "dump.txt"
    file.write_text(DUMP)
    return str(file)


def lines(*arguments: str) -> list[list[str]]:
    """The words of each line that `closewait list` prints about the dump."""
    done = run("list", "-", *arguments, dump=DUMP)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split() for line in done.stdout.splitlines()]


def test_groups_are_counted_most_first() -> None:
    """One line for each group, under the names of the columns."""
    assert lines("--by", "proc,state")[:2] == [["process", "state", "sockets"], ["curl", "CLOSE_WAIT", "1"]]
    assert lines("--by", "process") == [["process", "sockets"], ["nginx", "3"], ["curl", "1"]]
    assert lines("--by", "role", "--sort", "role") == [["role", "sockets"], ["client", "1"], ["server", "3"]]
    assert lines("--by", "process", "--sort", "sockets", "--limit", "1") == [["process", "sockets"], ["curl", "1"]]


def test_states_are_counted_of_what_a_filter_keeps() -> None:
    """`--by state` keeps its own form."""
    assert lines("--by", "state", "proc=nginx", "state!=listen") == [["CLOSE_WAIT", "1"], ["ESTABLISHED", "1"]]


def test_rows_are_sorted_and_cut() -> None:
    """What is not told comes last, and the table says that there is more."""
    rows = lines("--sort", "recvq:desc", "--limit", "2")

    assert [row[0] for row in rows] == ["STATE", "CLOSE_WAIT", "CLOSE_WAIT", "#"]
    assert rows[1][1] == "10.0.0.1:50000"
    assert rows[-1] == ["#", "2", "of", "4", "rows", "are", "shown."]


def test_wide_shows_every_column_that_is_told() -> None:
    """By the names that filters and SQL use."""
    titles, *rows = lines("--wide")

    assert {"state", "local_port", "fd", "accept_queue_limit"} <= set(titles)
    assert "rtt_us" not in titles
    assert len(rows) == 4


def test_groups_and_answers_speak_json(dump: str) -> None:
    """Schema closewait/1, as everything else."""
    groups = json.loads(run("list", dump, "--by", "process", "--json").stdout)
    answer = json.loads(run("sql", "select state, count(*) n from sockets group by state order by n desc",
                            "--from", dump, "--json").stdout)  # fmt: skip

    assert groups["schema"] == answer["schema"] == "closewait/1"
    assert groups["looks"][0]["groups"] == [{"process": "nginx", "sockets": 3}, {"process": "curl", "sockets": 1}]
    assert answer["rows"][0] == {"state": "CLOSE_WAIT", "n": 2}


def test_a_file_is_read_back_as_a_source(dump: str, tmp_path: Path) -> None:
    """`-o` writes by the ending, and Parquet is a SOURCE again."""
    saved = str(tmp_path / "saved.parquet")

    assert run("list", dump, "-o", saved).stdout == f"{saved}: 4 rows\n"
    assert run("list", saved, "--json").stdout == run("list", dump, "--json").stdout
    assert run("list", saved, "state=close_wait", "--by", "process").stdout.split() == [
        "process", "sockets", "curl", "1", "nginx", "1",
    ]  # fmt: skip


def test_a_file_is_not_written_over(dump: str, tmp_path: Path) -> None:
    """Unless --force says so; nothing is looked at before that is known."""
    saved = tmp_path / "saved.csv"
    saved.write_text("precious")
    refused = run("list", dump, "-o", str(saved))

    assert (refused.returncode, saved.read_text()) == (4, "precious")
    assert "--force" in refused.stderr
    assert run("list", dump, "-o", str(saved), "--force", "-q").stdout == ""
    assert saved.read_text().count("\n") == 5


def test_holders_are_joined_by_the_number_of_the_socket(dump: str) -> None:
    """The four tables belong together."""
    query = (
        "select h.process, count(*) n from holders h join sockets s on h.look = s.look and h.socket = s.socket "
        "where s.state = 'CLOSE_WAIT' group by h.process order by h.process"
    )

    assert run("sql", query, "--from", dump).stdout.split() == ["process", "n", "curl", "1", "nginx", "1"]
    assert run("sql", "select local_port, process from listeners", "--from", dump).stdout.split()[-2:] == [
        "80",
        "nginx",
    ]


def test_tables_are_explained() -> None:
    """Every column with its unit and its meaning, from the schema."""
    told = run("sql", "--tables").stdout

    assert all(f"\n{name}\n" in f"\n{told}" for name in ("sockets", "holders", "processes", "listeners"))
    assert "recv_queue_bytes" in told
    assert json.loads(run("sql", "--tables", "--json").stdout)["tables"]["holders"][0]["unit"] == "number"


def test_a_user_of_this_host_is_known_by_number() -> None:
    """A live kernel tells numbers; of a dump's users this host knows nothing."""
    named = understood(["user=root,no-such-user"]).condition

    assert with_user_ids(named) == Either((Within("uid", ((0, 0),)), Among("user", ("root", "no-such-user"))))
    assert looker(["-", "user=root"])[1] == Among("user", ("root",))
    assert with_user_ids(Among("user", ("no-such-user", "a\0b"))) == Among("user", ("no-such-user", "a\0b"))


BAD_USES = [
    (["list", "-", "-o", "x.doc"], ".parquet"),
    (["list", "-", "-o", "no/such/folder/x.csv"], "cannot be written"),
    (["list", "-", "--sort", "colour"], "colour"),
    (["list", "-", "--sort", "state:up"], "state:desc"),
    (["list", "-", "--by", "state", "--sort", "pid"], "sockets"),
    (["list", "-", "--limit", "0"], "limit"),
    (["list", "-", "prot=3"], "proc"),
    (["list", "CLOSE_WAIT"], "state=CLOSE_WAIT"),
    (["list", "no-such-file"], "state=close_wait"),
    (["state=colour"], "state=close_wait"),
    (["sql"], "--tables"),
    (["sql", "selec"], "--tables"),
    (["sql", "select nothing from sockets", "--from", "-"], "nothing"),
    (["sql", "select * from nowhere", "--from", "-"], "nowhere"),
]


@pytest.mark.parametrize(("arguments", "hint"), BAD_USES, ids=[" ".join(use) for use, _ in BAD_USES])
def test_bad_usage_is_one_line_with_what_to_write(arguments: list[str], hint: str) -> None:
    """Exit status 4, and nothing on standard output."""
    done = run(*arguments, dump=DUMP)

    assert (done.returncode, done.stdout) == (4, "")
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


LOOKS_AT_ONCE = [
    ["examine"],
    ["examine", "lport=80", "--again", "30s"],
    ["list"],
    ["list", "state=close_wait", "--json"],
    ["list", "state", "close-wait", "sport = :443", "-w"],
    ["list", "proc=nginx"],
    ["list", "role=server"],
    ["list", "--by", "process,state"],
    ["list", "--by=lport,state", "state=listen", "--sort", "lport:desc", "--limit", "3"],
    ["list", "--by", "state", "lport=80"],
    ["list", "--by", "role"],
    ["sql", "select * from sockets"],
]


@pytest.mark.parametrize("words", LOOKS_AT_ONCE, ids=" ".join)
def test_what_begins_early_is_what_is_asked_for(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that is not taken over is done twice."""
    from closewait.cli import run as run_here

    taken = []

    def fits(begun: capture.Begun, *wish: object) -> bool:
        taken.append((begun.columns, begun.netns, begun.asked) == wish)
        return True

    monkeypatch.setattr(capture.Begun, "fits", fits)
    run_here([word for word in words if word not in ("--again", "30s")])

    assert taken == [True]


def test_every_option_with_a_value_is_known_early() -> None:
    """Else its value passes for a source, and nothing begins early."""
    options = set()
    for verb in early.LOOKING_VERBS:
        hints = typing.get_type_hints(COMMANDS[verb], include_extras=True)
        for name in inspect.signature(COMMANDS[verb]).parameters:
            kind, option = typing.get_args(hints[name])
            if hasattr(option, "param_decls") and option.param_decls and kind is not bool:
                options.update(option.param_decls)

    assert options - set(early.OPTIONS_WITH_VALUE) == set()
