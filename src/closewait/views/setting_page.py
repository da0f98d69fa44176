"""The page of a setting: where it exists, what it does, what people hope it does, how to read and change it."""

from collections.abc import Iterator
from typing import Any

from closewait.tcp.settings import settings_named
from closewait.tcp.settings.setting import Fact, Setting
from closewait.views.page import Block, Page, commands, listed


def setting_page(setting: Setting, *, with_example: bool = True) -> Page:
    """The page of one setting of one system; where its example would be a step back it is better left out."""
    return Page(
        title=f"{setting.name}: {setting.system}, {setting.way.kind}",
        lead=(checked(setting, "does", setting.does),),
        blocks=(
            Block(None, tuple(_facts(setting))),
            listed("It does not", setting.does_not),
            *_instead(setting),
            *_how(setting, with_example=with_example),
            Block("Measure it", lead=setting.measure or ""),
            Block("Source", lead=setting.source),
        ),
    )


def _facts(setting: Setting) -> Iterator[tuple[str, str]]:
    counted = setting.default.isdigit() and setting.unit is not None and setting.unit.isalpha()
    yield "Default", checked(setting, "default", f"{setting.default} {setting.unit}" if counted else setting.default)
    if setting.unit and not counted:
        yield "Unit", setting.unit
    if setting.versions:
        yield "Exists", checked(setting, "versions", setting.versions)
    if setting.if_missing:
        yield "If it is missing", setting.if_missing
    if setting.replaced_by:
        yield "Replaced by", checked(setting, "replaced_by", setting.replaced_by)
    if setting.states:
        yield "Has a say in", ", ".join(setting.states)
    if setting.risk:
        yield "Risk", checked(setting, "risk", setting.risk)
    if setting.way.note and (setting.read or setting.set_for_good):
        yield "To change it", setting.way.note
    if setting.aliases:
        yield "See also as", ", ".join(setting.aliases)


def _instead(setting: Setting) -> Iterator[Block]:
    """The commands of the setting that took its place."""
    for other in settings_named(setting.successor or ""):
        told = [command for command in (other.read, other.set_now or other.set_for_good) if command]
        yield commands(f"Instead: {other.name}", told)


def _how(setting: Setting, *, with_example: bool) -> Iterator[Block]:
    """The commands, each with the example value."""
    ways: tuple[tuple[Fact, str, str | None], ...] = (
        ("read", "Read it", setting.read),
        ("set_now", "Set it until the next start", setting.set_now if with_example else None),
        ("set_for_good", "Set it for good", setting.set_for_good if with_example else None),
    )
    for fact, heading, command in ways:
        if command:
            yield commands(checked(setting, fact, heading), [command])


def checked(setting: Setting, fact: Fact, text: str) -> str:
    """`text`, marked where no source was opened for it."""
    return f"{text} (unverified)" if fact in setting.unverified else text


def setting_json(setting: Setting, *, with_example: bool = True) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": setting.name,
        "system": setting.system,
        "kind": setting.way.kind,
        "default": setting.default,
        "unit": setting.unit,
        "states": list(setting.states),
        "does": setting.does,
        "does_not": list(setting.does_not),
        "aliases": list(setting.aliases),
        "versions": setting.versions,
        "replaced_by": setting.replaced_by,
        "successor": setting.successor,
        "if_missing": setting.if_missing,
        "read": setting.read,
        "set_now": setting.set_now if with_example else None,
        "set_for_good": setting.set_for_good if with_example else None,
        "to_change_it": setting.way.note,
        "measure": setting.measure,
        "risk": setting.risk,
        "source": setting.source,
        "verified": setting.verified,
        "unverified": list(setting.unverified),
    }
