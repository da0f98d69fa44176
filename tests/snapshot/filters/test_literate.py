"""Runs filters.md: which rows of a look each expression keeps."""

import re
import shlex
from pathlib import Path

import pytest

from closewait.diagnosis.selection import selected
from closewait.formats.service_names import SERVICE_PORTS
from closewait.snapshot.filters.grammar import understood
from closewait.testing import snapshot

PAGE = (Path(__file__).parent / "filters.md").read_text()
SOCKETS = re.search(r"^```sockets\n(.*?)^```", PAGE, re.M | re.S)
CASES = re.findall(r"^\| (.*?) ?\| ([a-g]*) ?\|$", PAGE, re.M)


def words(expression: str) -> list[str]:
    """The expression as a shell gives it; without quotes, as it is typed behind the command in one piece."""
    return shlex.split(expression.replace("\\|", "|")) if "'" in expression else expression.replace("\\|", "|").split()


@pytest.mark.parametrize(("expression", "rows"), CASES, ids=[expression for expression, _ in CASES])
def test_an_expression_keeps_these_rows(expression: str, rows: str) -> None:
    """No more and no less."""
    assert SOCKETS is not None
    look = selected(snapshot(SOCKETS[1]), understood(words(expression), SERVICE_PORTS).condition)

    assert "".join(look.sockets["process"]) == rows


def test_the_page_has_examples() -> None:
    """The tables are found."""
    assert len(CASES) > 80
