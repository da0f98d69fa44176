"""A rule, its scene, its prose, its page: one subject under one name. A failure lists what has to be written."""

import re
from pathlib import Path

from closewait.diagnosis.rules import RULES
from closewait.formats import FORMATS
from closewait.formats.evidence import KINDS
from closewait.lab import SCENES, WITHOUT_SCENE
from closewait.snapshot.columns import FLOWS, HOLDERS, PROCESSES, SOCKETS
from closewait.tcp.states import STATES
from tests.promises.house import PACKAGE, REFERENCE, REPOSITORY

PROSE = REPOSITORY / "tests" / "diagnosis" / "rules"
GOLDEN = REPOSITORY / "tests" / "formats" / "golden"
RULE_NAMES = {rule.name for rule in RULES}


def subjects(folder: Path) -> set[str]:
    """The names, with hyphens, of the modules of a folder."""
    return {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"}


def silences(rule_name: str) -> int:
    """How many examples of a rule's prose say when it must be silent."""
    prose = PROSE / f"{rule_name}.md"
    return len(re.findall(r"^#+ Silent\b", prose.read_text(), re.M)) if prose.exists() else 0


def test_every_rule_file_is_in_rules() -> None:
    """A rule nobody asks is no rule."""
    assert subjects(PACKAGE / "diagnosis" / "rules") == RULE_NAMES, "put each into RULES, under its file's name"


def test_rule_names_and_codes_are_used_once() -> None:
    """Both are promises: people write them into scripts and search for them."""
    assert len({rule.name for rule in RULES}) == len({rule.code for rule in RULES}) == len(RULES)


def test_every_scene_file_is_in_scenes() -> None:
    """A scene that cannot be asked for proves nothing."""
    assert {scene.name for scene in SCENES} == subjects(PACKAGE / "lab" / "scenes"), "put each into SCENES"


def test_every_rule_has_a_scene() -> None:
    """A rule that no real socket has ever set off is a guess, unless no socket can: then it is said why."""
    played = {scene.rule for scene in SCENES}
    missing = RULE_NAMES - played - WITHOUT_SCENE.keys()

    assert missing == set(), f"write src/closewait/lab/scenes/<name>.py for: {sorted(missing)}"
    assert played & WITHOUT_SCENE.keys() == WITHOUT_SCENE.keys() - RULE_NAMES == set()
    assert [rule for rule, reason in WITHOUT_SCENE.items() if len(reason) < 40] == []


def test_every_rule_is_specified_in_prose() -> None:
    """A rule is specified where a person can agree or disagree without running anything."""
    missing = RULE_NAMES - {path.stem for path in PROSE.glob("*.md")}

    assert missing == set(), f"write tests/diagnosis/rules/<name>.md for: {sorted(missing)}"


def test_every_rule_says_when_it_is_silent() -> None:
    """What a rule must not say is half of it."""
    missing = {name for name in RULE_NAMES if silences(name) < 2}

    assert missing == set(), f"add headings that begin with 'Silent' (at least two) for: {sorted(missing)}"


def test_every_rule_has_a_page() -> None:
    """A finding a user cannot look up is not shipped."""
    missing = RULE_NAMES - {path.stem for path in (REFERENCE / "rules").glob("*.md")}

    assert missing == set(), f"run `make docs` for: {sorted(missing)}"


def test_every_state_has_a_page() -> None:
    """The states are the first thing people look up."""
    missing = {state.name for state in STATES} - {path.stem for path in (REFERENCE / "states").glob("*.md")}

    assert missing == set(), f"run `make docs` for: {sorted(missing)}"


def test_every_format_file_is_in_formats() -> None:
    """A module that makes a format is tried on every dump."""
    makers = {
        (path.parent if path.stem == "__init__" else path).stem
        for path in (PACKAGE / "formats").rglob("*.py")
        if re.search(r"^FORMAT\b.* = ", path.read_text(), re.M)
    }

    assert {each.name for each in FORMATS} == makers, "put each into FORMATS, under its file's name"


def test_every_format_has_goldens_with_an_origin() -> None:
    """A reader is believed for what real tools printed: two recordings at least, and how to make them again."""
    missing = {
        each.name
        for each in FORMATS
        if len(list((GOLDEN / each.name).glob("*.csv"))) < 2 or not (GOLDEN / each.name / "ORIGIN.md").exists()
    }

    assert missing == set(), f"add goldens (two at least) and ORIGIN.md for: {sorted(missing)}"


def test_every_golden_is_whole() -> None:
    """A recording without the rows expected of it, or the other way round, tests nothing."""
    recordings = {path for path in GOLDEN.glob("*/*--*") if path.suffix != ".csv"}
    alone = {path for path in recordings if not path.with_suffix(".csv").exists()}
    alone |= {
        path for path in GOLDEN.glob("*/*.csv") if path.with_suffix("") not in {r.with_suffix("") for r in recordings}
    }

    assert alone == set(), f"add what is beside: {sorted(path.name for path in alone)}"


def test_every_kind_of_evidence_is_in_kinds() -> None:
    """A module that makes a kind is tried on every file beside a dump."""
    makers = {
        path.stem
        for path in (PACKAGE / "formats" / "evidence").glob("*.py")
        if re.search(r"^KIND = ", path.read_text(), re.M)
    }

    assert {each.name for each in KINDS} == makers, "put each into KINDS, under its file's name"


def test_every_column_explains_itself() -> None:
    """A number without unit and meaning is a riddle, and so is a missing one."""
    columns = {*SOCKETS, *HOLDERS, *PROCESSES, *FLOWS}
    silent = {each.name for each in columns if not (each.unit and each.meaning and each.when_empty)}

    assert silent == set(), f"say unit, meaning and when_empty in snapshot/columns.py for: {sorted(silent)}"
