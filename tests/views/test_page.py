"""A page keeps its columns, leaves commands whole, and does not show empty parts."""

from hypothesis import given
from hypothesis import strategies as st

from closewait.views.page import Block, Page, commands, listed

LONG = "A text that is long enough to need a second line where there are forty columns."


def test_terms_stand_beside_their_texts() -> None:
    """Texts begin in one column, and go on there."""
    page = Page("TITLE", ("Lead.",), (Block(None, (("One", LONG), ("Longer", "Short."))),))

    assert (
        page.text(40)
        == """\
TITLE

  Lead.

  One     A text that is long enough to
          need a second line where there
          are forty columns.
  Longer  Short."""
    )


def test_a_term_too_long_for_its_column_has_its_own_line() -> None:
    """One long term does not push all texts to the right."""
    block = Block("Heading", (("A", "one"), ("a term of far more than its column", "two")))

    assert list(block.lines(60)) == [
        "Heading",
        "  A  one",
        "  a term of far more than its column",
        "     two",
    ]


def test_a_list_has_dashes_and_a_lead() -> None:
    """A sentence, then the items."""
    assert list(listed("What to do", ["this", "that"], lead="First of all:").lines(40)) == [
        "What to do",
        "  First of all:",
        "  - this",
        "  - that",
    ]


def test_commands_stay_whole() -> None:
    """A command that is too long for the line can still be copied."""
    command = r"reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v MaxUserPort"

    assert list(commands("Read it", [command]).lines(40)) == ["Read it", f"  {command}"]


def test_empty_parts_are_not_shown() -> None:
    """A heading over nothing says nothing."""
    page = Page("TITLE", (), (Block("Nothing"), listed("No items", []), Block("Something", lead="Text.")))

    assert page.text() == "TITLE\n\nSomething\n  Text."


@given(st.lists(st.tuples(st.text("ab c", max_size=30), st.text("word ", max_size=200))), st.integers(40, 120))
def test_no_line_is_wider_than_asked(rows: list[tuple[str, str]], width: int) -> None:
    """Whatever the texts are, as long as their words fit."""
    texts = [" ".join(word[:10] for word in text.split()) for _, text in rows]
    block = Block("Heading", tuple((term.strip(), text) for (term, _), text in zip(rows, texts, strict=True)))

    assert all(len(line) <= width for line in block.lines(width))
