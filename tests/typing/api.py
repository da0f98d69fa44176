"""Uses of the public API as a user writes them: type-checked with the package, run by nobody."""

import polars as pl

import closewait
from closewait import Finding, Report, Severity, Snapshot, Timeline
from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import RULES
from closewait.testing import StoppedClock, snapshot


def this_host() -> str:
    """The whole job in one line."""
    report: Report = closewait.examine()
    return report.severity.value


def look_twice() -> tuple[Finding, ...]:
    """A second look knows the first."""
    first: Snapshot = closewait.look()
    report = closewait.examine(closewait.look, earlier=Timeline((first,)))
    return report.findings


def count_by_state() -> dict[str, int]:
    """The sockets are a polars frame."""
    sockets: pl.DataFrame = closewait.look().sockets
    close_wait = sockets.filter(pl.col("state") == "CLOSE_WAIT")
    return {"CLOSE_WAIT": close_wait.height}


def judge_a_dump(dump: bytes) -> list[str]:
    """A dump is bytes; one file may hold several looks at one host, the earlier first."""
    looks: list[Snapshot] = closewait.read_dump(dump, "dump.txt")
    report = closewait.examine(lambda: looks[-1], earlier=Timeline(tuple(looks[:-1])))
    return [finding.says for finding in report.findings]


def in_a_test_of_yours() -> bool:
    """Sockets written as text, judged by rules of your choice."""
    look = snapshot(
        "20 x CLOSE_WAIT 10.0.0.1:443 203.0.113.9:50001 pid=7 process=java recvq=0", taken_at_unix_s=StoppedClock()()
    )
    leaks: list[Rule] = [rule for rule in RULES if rule.name == "leaked-close-wait"]
    report = closewait.examine(lambda: look, rules=leaks)
    return report.severity is not Severity.BENIGN


def whom_to_call(report: Report) -> str | None:
    """A finding names its owner, if anybody can be named."""
    worst = report.findings[0] if report.findings else None
    return worst.owner.process if worst is not None and worst.owner is not None else None


def say_why_not() -> int:
    """Every error raised on purpose has an exit status and a message."""
    try:
        closewait.look(netns="blue")
    except closewait.ClosewaitError as error:
        return error.exit_status
    return 0
