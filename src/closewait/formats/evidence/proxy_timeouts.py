"""Time limits that a proxy's configuration sets: nginx, HAProxy, Envoy.

keepalive_timeout 65s;   proxy_read_timeout 1h 30m;        nginx (seconds where no unit stands)
timeout client 12h                                         HAProxy (milliseconds where no unit stands)
idle_timeout: 3600s                                        Envoy
"""

import re

from closewait.formats.evidence.kind import Kind, evidence
from closewait.snapshot.evidence import Evidence, Timeout

AMOUNT = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
UNITS_S = {
    "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "M": 2592000.0,
    "y": 31536000.0,
}  # fmt: skip
PART = re.compile(rf"({AMOUNT})(us|ms|[smhdwMy])?")
MOST_TIMEOUTS = 500  # kept of one file
BARE = r"[0-9]{1,12}(?:us|ms|[smhd])?"
#: The proxy, its settings with their values, and the unit of a bare number.
SETTINGS = tuple(
    (proxy, re.compile(rf"(?P<name>{name}){value}", re.MULTILINE), unit)
    for proxy, name, value, unit in (
        ("nginx", r"\b(?:\w{1,40}_)?timeout", r" +(?P<value>[0-9][0-9a-zA-Z. ]{0,40});", "s"),
        ("HAProxy", r"^ *timeout +[a-z-]{2,20}", rf" +(?P<value>{BARE}) *(?:#|$)", "ms"),
        ("HAProxy", r"^ *(?:cli|srv|con)timeout", rf" +(?P<value>{BARE}) *(?:#|$)", "ms"),
        ("Envoy", r"\b(?:\w{1,40}_)?timeout", r"[\"']? *: *[\"']?(?P<value>[0-9.]{1,20}s)\b", "s"),
    )
)


def read(text: str, origin: str) -> Evidence | None:
    """Every time limit, in the order of the file; what is set to 0 has none."""
    if "timeout" not in text:
        return None
    found = [
        (match.start(), proxy, Timeout(origin, " ".join(match["name"].split()), limit_s))
        for proxy, setting, unit in SETTINGS
        for match in setting.finditer(text)
        if (limit_s := seconds(match["value"], unit)) is not None
    ]
    if not found:
        return None
    found.sort(key=lambda each: each[0])
    proxies = " and ".join(dict.fromkeys(proxy for _, proxy, _ in found))
    return evidence(
        origin, f"time limits of {proxies}", timeouts=tuple(timeout for *_, timeout in found[:MOST_TIMEOUTS])
    )


def seconds(value: str, unit: str) -> float | None:
    """`1h 30m`, `50000`, `3600s` in seconds; of nginx's two values the first; None for 0, which is no limit."""
    parts = PART.findall(value)
    if parts and not parts[0][1]:
        parts = parts[:1]
    total_s = sum(float(amount) * UNITS_S[named or unit] for amount, named in parts)
    return total_s or None


KIND = Kind(name="proxy_timeouts", told_by="configurations of nginx, HAProxy and Envoy", read=read)
