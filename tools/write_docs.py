"""Writes the generated pages under docs/reference, the tables of the forecasts' backtest, and the sample in README.md.

    tools/write_docs.py            write what is out of date
    tools/write_docs.py --check    only name it, and end with status 1 if there is any

The sample needs a network namespace (root and ip(8)); where there is none it is left as it is, and that is said.
"""

import sys
from pathlib import Path

from pages import forecasts, reference, sample

REPOSITORY = Path(__file__).resolve().parents[1]
REFERENCE = REPOSITORY / "docs" / "reference"
README = REPOSITORY / "README.md"
FORECAST = REPOSITORY / "docs" / "explanation" / "forecast.md"


def out_of_date() -> dict[Path, str | None]:
    """The pages that differ from what the code says, with their new text; None for one that has to go."""
    wanted = {REFERENCE / name: text for name, text in reference().items()}
    stale = {path: None for path in REFERENCE.rglob("*.md") if path not in wanted}
    wanted[FORECAST] = forecasts.brought_up_to_date(FORECAST.read_text())
    changed = {path: text for path, text in wanted.items() if not path.exists() or path.read_text() != text}
    return {**stale, **changed}


def new_sample() -> str | None:
    """What the README should show, or None where its sample still holds. Raises NotPlayed."""
    played = sample.printed()
    shown = sample.between_markers(README.read_text())
    return None if sample.essence(shown) == sample.essence(played) else played


def write(path: Path, text: str | None) -> None:
    """Make a page say `text`, or take it away."""
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main(*, check: bool) -> int:
    """Write, or with `check` only name, what is out of date."""
    pages = out_of_date()
    try:
        played = new_sample()
    except sample.NotPlayed as why:
        played = None
        print(f"README.md: its sample was not {'checked' if check else 'written'}, the scene cannot be played: {why}")
    if played is not None:
        pages[README] = sample.replaced(README.read_text(), played)
    for path, text in sorted(pages.items()):
        print(f"{path.relative_to(REPOSITORY)} is out of date" if check else f"wrote {path.relative_to(REPOSITORY)}")
        if not check:
            write(path, text)
    if check and pages:
        print("run `make docs`, and look at what it changes")
    return 1 if check and pages else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
