"""One end of a connection as tools write it: an address, a port, perhaps an interface, glued with colons.

The last colon outside brackets splits, whatever the address is made of: `10.0.0.1:443`, `[::1]:443`, `::1:25`,
`:::*`, `fe80::1%eth0:22`, `[fe80::1]%eth0:22`, `*:http`, `host.example:ipp`. The address stays as told: a name stays
that name, a masked or impossible one is no error.
"""

from functools import lru_cache
from typing import NamedTuple

from closewait.formats.service_names import SERVICE_PORTS

HIGHEST_PORT = 65535
DIGITS_OF_A_PORT = 5


class Port(NamedTuple):
    """A port as told: a number, or a name with its number where that is well known."""

    number: int | None
    service: str | None


class Place(NamedTuple):
    """An address as told, and the interface that was written behind it."""

    address: str
    interface: str | None


class Endpoint(NamedTuple):
    """One end of a connection; None is "not told" (a `*`, or port 0, which no socket has)."""

    address: str
    port: int | None
    service: str | None
    interface: str | None


def endpoint(text: str) -> Endpoint:
    """The end of a connection that a tool wrote as `text`; without a colon, `text` is an address alone.

    >>> endpoint("[fe80::1]%eth0:https")
    Endpoint(address='fe80::1', port=443, service='https', interface='eth0')
    """
    address, colon, told_port = text.rpartition(":")
    if not colon:
        address, told_port = text, "*"
    return endpoint_of(address, told_port)


def endpoint_of(address: str, told_port: str) -> Endpoint:
    """The end of a connection whose address and port a tool told apart."""
    where, number = place(address), port(told_port)
    return Endpoint(where.address, number.number, number.service, where.interface)


def dotted_endpoint(text: str) -> Endpoint | None:
    """The end of a connection that a BSD wrote as `text`, with a dot before the port; None when there is no dot.

    >>> dotted_endpoint("fe80::1%lo0.443")
    Endpoint(address='fe80::1', port=443, service=None, interface='lo0')
    """
    address, dot, told_port = text.rpartition(".")
    if not dot:
        return None
    where, number = place(address), port(told_port)
    return Endpoint(where.address, number.number, number.service, where.interface)


@lru_cache(maxsize=1 << 14)
def port(text: str) -> Port:
    """The port that a tool wrote as `text`: `443`, `https`, `*` or `0` (both: none)."""
    if text in ("", "*", "0"):
        return Port(None, None)
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_OF_A_PORT and int(text) <= HIGHEST_PORT:
        return Port(int(text), None)
    return Port(SERVICE_PORTS.get(text.lower()), text)


@lru_cache(maxsize=1 << 14)
def place(text: str) -> Place:
    """The address that a tool wrote as `text`, without the brackets of IPv6 and without its interface."""
    address, _, interface = text.partition("%")
    if address.startswith("[") and ":" in address:
        inside, bracket, behind = text[1:].partition("]")
        address, _, zone = inside.partition("%")
        interface = zone or (behind.lstrip("%") if bracket else "")
    return Place(address or "*", interface or None)
