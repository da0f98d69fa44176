"""Runs every rules/*.md: prose that specifies a rule, with looks and what must be found in them.

    ```sockets [at=TIME] [owners=told|hidden|untold] [format=NAME]    a look; `at` of the first is 0s
    ```elsewhere                                                      a look at the host at the other end
    ```dump                                                           a look as a tool printed it
    ```processes                                                      descriptors of the look before it
    ```host                                                           facts of the host, for the looks after it
    ```beside NAME                                                    a file that lies beside the dumps
    ```finds                                                          findings: rule, severity, key=value; or nothing
      says|because|doubt|next|will_not_help: words                    below a finding: words that stand there
      next first: words                                               words with which it begins

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
from closewait.formats.evidence import evidence_in
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.host import Host
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline
from closewait.testing import duration_s, snapshot

PAGES = sorted((Path(__file__).parent / "rules").glob("*.md"))
BLOCK = re.compile(
    r"^```(?P<kind>sockets|elsewhere|dump|processes|host|beside|finds)(?P<facts>[^\n]*)\n(?P<body>.*?)^```$",
    re.M | re.S,
)
OWNERS = {"told": True, "hidden": False, "untold": None}
START_UNIX_S = 1_800_000_000.0


@dataclass
class Example:
    """One example of a page: looks in order, then what must be found."""

    page: str
    heading: str
    host: Host
    beside: Evidence = NO_EVIDENCE
    elsewhere: str | None = None
    looks: list[dict[str, object]] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    words: list[tuple[str, str, str]] = field(default_factory=list)  # of which finding, in which part, what

    def timeline(self) -> Timeline:
        """The looks as the rules see them."""
        other_end = None if self.elsewhere is None else snapshot(self.elsewhere)
        return Timeline(tuple(self._look(look).with_evidence(self.beside) for look in self.looks), other_end)

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
        facts = dict(fact.split("=", 1) for fact in block["facts"].split() if block["kind"] != "beside")
        if example is None:
            headings = re.findall(r"^#+ (.*)$", text[: block.start()], re.M)
            example = Example(page.stem, headings[-1], host)
        if block["kind"] == "host":
            host = example.host = Host(**{key: fact(value) for key, value in facts.items()})
        elif block["kind"] == "beside":
            evidence = evidence_in(block["body"].encode(), block["facts"].strip())
            assert evidence is not None, f"{page.name}: {block['facts']} is not understood"
            example.beside = example.beside.joined(evidence)
        elif block["kind"] == "elsewhere":
            example.elsewhere = block["body"]
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
            for line in filter(str.strip, block["body"].splitlines()):
                if line.startswith(" "):
                    part, _, words = line.strip().partition(": ")
                    example.words.append((example.expected[-1].split()[0], part, words))
                else:
                    example.expected.append(line.strip())
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


def missing(findings: tuple[Finding, ...], words: list[tuple[str, str, str]]) -> list[str]:
    """Of the words that must stand in a part of a finding those that do not, with what stands there."""
    lost = []
    for rule, where, wanted in words:
        part, _, first = where.partition(" ")
        found = next(getattr(finding, part) for finding in findings if finding.rule == rule)
        told = (found,) if isinstance(found, str) else found
        if not any(wanted in one for one in (told[:1] if first else told)):
            lost.append(f"{rule}: {wanted!r} is not in {told}")
    return lost


CASES = [
    (example, f"{example.page}: {example.heading} #{n}") for page in PAGES for n, example in enumerate(examples(page))
]


@pytest.mark.parametrize("example", [case for case, _ in CASES], ids=[name for _, name in CASES])
def test_the_page_is_true(example: Example) -> None:
    """What the page says is found is found, in that order, and nothing else above benign."""
    timeline = example.timeline()
    report = doctor.examine(lambda: timeline.latest, earlier=Timeline(timeline.looks[:-1], timeline.other_end))
    by_rule = {line.split()[0]: line for line in example.expected}
    found = [
        told(finding, by_rule.get(finding.rule, ""))
        for finding in report.findings
        if finding.severity.value != "benign" or finding.rule in by_rule
    ]

    assert found == example.expected
    assert missing(report.findings, example.words) == []
