"""Texts and addresses, as rows tell them, against what a filter wants of them."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from closewait.snapshot.filters.condition import Inside


def among(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text is one of the patterns, in any case; a bracket is a bracket."""
    wanted = [pattern.casefold().replace("[", "[[]") for pattern in patterns]
    return lambda text: any(fnmatchcase(text.casefold(), pattern) for pattern in wanted)


def inside(leaf: Inside) -> Callable[[str], bool]:
    """Whether an address, as told, is in one of the networks or one of the names."""
    is_named = among(leaf.patterns)

    def is_inside(text: str) -> bool:
        addresses = numeric(text)
        return is_named(text) if not addresses else any(one in net for one in addresses for net in leaf.networks)

    return is_inside


def numeric(text: str) -> tuple[IPv4Address | IPv6Address, ...]:
    """The address that `text` tells, one in IPv4's part of IPv6 as both; nothing for a name. `*` is IPv6's wildcard."""
    bare = "::" if text == "*" else text.partition("%")[0].strip("[]")
    try:
        if ":" not in bare:
            return (IPv4Address(bare),)
        address = IPv6Address(bare)
    except (AddressValueError, ValueError):
        return ()
    return (address,) if address.ipv4_mapped is None else (address, address.ipv4_mapped)
