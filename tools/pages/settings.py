"""The page of the settings: what each does, what people hope it does in vain, and how it is read and changed."""

from closewait.actions.setting_change import is_changeable
from closewait.tcp.settings import SETTINGS
from closewait.tcp.settings.setting import Setting
from pages.markdown import bullets, page, section

PAGE = "settings.md"


def pages() -> dict[str, str]:
    """`settings.md`."""
    return {PAGE: settings_page()}


def settings_page() -> str:
    """Every setting, by system, in the order of the tables."""
    systems = dict.fromkeys(setting.system for setting in SETTINGS)
    return page(
        "The settings",
        sources="src/closewait/tcp/settings",
        parts=[
            "No setting of any system ends CLOSE_WAIT. `closewait explain NAME` tells the same on a terminal, "
            "`closewait tune NAME` what it is on a host, and `closewait tune` which of them matter there. "
            "Facts marked *unverified* are told by others; no source was opened for them.",
            *(section(system, _of_system(system)) for system in systems),
        ],
    )


def _of_system(system: str) -> str:
    return "\n\n".join(_setting(setting) for setting in SETTINGS if setting.system == system)


def _setting(setting: Setting) -> str:
    unit = f" ({setting.unit})" if setting.unit else ""
    facts = {
        "Also called": ", ".join(f"`{alias}`" for alias in setting.aliases),
        "States": ", ".join(f"[{state}](states/{state}.md)" for state in setting.states),
        "By default": f"{setting.default}{unit}",
        "Exists": setting.versions,
        "Where it is missing": setting.if_missing,
        "Replaced by": setting.replaced_by,
        "Does not": "".join(f"\n  - {hope}" for hope in setting.does_not),
        "Risk": setting.risk,
        "Instead": setting.successor and f"`{setting.successor}`",
        "Read it": setting.read and f"`{setting.read}`",
        "Change it now": setting.set_now and f"`{setting.set_now}`",
        "Change it for good": setting.set_for_good and f"`{setting.set_for_good}`",
        "Measure it": setting.measure,
        "closewait tune --apply": "changes it" if is_changeable(setting) else None,
        "How": setting.way.kind if setting.read is None else setting.way.note,
        "Unverified": ", ".join(setting.unverified),
        "Source": setting.source,
    }
    told = bullets(f"**{title}:** {text}" for title, text in facts.items() if text)
    return f"### {setting.name}\n\n{setting.does}\n\n{told}"
