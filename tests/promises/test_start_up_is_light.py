"""A question about a word is answered at once: nothing heavy is imported for it."""

import subprocess
import sys

import pytest

#: Packages that take long to import, and serve a look at sockets only.
HEAVY = ("polars", "numpy", "psutil")

TELL_IMPORTS = """
import sys
from closewait.cli import run
status = run(sys.argv[1:])
print(status, *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "question",
    [
        ["--help"],
        ["--version"],
        ["explain", "CLOSE_WAIT"],
        ["explain", "never-read"],
        ["list", "--help"],
        ["tune", "--help"],
        ["trace", "--help"],
    ],
)
def test_no_table_engine_for_a_question_about_words(question: list[str]) -> None:
    """`--help`, `--version` and `explain` import none of the heavy packages."""
    done = subprocess.run(
        [sys.executable, "-c", TELL_IMPORTS, *question], capture_output=True, text=True, check=True, timeout=60
    )
    status, *imported = done.stderr.split()

    assert (status, [name for name in HEAVY if name in imported]) == ("0", [])


def test_importing_closewait_imports_nothing_else() -> None:
    """Names are loaded when they are first used."""
    tell = "import sys, closewait; print(*[name for name in sys.modules if name.startswith('closewait')])"
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split() == ["closewait"]
