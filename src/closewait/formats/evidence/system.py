"""Which system it is and since when it runs: `uname -a`, `uptime`, `systeminfo` and the first line of cmd on Windows.

Linux web1 5.10.0-18-amd64 #1 SMP Debian 5.10.140-1 (2022-09-02) x86_64 GNU/Linux
 10:00:00 up 3 days,  4:05,  1 user,  load average: 0.00, 0.01, 0.05
OS Name:                   Microsoft Windows Server 2019 Standard        Betriebssystemname: …
Microsoft Windows [Version 10.0.17763.5329]
System Boot Time:          11/20/2023, 08:00:00 AM                       Systemstartzeit: …
System Up Time:            3 Days, 4 Hours, 5 Minutes, 6 Seconds         (before Vista)
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.formats.stamps import last_of, stamp_in, whole_stamp
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host

UNAME = re.compile(
    r"^(?:[^\n]{0,60}[$#>] *uname[^\n]*\n)? *(?P<system>Linux|FreeBSD|OpenBSD|NetBSD|DragonFly|Darwin|SunOS|AIX|HP-UX)"
    r" +\S{1,253} +(?P<kernel>\S{1,60}) +[^\n]{1,300}$",
    re.MULTILINE,
)
NAMES = {"Darwin": "macOS"}
UPTIME = re.compile(
    r"^[^\n]{0,60}\bup +(?:(?P<days>[0-9]{1,6}) days?, *)?(?:(?P<hours>[0-9]{1,2}):(?P<minutes>[0-9]{2})"
    r"|(?P<only_minutes>[0-9]{1,2}) mins?)?,? [^\n]{0,30}(?:users?|load averages?)\b",
    re.MULTILINE,
)
#: The first line of a Windows command prompt, and what `ver` prints, in any language.
BANNER = re.compile(
    r"^ *Microsoft Windows \[[^\]\n0-9]{1,20} ?(?P<version>[0-9]{1,3}(?:\.[0-9]{1,6}){1,3})\]", re.MULTILINE
)
#: What systeminfo calls a line in English, German, French and Spanish, and what stands behind it.
WINDOWS, VERSION, BOOTED = (
    re.compile(rf"^ *(?:{title}) *: +{value}", re.MULTILINE)
    for title, value in (
        (
            r"OS Name|Betriebssystemname|Nom du système[^\n:]{0,20}|Nombre del sistema[^\n:]{0,20}",
            r"(?P<name>[^\n]*Windows[^\n]*)",
        ),
        (
            r"OS Version|Betriebssystemversion|Version du système|Versión del sistema[^\n:]{0,20}",
            r"(?P<version>[0-9.]{1,20})",
        ),
        (
            r"System Boot Time|Systemstartzeit|Heure de démarrage[^\n:]{0,20}|Tiempo de arranque[^\n:]{0,20}",
            r"(?P<when>[^\n]*\S)",
        ),
    )
)
#: System Up Time, in any language: nothing else that systeminfo prints is four numbers, each with its unit.
UP = re.compile(
    r"^[^\n:]{3,80}: +(?P<days>[0-9]{1,6}) [^\W\d]+, *(?P<hours>[0-9]{1,2}) [^\W\d]+, *"
    r"(?P<minutes>[0-9]{1,2}) [^\W\d]+, *(?P<seconds>[0-9]{1,2}) [^\W\d]+ *$",
    re.MULTILINE,
)
BEHIND_LABEL = ": "  # `Original Install Date:     1/20/2009`: such a time is not that of the look


def read(text: str, origin: str) -> Evidence | None:
    """The system, its kernel and how long it runs, as far as they are told."""
    uname, uptime, windows = UNAME.search(text), UPTIME.search(text), WINDOWS.search(text)
    if windows:
        return systeminfo(text, origin, windows["name"].strip())
    if banner := BANNER.search(text):
        return evidence(origin, "the version of Windows (ver)", host=Host(system="Windows", kernel=banner["version"]))
    if not uname and not uptime:
        return None
    told = [name for name, found in (("uname", uname), ("uptime", uptime)) if found]
    host = Host(
        system=NAMES.get(uname["system"], uname["system"]) if uname else None,
        kernel=uname["kernel"] if uname else None,
        uptime_s=seconds(uptime) if uptime else None,
    )
    return evidence(origin, f"the system ({', '.join(told)})", host=host)


def systeminfo(text: str, origin: str, name: str) -> Evidence:
    """What systeminfo tells. When Windows was started is by its own clock: how long ago follows from another time."""
    version, booted, up = VERSION.search(text), BOOTED.search(text), UP.search(text)
    since = f", started {booted['when']}" if booted else ""
    started = whole_stamp(booted["when"]) if booted else None
    now = last_of(filter(None, map(stamp_in, (line for line in text.split("\n") if BEHIND_LABEL not in line))))
    host = Host(
        system="Windows",
        kernel=version["version"] if version else None,
        uptime_s=units_s(up) if up else None,
        booted_at_unix_s=started.unix_s if started else None,
    )
    return evidence(origin, f"{name}{since} (systeminfo)", host=host.at(now.unix_s if now else None))


def units_s(up: re.Match[str]) -> float:
    """`3 Days, 4 Hours, 5 Minutes, 6 Seconds`."""
    days, hours, minutes, seconds = (int(up[unit]) for unit in ("days", "hours", "minutes", "seconds"))
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def seconds(uptime: re.Match[str]) -> float | None:
    """`up 3 days,  4:05`, `up 12 min`; None where neither is there."""
    parts = [uptime[name] for name in ("days", "hours", "minutes", "only_minutes")]
    if not any(parts):
        return None
    days, hours, minutes, only_minutes = (int(part or 0) for part in parts)
    return float(days * 86400 + hours * 3600 + (minutes + only_minutes) * 60)


KIND = Kind(name="system", told_by="`uname -a`, `uptime`, `systeminfo`, `ver`", read=read)
