"""Runs every rules/*.md: prose that specifies a rule, with looks and what must be found in them.

    ```sockets [at=TIME] [owners=told|hidden|untold] [format=NAME]    a look; `at` of the first is 0s
    ```dump                                                           a look as a tool printed it
    ```processes                                                      descriptors of the look before it
    ```host                                                           facts of the host, for the looks after it
    ```finds                                                          findings: rule, severity, key=value; or nothing

Benign findings need not be listed: `finds` names what is not benign, and any benign one it names must be there.
"""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from closewait import doctor
from closewait.diagnosis.finding import Finding
from closewait.formats import looks
from closewait.snapshot.host import Host
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import duration_s, snapshot

PAGES = sorted((Path(__file__).parent / "rules").glob("*.md"))
BLOCK = re.compile(r"^```(?P<kind>sockets|dump|processes|host|finds)(?P<facts>[^\n]*)\n(?P<body>.*?)^```$", re.M | re.S)
OWNERS = {"told": True, "hidden": False, "untold": None}
START_UNIX_S = 1_800_000_000.0


@dataclass
class Example:
    """One example of a page: looks in order, then what must be found."""

    page: str
    heading: str
    host: Host
    looks: list[dict[str, object]] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def timeline(self) -> Timeline:
        """The looks as the rules see them."""
        return Timeline(tuple(self._look(look) for look in self.looks))

    def _look(self, look: dict[str, object]) -> Snapshot:
        if "dump" in look:
            (read,) = looks(str(look["dump"]).encode(), "dump.txt")
            return replace(read, host=self.host)
        return snapshot(host=self.host, **look)


def examples(page: Path) -> list[Example]:
    """Every example of a page, in order."""
    text, found, host = page.read_text(), [], Host()
    example = None
    for block in BLOCK.finditer(text):
        facts = dict(fact.split("=", 1) for fact in block["facts"].split())
        if example is None:
            headings = re.findall(r"^#+ (.*)$", text[: block.start()], re.M)
            example = Example(page.stem, headings[-1], host)
        if block["kind"] == "host":
            host = example.host = Host(**{key: fact(value) for key, value in facts.items()})
        elif block["kind"] == "processes":
            example.looks[-1]["processes"] = block["body"]
        elif block["kind"] == "dump":
            example.looks.append({"dump": block["body"]})
        elif block["kind"] == "sockets":
            at_s = duration_s(facts["at"]) if "at" in facts else None
            example.looks.append({
                "lines": block["body"],
                "owners_told": OWNERS[facts.get("owners", "told")],
                "format_name": facts.get("format", "ss_text"),
                "taken_at_unix_s": None if at_s is None else START_UNIX_S + at_s,
            })  # fmt: skip
        else:
            example.expected = [line.strip() for line in block["body"].splitlines() if line.strip()]
            found.append(example)
            example = None
    assert example is None, f"{page.name}: the last example has no finds block"
    return found


def fact(text: str) -> object:
    """`60` or `[32768,33767]` or `Linux`, as a page writes a fact of the host."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return tuple(value) if isinstance(value, list) else value


def told(finding: Finding, wanted: str) -> str:
    """The finding in the words that `wanted` uses, so that the two can be compared."""
    owner = finding.owner
    facts = {
        "certainty": finding.certainty,
        "move": finding.whose_move.value.replace(" ", "-"),
        "owner": "-" if owner is None else f"{owner.process}[{owner.pid}]",
        "sockets": str(finding.sockets),
        "where": finding.where,
        "also": ",".join(finding.also_seen) or "-",
    }
    keys = [word.split("=", 1)[0] for word in wanted.split()[2:]]
    return " ".join([finding.rule, finding.severity.value, *(f"{key}={facts[key]}" for key in keys)])


CASES = [
    (example, f"{example.page}: {example.heading} #{n}") for page in PAGES for n, example in enumerate(examples(page))
]


@pytest.mark.parametrize("example", [case for case, _ in CASES], ids=[name for _, name in CASES])
def test_the_page_is_true(example: Example) -> None:
    """What the page says is found is found, in that order, and nothing else above benign."""
    timeline = example.timeline()
    report = doctor.examine(lambda: timeline.latest, earlier=Timeline(timeline.looks[:-1]))
    by_rule = {line.split()[0]: line for line in example.expected}
    found = [
        told(finding, by_rule.get(finding.rule, ""))
        for finding in report.findings
        if finding.severity.value != "benign" or finding.rule in by_rule
    ]

    assert found == example.expected
