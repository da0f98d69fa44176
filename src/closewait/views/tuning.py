"""The settings of a host as text and as JSON: what matters now, what each is, how it is changed.

Values come from pasted text and are made visible; names and sentences are our own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from closewait.diagnosis.report import NotUnderstood
from closewait.diagnosis.tuning.presence import Presence
from closewait.diagnosis.tuning.tuning import Tuned, here
from closewait.tcp.settings import settings_named
from closewait.tcp.settings.setting import Fact, Setting
from closewait.views.page import Block, wrapped
from closewait.views.setting_page import checked, setting_json, setting_page
from closewait.views.visible import visible

SCHEMA = "closewait/1"
HEADINGS = {"critical": "CRITICAL", "warning": "WARNING", "benign": "benign"}
TERM_COLUMNS = 13
EXAMPLES = (
    "The values in the commands are examples; none is shown where it would be a step back from the value that is in "
    "force. closewait changes nothing unless it is told to: --apply NAME=VALUE."
)


def settings_as_text(
    where: str, tuned: Sequence[Tuned], not_understood: Sequence[NotUnderstood], *, everything: bool, width: int
) -> str:
    """The settings that matter or differ from their defaults, or every one that is there; what matters first."""
    known = here(list(tuned))
    shown = known if everything else [one for one in known if is_worth_showing(one)]
    parts = [
        "\n".join(wrapped(visible(where), width, "", "  ")),
        *("\n".join(entry(one, width)) for one in shown),
        *_others(len(known) - len(shown), width),
    ]
    parts += [
        "\n".join(wrapped(visible(f"Not understood: {one.file}: {one.why}"), width, "", "  ")) for one in not_understood
    ]
    return "\n\n".join(parts) + "\n"


def is_worth_showing(one: Tuned) -> bool:
    """Whether it matters now, or somebody has changed it."""
    return one.matters or one.standing.differs is True or one.standing.presence is Presence.IGNORED


def entry(one: Tuned, width: int) -> Iterator[str]:
    """One setting: its value, why it matters or does not, and what one has to know to change it."""
    setting = one.standing.setting
    yield f"{HEADINGS[one.severity.value]}  {setting.name}{_with_value(one)}"
    facts = (
        ("Matters", one.weight.says),
        ("Here", "" if one.standing.presence is Presence.TOLD else one.standing.why),
        ("Default", checked(setting, "default", one.default)),
        ("Unit", setting.unit or ""),
        ("Does", checked(setting, "does", setting.does)),
        ("Has a say in", ", ".join(setting.states)),
        *_hopes(setting),
        ("Risk", checked(setting, "risk", setting.risk or "")),
        ("Exists", checked(setting, "versions", setting.versions or "")),
    )
    yield from Block(None, tuple((term.ljust(TERM_COLUMNS - 1), visible(text)) for term, text in facts if text)).lines(
        width
    )
    yield from Block(None, tuple(_ways(one)), whole=True).lines(width)


def _hopes(setting: Setting) -> Iterator[tuple[str, str]]:
    """What it does not do, a line for each hope."""
    for number, hope in enumerate(setting.does_not):
        yield "" if number else "Does not", hope


def _ways(one: Tuned) -> Iterator[tuple[str, str]]:
    """How it is read and changed; an example that would make it worse here is left out."""
    setting = one.standing.setting
    ways: tuple[tuple[str, Fact, str | None], ...] = (
        ("Read it", "read", setting.read),
        ("Change it", "set_now", setting.set_now if one.example_helps else None),
        ("For good", "set_for_good", setting.set_for_good if one.example_helps else None),
    )
    for term, fact, command in ways:
        if command:
            yield term.ljust(TERM_COLUMNS - 1), checked(setting, fact, command)
    for other in settings_named(setting.successor or ""):
        for command in filter(None, (other.read, other.set_now or other.set_for_good)):
            yield "Instead".ljust(TERM_COLUMNS - 1), command


def _with_value(one: Tuned) -> str:
    if one.standing.value is None:
        return ""
    unit = one.standing.setting.unit or ""
    counted = f" {unit}" if one.standing.number is not None and unit.isalpha() else ""
    return f" = {visible(one.standing.value) or '(none)'}{counted}"


def _others(others: int, width: int) -> Iterator[str]:
    yield "\n".join(wrapped(EXAMPLES, width, "", ""))
    if others:
        said = (
            f"{others} other settings exist here that do not matter now and are not known to differ from their "
            "defaults: closewait tune --all shows them."
        )
        yield "\n".join(wrapped(said, width, "", ""))


def named_as_text(where: str, tuned: Sequence[Tuned], width: int) -> str:
    """The settings that somebody asked for by name: whether each is here, and its page."""
    return "\n\n\n".join("\n".join(_named(where, one, width)) for one in tuned) + "\n"


def _named(where: str, one: Tuned, width: int) -> Iterator[str]:
    yield from wrapped(visible(where), width, "", "  ")
    if one.standing.value is not None:
        yield f"  {one.standing.setting.name}{_with_value(one)}"
    yield from wrapped(visible(one.standing.why), width, "  ", "  ")
    if one.standing.presence.is_here or one.standing.presence is Presence.IGNORED:
        yield from wrapped(visible(one.weight.says), width, "  ", "  ")
    yield ""
    yield setting_page(one.standing.setting, with_example=one.example_helps).text(width)


def settings_as_dict(
    source: str, system: str | None, kernel: str | None, tuned: Sequence[Tuned], not_understood: Sequence[NotUnderstood]
) -> dict[str, Any]:
    """The same for programs: every setting that was asked for, in the same order."""
    return {
        "schema": SCHEMA,
        "source": source,
        "system": system,
        "kernel": kernel,
        "settings": [tuned_as_dict(one) for one in tuned],
        "not_understood": [asdict(one) for one in not_understood],
    }


def tuned_as_dict(one: Tuned) -> dict[str, Any]:
    """One setting: what it is, what it is here, and whether it matters now (null: nothing to judge it by)."""
    return {
        **setting_json(one.standing.setting, with_example=one.example_helps),
        "default": one.default,
        "presence": one.standing.presence.value,
        "why": one.standing.why,
        "value": one.standing.value,
        "differs": one.standing.differs,
        "matters": None if one.weight.severity is None else one.matters,
        "severity": one.weight.severity and one.weight.severity.value,
        "says": one.weight.says,
    }


def change_as_text(setting: Setting, old: str, new: str, where: str, width: int) -> str:
    """What a change would do, for whoever is to agree to it."""
    rows = (
        ("Now", visible(old) or "(none)"),
        ("Then", visible(new) or "(none)"),
        ("Where", visible(where)),
        ("Does", checked(setting, "does", setting.does)),
        *_hopes(setting),
        ("Risk", checked(setting, "risk", setting.risk or "none known")),
        ("Lasts", "until the next start of the host, or of the namespace"),
    )
    return "\n".join(Block(setting.name, tuple((term, text) for term, text in rows if text)).lines(width)) + "\n"
