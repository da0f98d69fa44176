"""Names, sizes and borders of the repository's own files. A failure lists the files."""

import ast
import re
from pathlib import Path

from tests.promises.house import (
    PACKAGE,
    REPOSITORY,
    imports_any_of,
    imports_of,
    modules,
    named,
    text_of,
    tree_of,
    written_files,
)

PURE = ("tcp", "snapshot", "formats", "diagnosis", "views")
DOORS = ("cli",)
MOST_LINES = 400

#: Names that say a role and no subject.
NAMES_WITHOUT_SUBJECT = re.compile(
    r"(utils?|helpers?|common|misc|manager|base|core|services?|handlers?)(\.py)?", re.IGNORECASE
)

#: What a pure module may not call: the world outside, and clocks.
WORLDLY = {"open", "print", "input", "breakpoint", "datetime.now", "datetime.today", "datetime.utcnow", "date.today"}

#: Unfinished work, and tests that do not test. Put together here, so that this file does not hold them itself.
UNFINISHED = re.compile(
    "|".join(
        rf"\b{first}{second}\b"
        for first, second in (
            ("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("NotImplemented", "Error"), (r"pytest\.", "skip"),
            (r"pytest\.mark\.", "skip(if)?"), (r"pytest\.mark\.", "xfail"), ("assert ", "True"),
        )
    )
)  # fmt: skip

#: Paths that exist on one person's machine only.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(work|root|home|Users)/\w+")

FRAGMENT = re.compile(r"[\w-]+\.(added|changed|fixed|removed)\.md")


def called(tree: ast.AST) -> set[str]:
    """What a syntax tree calls, as written: `open`, `datetime.now`."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_names_say_a_subject() -> None:
    """A file whose name tells nothing can hold anything, and soon does."""
    without = [named(path) for path in written_files() if any(map(NAMES_WITHOUT_SUBJECT.fullmatch, path.parts))]

    assert without == [], "find the noun these are about"


def test_files_are_small() -> None:
    """Past 400 lines there is a second subject."""
    long = {named(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > MOST_LINES}

    assert long == {}


def test_nothing_is_half_done() -> None:
    """No note to do it later, and no test that passes without testing."""
    found = [f"{named(path)}: {match[0]}" for path in written_files() for match in UNFINISHED.finditer(text_of(path))]

    assert found == []


def test_no_file_knows_one_machine() -> None:
    """The repository runs wherever it is cloned."""
    found = [
        f"{named(path)}: {match[0]}" for path in written_files() for match in MACHINE_PATHS.finditer(text_of(path))
    ]

    assert found == []


def test_suppressions_carry_a_reason() -> None:
    """Who silences a check says why, for whoever meets it next."""
    bare = re.compile(r"#\s*(noqa|type:\s*ignore)(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[\w,\s-]+\])?\s*$", re.M)
    found = [named(path) for path in written_files() if path.suffix == ".py" and bare.search(text_of(path))]

    assert found == []


def test_the_columnar_engine_is_named_in_two_places() -> None:
    """polars can be exchanged because few know it: the table and the diagnosis."""
    allowed = (PACKAGE / "snapshot", PACKAGE / "diagnosis")
    found = [named(p) for p in modules() if imports_any_of(p, "polars") and not _below(p, allowed)]

    assert found == []


def test_numpy_is_named_where_bytes_become_columns() -> None:
    """numpy decodes in bulk, dumps and the history's courses, and fits lines; nothing else needs it."""
    in_bulk = ("sock_diag", "trace_ring", "arrays.py", "words.py", "being_read.py", "ss_columns.py")
    in_folders = (PACKAGE / "capture", PACKAGE / "history", PACKAGE / "diagnosis" / "forecast")
    allowed = (*in_folders, *(PACKAGE / "formats" / name for name in in_bulk))
    found = [named(p) for p in modules() if imports_any_of(p, "numpy") and not _below(p, allowed)]

    assert found == []


def test_the_pure_folders_touch_nothing() -> None:
    """What is pure opens nothing, prints nothing, asks nobody and reads no clock; import-linter cannot see these."""
    found = {named(path): sorted(touched) for path in modules(*PURE) if (touched := called(tree_of(path)) & WORLDLY)}

    assert found == {}


def test_doors_reach_findings_through_the_doctor() -> None:
    """A door that asks the rules itself would judge by rules of its own."""
    found = [named(path) for path in modules(*DOORS) if imports_any_of(path, "closewait.diagnosis.rules")]

    assert found == []
    assert "closewait.diagnosis.rules.RULES" in imports_of(PACKAGE / "doctor.py")


def test_every_folder_of_the_package_is_drawn() -> None:
    """ARCHITECTURE.md names every folder, so that a newcomer finds each in it."""
    page = (REPOSITORY / "ARCHITECTURE.md").read_text()
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert {folder for folder in folders if f"`{folder}/`" not in page} == set()


def test_changes_are_told_in_fragments() -> None:
    """One sentence in each file, under a name that says of what kind the change is."""
    fragments = list((REPOSITORY / "changelog.d").iterdir())
    odd = [path.name for path in fragments if not FRAGMENT.fullmatch(path.name) or path.read_text().count("\n") != 1]

    assert odd == [], "name them <subject>.added.md, .changed.md, .fixed.md or .removed.md; one line in each"


def test_links_between_pages_lead_somewhere() -> None:
    """A page that was moved takes its links along."""
    pages = [path for path in written_files() if path.suffix == ".md"]
    dead = [
        f"{named(page)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]

    assert dead == []


def _below(path: Path, places: tuple[Path, ...]) -> bool:
    return any(path == place or place in path.parents for place in places)
