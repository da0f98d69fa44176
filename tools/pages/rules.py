"""A page for each rule: its docstring, its record, its numbers, its examples, its scene. And the list of rules."""

import inspect
import re
from pathlib import Path

from closewait.diagnosis import thresholds
from closewait.diagnosis.remedies import REMEDIES
from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import RULES
from closewait.lab import SCENES, WITHOUT_SCENE
from closewait.views.rule_page import in_words, sections, thresholds_of
from pages.markdown import anchor, bullets, page, section, table

REPOSITORY = Path(__file__).resolve().parents[2]
PROSE = "tests/diagnosis/rules"

#: Who can end it, by the first letter of a code.
CODE_LETTERS = {
    "P": "the local program's move",
    "E": "the other end's move",
    "H": "clocks, limits and the kernel of this host",
    "N": "nobody needs to act",
    "B": "what closewait could not see",
}


def pages() -> dict[str, str]:
    """`rules/<name>.md` for each rule, and the table of them."""
    return {"rules/README.md": index(), **{f"rules/{rule.name}.md": rule_page(rule) for rule in RULES}}


def index() -> str:
    """All rules in the order of decision, and all numbers."""
    rows = [
        (place, f"[{rule.name}]({rule.name}.md)", rule.code, rule.whose_move.value, rule.summary)
        for place, rule in enumerate(RULES, start=1)
    ]
    return page(
        "The rules",
        sources="src/closewait/diagnosis/rules and thresholds.py",
        parts=[
            "In the order of decision: the first rule to claim a group of sockets keeps it, and later ones are "
            "mentioned with it. Findings are then shown worst first.",
            table(["", "rule", "code", "whose move", "what is suspected"], rows),
            "The first letter of a code says who can end it:",
            bullets(f"`{letter}`: {meaning}" for letter, meaning in CODE_LETTERS.items()),
            section("Every number a rule uses", numbers(reasons())),
        ],
    )


def rule_page(rule: Rule) -> str:
    """One rule, in the order in which a person asks."""
    told = sections(rule)
    read = thresholds_of(rule)
    source = f"src/{rule.check.__module__.replace('.', '/')}.py"
    return page(
        rule.name,
        sources=f"{source}, {PROSE}/{rule.name}.md and the scene of the same name",
        parts=[
            bullets(
                [
                    f"**Suspected:** {rule.summary}.",
                    f"**Whose move:** {rule.whose_move.value}.",
                    f"**Code:** {rule.code} (`{rule.code[0]}`: {CODE_LETTERS[rule.code[0]]}).",
                ]
            ),
            *(section(title, text) for title, text in told.items() if title != "What to do"),
            section("What would refute it", bullets(rule.doubt)),
            section("What to do", "\n\n".join(part for part in (told.get("What to do"), bullets(rule.next)) if part)),
            section("What to do first, by runtime", by_runtime(rule.name)),
            section("What will not help", bullets(rule.will_not_help)),
            section("The numbers it uses", numbers({name: why for name, why in reasons().items() if name in read})),
            section("Examples that a test runs", examples(rule.name)),
            section("Try it", practice(rule.name)),
        ],
    )


def by_runtime(name: str) -> str:
    """What a finding says first where it knows the program's runtime, with its source."""
    rows = [
        (remedy.runtime, remedy.role or "either", remedy.do.format(pid="PID"), remedy.source)
        for remedy in REMEDIES
        if name in remedy.rules
    ]
    return table(["runtime", "end", "what to do", "source"], rows)


def practice(name: str) -> str:
    """The scene of a rule, or why there is none."""
    scene = next((scene for scene in SCENES if scene.rule == name), None)
    return f"{scene.summary}\n\n```sh\nclosewait lab {scene.name}\n```" if scene else WITHOUT_SCENE.get(name, "")


def reasons() -> dict[str, str]:
    """Every threshold with the comment above it; several under one comment share it."""
    found: dict[str, str] = {}
    said: list[str] = []
    for line in inspect.getsource(thresholds).splitlines():
        if line.startswith("#:"):
            said.append(line.removeprefix("#:").strip())
        elif not line:
            said = []
        elif name := re.match(r"([A-Z_0-9]+) = ", line):
            found[name[1]] = " ".join(said)
    return found


def numbers(chosen: dict[str, str]) -> str:
    """Thresholds with their values and reasons."""
    return table(
        ["number", "value", "why"],
        [(f"`{name}`", f"`{in_words(getattr(thresholds, name))}`", reason) for name, reason in chosen.items()],
    )


def examples(name: str) -> str:
    """Links to the examples of a rule's literate test, the silent ones among them."""
    prose = REPOSITORY / PROSE / f"{name}.md"
    headings = re.findall(r"^#+ (.*)$", prose.read_text(), re.M) if prose.exists() else []
    return bullets(f"[{heading}](../../../{PROSE}/{name}.md#{anchor(heading)})" for heading in headings)
