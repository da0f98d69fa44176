"""The page of a rule: the prose of its file, then whose move, what to do, what will not help, and its numbers."""

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from closewait.diagnosis import thresholds
from closewait.diagnosis.group import Group
from closewait.diagnosis.rule import Rule
from closewait.tcp import receive_queue
from closewait.views.page import Block, Page, listed
from closewait.views.whose_move import MOVE_SAID

#: What thresholds.py itself defines.
THRESHOLDS = {
    name: value for name, value in vars(thresholds).items() if name.isupper() and name not in vars(receive_queue)
}


def rule_page(rule: Rule) -> Page:
    """The page of one rule."""
    prose = sections(rule)
    return Page(
        title=f"{rule.name} ({rule.code})",
        lead=(f"{rule.summary[0].upper()}{rule.summary[1:]}.",),
        blocks=(
            Block(None, (("Whose move", MOVE_SAID[rule.whose_move]),)),
            Block("What it sees", lead=prose["What it sees"]),
            Block("Why it matters", lead=prose["Why it matters"]),
            listed("When it is wrong", rule.doubt, lead=prose["When it is wrong"]),
            listed("What to do", rule.next, lead=prose["What to do"]),
            listed("What will not help", rule.will_not_help),
            Block("Its numbers", tuple((name, in_words(value)) for name, value in thresholds_of(rule).items())),
        ),
    )


def rule_json(rule: Rule) -> dict[str, Any]:
    """The same for programs."""
    return {
        "rule": rule.name,
        "code": rule.code,
        "summary": rule.summary,
        "whose_move": rule.whose_move.value,
        "prose": sections(rule),
        "doubt": list(rule.doubt),
        "next": list(rule.next),
        "will_not_help": list(rule.will_not_help),
        "thresholds": {
            name: list(value) if isinstance(value, tuple) else value for name, value in thresholds_of(rule).items()
        },
    }


def sections(rule: Rule) -> dict[str, str]:
    """The titled parts of the docstring of the rule's file, each as one paragraph."""
    told = inspect.cleandoc(sys.modules[rule.check.__module__].__doc__ or "")
    parts = re.findall(r"^(\S.*)\n((?:[ ]+\S.*\n?)+)", told, re.MULTILINE)
    return {heading: " ".join(textwrap.dedent(text).split()) for heading, text in parts}


def thresholds_of(rule: Rule) -> dict[str, Any]:
    """The thresholds that the rule's check reads, itself or in what it calls, with their values."""
    read = set(_names_read(rule.check, set()))
    return {name: value for name, value in THRESHOLDS.items() if name in read}


def in_words(value: object) -> str:
    """`60`, `0.05`, `1, 18, 24`, `Linux 28232, Windows 16384`."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names_read(function: object, seen: set[object]) -> Iterator[str]:
    """Every global and attribute name in `function` and in what it calls within the diagnosis."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    for name in _names_in(function.__code__):
        yield name
        named = function.__globals__.get(name)
        if getattr(named, "__module__", "").startswith("closewait.diagnosis"):
            yield from _names_read(named, seen)
        computed = vars(Group).get(name)
        if isinstance(computed, property):
            yield from _names_read(computed.fget, seen)


def _names_in(code: CodeType) -> Iterator[str]:
    """The names in a function's code and in the generators and lambdas written inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
