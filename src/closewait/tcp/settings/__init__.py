"""SETTINGS: what people are told to change, system by system, and what it really does.

One file per system and subject; the records are data, and a setting that never had a say in CLOSE_WAIT says so.
"""

from collections.abc import Iterator

from closewait.tcp.settings.bsd import BSD_SETTINGS
from closewait.tcp.settings.linux_clocks import CLOCK_SETTINGS
from closewait.tcp.settings.linux_limits import LIMIT_SETTINGS
from closewait.tcp.settings.linux_options import OPTION_SETTINGS
from closewait.tcp.settings.setting import Setting
from closewait.tcp.settings.unix import UNIX_SETTINGS
from closewait.tcp.settings.windows import WINDOWS_SETTINGS

SETTINGS: tuple[Setting, ...] = (
    *CLOCK_SETTINGS,
    *LIMIT_SETTINGS,
    *OPTION_SETTINGS,
    *WINDOWS_SETTINGS,
    *BSD_SETTINGS,
    *UNIX_SETTINGS,
)

#: Every name under which a system tells the value of one of them.
SETTING_NAMES = frozenset(name for setting in SETTINGS for name in (setting.name, *setting.aliases))

#: What is no setting, told in the same list, and says how much of one is used.
BESIDE_SETTINGS = frozenset({"fs.file-nr", "net.netfilter.nf_conntrack_count"})


def settings_named(word: str) -> tuple[Setting, ...]:
    r"""The settings that `word` names, one for each system that has one of that name; empty where none does.

    In any case; with or without its path (`tcp_fin_timeout`, `net.ipv4.tcp_fin_timeout`,
    `/proc/sys/net/ipv4/tcp_fin_timeout`, `HKLM\...\MaxUserPort`); an ending (`fin_timeout`) where only one has it.
    """
    key = _key(word)
    named = tuple(setting for setting in SETTINGS if key in _keys(setting))
    if named or not key:
        return named
    ending = tuple(
        setting for setting in SETTINGS if any(name.endswith(("." + key, "_" + key)) for name in _keys(setting))
    )
    return ending if len({setting.name for setting in ending}) == 1 else ()


def _key(word: str) -> str:
    """A name as it is compared: without its place in the file system or the registry."""
    return word.strip().casefold().removeprefix("/proc/sys/").replace("/", ".").rpartition("\\")[2]


def _keys(setting: Setting) -> Iterator[str]:
    """Every way to write the setting's name and its aliases, with and without what comes before the last dot."""
    for name in (setting.name, *setting.aliases):
        yield name.casefold()
        yield name.casefold().rpartition(".")[2]
