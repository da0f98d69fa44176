"""The URLs of those who are told: checked once, at the start, and never shown, for secrets stand in them."""

import re
from urllib.parse import SplitResult, urlsplit

from closewait.errors import BadUsage

#: What a URL is written in (RFC 3986, section 2). Anything else would end up in an error message of the HTTP library.
LETTERS = re.compile(r"[!-~]+")


def http_url(url: str, what: str) -> SplitResult:
    """The parts of an HTTP URL that can be asked. Raises BadUsage, which shows nothing of it; `what` begins it."""
    if not LETTERS.fullmatch(url):
        raise BadUsage(f"{what}, written in ASCII without blanks: other letters as %C3%A4, a host as xn--….")
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")  # as the resolver is asked; ValueError where a label is empty or too long
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadUsage(f"{what} with a host, and with a number where it names a port.")
    return parts


def harmless_name(parts: SplitResult) -> str:
    """Scheme and host: user names, paths and queries are often passwords."""
    return f"{parts.scheme}://{parts.hostname}"
