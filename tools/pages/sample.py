"""The sample in README.md: played for real, written between two markers, and compared with what varies taken out."""

import re
import subprocess
import sys
from pathlib import Path

from pages import sample_scene
from pages.sample_scene import REFUSED

SCENE = Path(sample_scene.__file__)
FOUND_SOMETHING = (1, 2)  # exit status: warnings, critical
BEGIN, END = "<!-- sample: begin -->", "<!-- sample: end -->"
BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.S)
WIDTH_COLUMNS = 80

#: What differs from run to run, and what stands for it in the comparison.
VARYING = (
    (re.compile(r"closewait-lab-\d+"), "closewait-lab-PID"),
    (re.compile(r"\[\d+\]"), "[PID]"),
    (re.compile(r"(?<=\[PID\])(?:,\s+(?:unit|container|pod|user)\s+[^\s,]+(?:\s+\(\S+\))?)+(?=\n)"), ""),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "TIME"),
)

BEGINNING = re.compile(r"^ *(?:[A-Z][\w ]*?  +)?(?:- )?")


class NotPlayed(Exception):
    """The scene could not be played here; the message says why."""


def printed() -> str:
    """What closewait prints about the scene, in a network namespace of its own. Raises NotPlayed."""
    done = subprocess.run([sys.executable, str(SCENE)], capture_output=True, text=True, check=False)
    if done.returncode == REFUSED:
        raise NotPlayed(done.stderr.strip())
    if done.returncode not in FOUND_SOMETHING:
        raise SystemExit(f"closewait ended with {done.returncode} over the sample:\n{done.stdout}{done.stderr}")
    return done.stdout


def between_markers(readme: str) -> str:
    """The sample as it stands in the README, without its fence."""
    found = BETWEEN.search(readme)
    return "" if found is None else found[0].strip().removeprefix("```text").removesuffix("```").strip("\n")


def replaced(readme: str, sample: str) -> str:
    """The README with another sample."""
    return BETWEEN.sub(lambda _: f"\n```text\n{sample.rstrip()}\n```\n", readme)


def essence(sample: str) -> list[tuple[list[str], list[str]]]:
    """A sample without what varies: for each paragraph its words, and the line beginnings that carry its layout.

    A longer process id may wrap a line elsewhere, so the words of a paragraph are compared and not its lines.
    """
    for pattern, stand_in in VARYING:
        sample = pattern.sub(stand_in, sample)
    return [(paragraph.split(), layout(paragraph)) for paragraph in re.split(r"\n{2,}", sample.strip("\n"))]


def layout(paragraph: str) -> list[str]:
    """How the lines of a paragraph begin (indents, labels with their padding, dashes), and whether one is too long."""
    lines = paragraph.splitlines()
    begins = {"".join(BEGINNING.findall(line)[:1]) for line in lines}
    return sorted(begins) + ["too wide" for line in lines if len(line) > WIDTH_COLUMNS]
