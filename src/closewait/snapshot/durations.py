"""How people write times: `30s`, `5min`, `2h`."""

import re

from closewait.errors import BadUsage

UNITS_S = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]*)")


def duration_s(text: str) -> float:
    """`30s`, `2min`, `1h`, `45`: a time in seconds. Raises BadUsage."""
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNITS_S:
        raise BadUsage(f"{text!r} is not a time. Write it as 30s, 2min or 1h.")
    return float(found[1]) * UNITS_S[found[2]]
