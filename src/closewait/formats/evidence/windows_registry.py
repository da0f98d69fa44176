r"""Values of TCP in the registry of Windows: `reg query`, an exported `.reg` file.

    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters      reg query HKLM\…
        TcpTimedWaitDelay    REG_DWORD    0x1e
    [HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]    regedit, reg export
    "TcpTimedWaitDelay"=dword:0000001e

Only numbers (REG_DWORD) directly below these keys count: a key of an interface has settings of its own. Windows tells
names apart by their letters and not by their case.
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, Listing, SettingFact
from closewait.snapshot.host import Host
from closewait.tcp.settings import SETTING_NAMES

KEY = re.compile(
    r"^ *\[?(?:HKEY_LOCAL_MACHINE|HKLM)\\SYSTEM\\(?:CurrentControlSet|ControlSet[0-9]{3})\\Services\\"
    r"(?P<key>[^\n\]]{1,200})"
    r"|^ *\[?-?(?:HKEY_[A-Z_]{4,20}|HK[A-Z]{1,2})\\",  # any other key, which ends what belongs to the one before
    re.MULTILINE | re.IGNORECASE,
)
KEYS = {r"tcpip\parameters": r"Tcpip\Parameters", r"afd\parameters": r"AFD\Parameters"}
VALUE = re.compile(r"^ *(?P<name>\w{1,60}) +REG_DWORD +0x(?P<hex>[0-9a-fA-F]{1,8}) *$", re.MULTILINE)
EXPORTED = re.compile(r'^"(?P<name>\w{1,60})"=dword:(?P<hex>[0-9a-fA-F]{1,8}) *$', re.MULTILINE)
ANY_VALUE = re.compile(r'^ *(?:\w{1,60} +REG_[A-Z_]{2,20}\b|"\w{1,60}"=)', re.MULTILINE)

OWN_NAMES = {name.casefold(): name for name in SETTING_NAMES}

#: Every Windows has more values than this below Tcpip\Parameters (Hostname, Domain, DataBasePath …); who asks for one
#: value sees one.
WHOLE_KEY = 3


def read(text: str, origin: str) -> Evidence | None:
    """The numbers below the keys of TCP, decimal, and which of the keys were listed whole."""
    places = list(KEY.finditer(text))
    ends = [*(place.start() for place in places[1:]), len(text)]
    told, listed = dict[str, str](), set[str]()
    for place, end in zip(places, ends, strict=False):
        key = KEYS.get((place["key"] or "").strip().casefold())
        if key is None:
            continue
        below = text[place.end() : end]
        for form in (VALUE, EXPORTED):
            told |= {own_name(value["name"]): str(int(value["hex"], 16)) for value in form.finditer(below)}
        if len(ANY_VALUE.findall(below)) >= WHOLE_KEY:
            listed.add(key)
    if not told and not listed:
        return None
    return evidence(
        origin,
        "values of TCP in the registry",
        host=Host(system="Windows"),
        settings=tuple(SettingFact(origin, name, value) for name, value in told.items() if name in SETTING_NAMES),
        listings=tuple(Listing(origin, key) for key in sorted(listed)),
    )


def own_name(name: str) -> str:
    """A value's name as the table of settings writes it."""
    return OWN_NAMES.get(name.casefold(), name)


KIND = Kind(
    name="windows_registry",
    told_by=r"`reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, an exported `.reg` file",
    read=read,
)
