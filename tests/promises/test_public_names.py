"""What users import stays. Adding is easy; taking away breaks somebody's script."""

import inspect
import tomllib

import closewait
from closewait import errors
from closewait.cli import VERBS
from closewait.cli.app import COMMANDS
from closewait.diagnosis.rules import RULES
from closewait.formats import FORMATS
from tests.promises.house import PACKAGE, REPOSITORY

PUBLIC = {
    "ClosewaitError", "Finding", "Report", "Severity", "Snapshot", "Timeline", "examine", "look", "read_dump",
}  # fmt: skip

RULES_AND_CODES = {
    "leaked-close-wait": "P101", "never-read": "P102", "never-accepted": "P103", "inherited-fd": "P106",
    "time-wait-churn": "H301", "port-exhaustion": "H302", "fd-exhaustion": "H303", "syn-backlog": "H304",
    "kernel-bug": "H305",
    "stale-idle-pool": "N401", "benign-churn": "N402", "insufficient-evidence": "B901", "conntrack-view": "B902",
}  # fmt: skip

FORMAT_NAMES = {
    "sock_diag",
    "proc_net_tcp",
    "ss_text",
    "netstat_linux",
    "netstat_windows",
    "closewait_json",
    "closewait_parquet",
}

VERB_NAMES = {"history", "examine", "list", "explain", "sql", "watch", "trace", "check", "close", "tune", "lab"}

EXIT_STATUSES = {
    "ClosewaitError": 5, "CannotSee": 3, "BadUsage": 4, "BadInput": 4, "CannotPlay": 3, "CannotAct": 3,
    "KernelRefused": 3,
}  # fmt: skip


def test_public_names_are_there() -> None:
    """Every promised name can be imported, and `__all__` and `dir()` tell the same names."""
    assert set(closewait.__all__) == set(dir(closewait)) >= PUBLIC
    assert [name for name in closewait.__all__ if getattr(closewait, name, None) is None] == []


def test_a_name_that_is_not_there_says_so() -> None:
    """A misspelled name is an AttributeError, as with any module."""
    assert not hasattr(closewait, "exmaine")


def test_public_names_are_described() -> None:
    """`help(closewait.examine)` helps."""
    assert [name for name in closewait.__all__ if not inspect.getdoc(getattr(closewait, name))] == []


def test_rule_names_and_codes_stay() -> None:
    """People search for them, and write them into scripts."""
    told = {rule.name: rule.code for rule in RULES}

    assert {name: told.get(name) for name in RULES_AND_CODES} == RULES_AND_CODES


def test_formats_and_verbs_stay() -> None:
    """A format's name stands in every JSON answer, a verb in every script."""
    assert FORMAT_NAMES - {each.name for each in FORMATS} == set()
    assert VERB_NAMES - set(VERBS) == set()


def test_every_verb_has_its_command() -> None:
    """The names are told without typer, which takes long to import; both lists are the same."""
    assert list(VERBS) == list(COMMANDS)


def test_exit_statuses_stay() -> None:
    """Scripts branch on them."""
    told = {name: kind.exit_status for name, kind in vars(errors).items() if hasattr(kind, "exit_status")}

    assert {name: told.get(name) for name in EXIT_STATUSES} == EXIT_STATUSES


def test_the_package_is_typed() -> None:
    """`py.typed` ships, so that a user's type checker reads our signatures."""
    assert (PACKAGE / "py.typed").exists()


def test_the_public_uses_are_type_checked() -> None:
    """tests/typing is checked by the same command as the package."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert "tests/typing" in project["tool"]["mypy"]["files"]
