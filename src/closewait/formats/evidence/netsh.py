"""The dynamic ports of Windows: `netsh int ipv4 show dynamicport tcp`, in any language, and Get-NetTCPSetting.

    Protocol tcp Dynamic Port Range                   Dynamischer Portbereich für das TCP-Protokoll
    ---------------------------------                 ---------------------------------------------
    Start Port      : 49152                           Startport         : 49152
    Number of Ports : 16384                           Anzahl von Ports  : 16384

Two lines of a word and a number, below a title with `tcp` and a rule: the first number is the first port, the second
how many there are.
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, SettingFact
from closewait.snapshot.host import Host

NUMBER = r"[^\n:：0-9]{1,60}[:：] *([0-9]{1,5}) *"
NETSH = re.compile(rf"^[^\n]{{0,120}}\btcp\b[^\n]{{0,120}}\n *-{{5,200}} *\n{NUMBER}\n{NUMBER}$", re.MULTILINE | re.I)
SETTING = re.compile(
    r"\bDynamicPortRangeStartPort *: *([0-9]{1,5})\b(?:[^\n]*\n){1,4}?"
    r" *DynamicPortRangeNumberOfPorts *: *([0-9]{1,5})\b"
)
PORTS = 65536


def read(text: str, origin: str) -> Evidence | None:
    """The first range that is told."""
    found = NETSH.search(text) or SETTING.search(text)
    if not found:
        return None
    first, count = int(found[1]), int(found[2])
    if not 0 < count <= PORTS - first:
        return None
    host = Host(system="Windows", port_range=(first, first + count - 1))
    range_told = SettingFact(origin, "dynamicport tcp", f"start={first} num={count}")
    return evidence(origin, "the range of dynamic ports (netsh)", host=host, settings=(range_told,))


KIND = Kind(name="netsh", told_by="`netsh int ipv4 show dynamicport tcp`, `Get-NetTCPSetting`", read=read)
