"""How people write sizes: `500MB`, `2GiB`."""

import re

from closewait.errors import BadUsage

UNITS_BYTES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip
SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]*)", re.ASCII)


def size_bytes(text: str) -> int:
    """`500MB` (10^6), `2GiB` or `2G` (2^30), `1024`: a size in bytes. Raises BadUsage."""
    found = SIZE.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNITS_BYTES:
        raise BadUsage(f"{text!r} is not a size. Write it as 500MB or 2GiB.")
    return int(float(found[1]) * UNITS_BYTES[found[2]])
