"""What the promise tests look at: the repository's own files, read as text and as syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "closewait"
REFERENCE = REPOSITORY / "docs" / "reference"

#: Folders of the repository that hold something written by people or made from it.
WRITTEN = ("src", "tests", "tools", "bench", "docs", "changelog.d", "monitoring", ".ci")


def modules(*folders: str) -> list[Path]:
    """Every Python file of the package, or of some of its folders."""
    return [path for folder in folders or ("",) for path in sorted((PACKAGE / folder).rglob("*.py"))]


def written_files() -> Iterator[Path]:
    """Every file that belongs to the repository, without what tools have left behind."""
    yield from (path for path in sorted(REPOSITORY.glob("*")) if path.is_file() and path.name != ".git")
    for folder in WRITTEN:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def text_of(path: Path) -> str:
    """A file's text; nothing where it is no text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def tree_of(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever in the file it stands."""
    named = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
    return named


def imports_any_of(path: Path, *packages: str) -> bool:
    """Whether a file imports one of `packages` or anything inside."""
    return any(name == package or name.startswith(f"{package}.") for name in imports_of(path) for package in packages)


def named(path: Path) -> str:
    """A file as a person names it: its path in the repository."""
    return str(path.relative_to(REPOSITORY))
