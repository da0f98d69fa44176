"""Whether a setting exists on a host, which value it has there, and why not where it does not."""

import re
from collections.abc import Iterable
from enum import StrEnum

from closewait.records import record
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host
from closewait.tcp.settings import SETTINGS
from closewait.tcp.settings.setting import Setting, Version
from closewait.tcp.settings.windows_versions import windows_name

NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
REGISTRY_KEY = re.compile(r"\\Services\\(\w+\\Parameters)")


class Presence(StrEnum):
    """Where a setting stands on a host."""

    TOLD = "exists"  # and its value is known
    UNTOLD = "exists, not told"  # this system and version have it; its value was not told
    NOT_SET = "not set"  # this system would read it, and nobody has created it: the default holds
    IGNORED = "ignored"  # somebody has set it, and this version does not read it
    ABSENT = "does not exist"  # not in this version, or not loaded
    ELSEWHERE = "of another system"
    UNKNOWN = "system not known"

    @property
    def is_here(self) -> bool:
        """Whether it has a say on this host."""
        return self in (Presence.TOLD, Presence.UNTOLD, Presence.NOT_SET)


@record
class Standing:
    """A setting on one host. `why` is a sentence; `differs` None: no single default, or no value told."""

    setting: Setting
    presence: Presence
    value: str | None
    why: str
    differs: bool | None = None

    @property
    def number(self) -> int | None:
        """The value, where it is one number."""
        return int(self.value) if self.value is not None and self.value.isdecimal() and len(self.value) < 19 else None


def standings(host: Host, evidence: Evidence, settings: Iterable[Setting] = SETTINGS) -> list[Standing]:
    """How each setting stands on this host."""
    told = {fact.name: fact.value for fact in reversed(evidence.settings)}
    listed = tuple(listing.beginning for listing in evidence.listings)
    return [_standing(setting, host, told, listed) for setting in settings]


def version_of(kernel: str | None) -> Version | None:
    """`6.18.44-generic` → (6, 18, 44); None where nothing is told."""
    found = NUMBER.match(kernel or "")
    return tuple(map(int, found[0].split("."))) if found else None


def system_in_words(host: Host) -> str:
    """`Linux 6.18.44`, `Windows 7 or Server 2008 R2 (6.1.7601)`."""
    version = version_of(host.kernel)
    if host.system == "Windows" and version and (name := windows_name(version)):
        return f"{name} ({host.kernel})"
    return " ".join(filter(None, (host.system or "a system that is not told", host.kernel)))


def default_on(setting: Setting, version: Version | None) -> str:
    """The default of this version of the system, as the table words it."""
    if setting.default_before and version and version < setting.default_before[0]:
        return setting.default_before[1]
    return setting.default


def _standing(setting: Setting, host: Host, told: dict[str, str], listed: tuple[str, ...]) -> Standing:
    version = version_of(host.kernel)
    value = _value(setting, told) if host.system in (None, setting.system) else None
    here = f"on {system_in_words(host)}"
    if host.system is None and value is None:
        return Standing(setting, Presence.UNKNOWN, None, f"It is a setting of {setting.system}.")
    if host.system not in (None, setting.system):
        return Standing(
            setting, Presence.ELSEWHERE, None, f"It is a setting of {setting.system}; this is {host.system}."
        )
    if gone := _gone(setting, version):
        presence = Presence.ABSENT if value is None else Presence.IGNORED
        seen = "" if value is None else "Somebody has set it here, in vain. "
        return Standing(setting, presence, value, f"{seen}It does not exist {here}: {gone}")
    if value is not None:
        differs = True if _is_registry(setting) else _differs(default_on(setting, version), value)
        return Standing(setting, Presence.TOLD, value, f"It exists {here}.", differs)
    if setting.way.read is None:
        who = "Each program sets it" if setting.way.kind == "socket option" else "It is compiled in"
        return Standing(setting, Presence.UNTOLD, None, f"{who} {here}.")
    if any(_place(setting).startswith(beginning) for beginning in listed):
        if _is_registry(setting):
            return Standing(setting, Presence.NOT_SET, None, f"Nobody has created it {here}: the default holds.", False)
        why = setting.if_missing or "This kernel was built without it, or does not have it."
        return Standing(setting, Presence.ABSENT, None, f"It does not exist {here}. {why}")
    known = "" if version or not (setting.since or setting.until) else f" Versions that have it: {setting.versions}."
    return Standing(setting, Presence.UNTOLD, None, f"It exists {here}; its value was not told.{known}")


def _gone(setting: Setting, version: Version | None) -> str | None:
    """Why this version does not have it; None where it does, or the version is not told."""
    if version is None:
        return None
    if setting.until and version[: len(setting.until)] > setting.until:
        return setting.if_missing or f"it was there {setting.versions}."
    if setting.since and version < setting.since:
        return f"it came with {setting.versions}. {setting.if_missing or ''}".rstrip()
    return None


def _value(setting: Setting, told: dict[str, str]) -> str | None:
    """The value told under its name, or under another that ends alike (net.nf_conntrack_max)."""
    last = setting.name.rpartition(".")[2]
    alike = (alias for alias in setting.aliases if alias.rpartition(".")[2] == last)
    return next((told[name] for name in (setting.name, *alike) if name in told), None)


def _place(setting: Setting) -> str:
    """Where it is listed: a key of the registry, or its own name."""
    key = REGISTRY_KEY.search(setting.way.read or "")
    return key[1] if key else setting.name


def _is_registry(setting: Setting) -> bool:
    return REGISTRY_KEY.search(setting.way.read or "") is not None


def _differs(default: str, value: str) -> bool | None:
    """Whether a value is not the default; None where the default is no single one (`by memory`)."""
    if default == "none":
        return value != ""
    if not default[:1].isdecimal() and not default.startswith("start="):
        return None
    words = value.split()
    return default.replace(",", "").split()[: len(words)] != words
