"""Addresses as `ss` writes them: one text for each different address, however many sockets share it."""

from collections.abc import Iterable
from ipaddress import IPv6Address

ANYWHERE = "*"  # a dual-stack wildcard: it stands for IPv4 too

# inet_ntop(3) in glibc writes the last 32 bits as IPv4 in these two blocks; Python's ipaddress before 3.13 does not.
MAPPED = bytes(10) + b"\xff\xff"
COMPATIBLE = bytes(12)


def ipv4_text(addresses: Iterable[bytes]) -> list[str]:
    """Each 4 bytes in dotted form."""
    return [f"{a}.{b}.{c}.{d}" for a, b, c, d in addresses]


def ipv6_text(addresses: Iterable[bytes]) -> list[str]:
    """Each 16 bytes in the form inet_ntop(3) gives: `::1`, `fe80::a:1`, `::ffff:10.0.0.1`."""
    return [_ipv6(address) for address in addresses]


def _ipv6(address: bytes) -> str:
    head, tail = address[:12], address[12:]
    if head == MAPPED:
        return f"::ffff:{ipv4_text([tail])[0]}"
    if head == COMPATIBLE and tail[:2] != b"\0\0":
        return f"::{ipv4_text([tail])[0]}"
    return IPv6Address(address).compressed
