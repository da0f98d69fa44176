"""What a word means: a state under any spelling, a rule by name or code, or a setting of some system.

States come first, then rules, then settings; only a setting's own name, letter for letter, goes before the state that
the same word could spell (`tcp_timewait` of AIX). Nothing here needs a socket table, so the answer is there at once.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import RULES
from closewait.records import record
from closewait.tcp.settings import SETTING_NAMES, SETTINGS, settings_named
from closewait.tcp.spellings import SPELLINGS, explanations
from closewait.tcp.states import STATE_NAMES
from closewait.views.page import Page
from closewait.views.rule_page import rule_json, rule_page
from closewait.views.setting_page import setting_json, setting_page
from closewait.views.state_page import readings_json, readings_page, state_asked_for, state_json, state_page

SCHEMA = "closewait/1"
SUGGESTIONS = 5
#: Nobody types a longer name; a longer word is compared by its beginning.
WORD_COLUMNS = 60


@record
class Answer:
    """What a word means, for a person and for a program. `kind` is state, readings, rule or settings."""

    kind: str
    pages: tuple[Page, ...]
    facts: Mapping[str, Any]


def explain(word: str, *, width: int = 80) -> str | None:
    """What `word` means, as text of at most `width` columns (commands stay whole); None where it means nothing."""
    found = answer(word)
    return "\n\n\n".join(page.text(width) for page in found.pages) if found else None


def explain_json(word: str) -> dict[str, Any] | None:
    """What `word` means, for programs; None where it means nothing."""
    found = answer(word)
    return {"schema": SCHEMA, "kind": found.kind, "asked": word, **found.facts} if found else None


def answer(word: str) -> Answer | None:
    """The meaning of `word`; a number that several tellers use differently has all their readings."""
    if word.strip() not in {setting.name for setting in SETTINGS}:
        if told := state_asked_for(word):
            return Answer("state", (state_page(word, told),), state_json(word, told))
        if explanations(word):
            return Answer("readings", (readings_page(word),), readings_json(word))
        if rule := rule_named(word):
            return Answer("rule", (rule_page(rule),), rule_json(rule))
    settings = settings_named(word)
    if not settings:
        return None
    return Answer("settings", tuple(map(setting_page, settings)), {"settings": [*map(setting_json, settings)]})


def rule_named(word: str) -> Rule | None:
    """The rule of this name (`leaked-close-wait`, `leaked_close_wait`) or code (`P101`), in any case."""
    key = "-".join(word.casefold().replace("_", " ").split())
    return next((rule for rule in RULES if key in (rule.name, rule.code.casefold())), None)


def near(word: str) -> list[str]:
    """What can be explained and looks like `word`: names that contain it, then names a few letters away."""
    key = word.strip()[:WORD_COLUMNS].casefold()
    names = _known_names()
    containing = [name for name in names if len(key) > 2 and (key in name or key.replace("_", "-") in name)]
    alike = get_close_matches(key, names, n=SUGGESTIONS, cutoff=0.6)
    return list(dict.fromkeys(names[name] for name in [*containing, *alike]))[:SUGGESTIONS]


def settings_near(word: str) -> list[str]:
    """The same among settings alone, with the other names that people give them."""
    key = word.strip()[:WORD_COLUMNS].casefold().rpartition(".")[2]
    names = {name.casefold().rpartition(".")[2]: name.rpartition(".")[2] for name in sorted(SETTING_NAMES)}
    containing = [name for name in names if len(key) > 2 and key in name]
    alike = get_close_matches(key, names, n=SUGGESTIONS, cutoff=0.6)
    return list(dict.fromkeys(names[name] for name in [*alike, *containing]))[:SUGGESTIONS]


def _known_names() -> dict[str, str]:
    """Every name in small letters, and what to suggest for it: a state's or a rule's name, a setting's short one."""
    return {
        **{spelling.word.casefold(): spelling.state for spelling in SPELLINGS},
        **{setting.name.casefold(): setting.name.rpartition(".")[2] for setting in SETTINGS},
        **{rule.name: rule.name for rule in RULES},
        **{name.casefold(): name for name in STATE_NAMES},
    }
